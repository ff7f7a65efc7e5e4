//! The suite that every provider runs, over OpenRouter, and what is particular to it.

mod answers;
mod differences;
mod failures;
mod requests;

use router_conformance::Subject;
use router_core::{Call, OperationKind, Output, ProviderId};
use router_openrouter::OpenRouterCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use serde_json::Value;

fn subject() -> Subject {
    Subject::of::<OpenRouterCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
        .with_cache_creation_tokens()
        .embedding_model("openai/text-embedding-3-small")
        .model_for(OperationKind::GenerateImage, "google/gemini-3.1-flash-lite-image")
        .model_for(OperationKind::Rerank, "voyageai/rerank-2.5-lite")
        .model_for(OperationKind::Speak, "hexgrad/kokoro-82m")
        .model_for(OperationKind::Transcribe, "openai/whisper-1")
        .skip(
            "transcribe_text_and_segments",
            "the vendor tells no times; the request is a test of its own",
        )
}

router_conformance::suite!(subject());

fn codec() -> OpenRouterCodec {
    OpenRouterCodec::new(ProviderId::from_static("openrouter"))
}

/// The body that a call is sent as.
fn body(call: &Call) -> Value {
    let encoded = codec().encode(call).expect("a request");
    assert!(encoded.warnings.is_empty(), "{:?}", encoded.warnings);
    serde_json::from_slice(&encoded.request.body).expect("JSON")
}

/// The chat in a body of success.
fn answer(body: &Value) -> router_core::Result<router_core::ChatResponse> {
    let call = Call::new("m", router_core::ChatRequest::user("x"));
    match codec().decode(&call, &HttpResponse::json(200, body.to_string()))? {
        Output::Chat(answer) => Ok(answer),
        other => panic!("no chat: {other:?}"),
    }
}
