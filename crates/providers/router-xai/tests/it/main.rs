//! The suite that every provider runs, over xAI, and what is particular to it.

mod answers;
mod differences;
mod failures;
mod requests;

use router_conformance::Subject;
use router_core::{Call, ChatRequest, OperationKind, Output, ProviderId};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use router_xai::XaiCodec;
use serde_json::Value;

fn subject() -> Subject {
    Subject::of::<XaiCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
        .model_for(OperationKind::GenerateImage, "grok-imagine-image-2.0")
}

router_conformance::suite!(subject());

fn codec() -> XaiCodec {
    XaiCodec::new(ProviderId::from_static("xai"))
}

/// Path and body that a call is sent as.
fn sent(call: &Call) -> (String, Value) {
    let encoded = codec().encode(call).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    (encoded.request.path.into(), body)
}

/// The chat in a body of success.
fn answer(body: &Value) -> router_core::Result<router_core::ChatResponse> {
    let call = Call::new("m", ChatRequest::user("x"));
    match codec().decode(&call, &HttpResponse::json(200, body.to_string()))? {
        Output::Chat(answer) => Ok(answer),
        other => panic!("no chat: {other:?}"),
    }
}
