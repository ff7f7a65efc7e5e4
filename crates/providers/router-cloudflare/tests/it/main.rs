//! The suite that every provider runs, over Cloudflare, and what is particular to it.

mod differences;
mod particular;
mod run;
mod suite_of_runs;

use router_cloudflare::CloudflareCodec;
use router_conformance::Subject;
use router_core::OperationKind;

fn subject() -> Subject {
    Subject::of::<CloudflareCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
        .embedding_model("@cf/baai/bge-m3")
        .model_for(
            OperationKind::GenerateImage,
            "@cf/black-forest-labs/flux-1-schnell",
        )
        .model_for(OperationKind::Rerank, "@cf/baai/bge-reranker-base")
        .model_for(OperationKind::Speak, "@cf/myshell-ai/melotts")
        .model_for(OperationKind::Transcribe, "@cf/openai/whisper-large-v3-turbo")
        .skip("image_url_and_base64", "one picture at a time, by value")
}

router_conformance::suite!(subject());
