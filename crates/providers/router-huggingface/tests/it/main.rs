//! The suite that every provider runs, over Hugging Face's router and its servers, and what is particular to them.

mod differences;
mod generate;
mod particular;
mod tei;
mod tgi;

use router_conformance::Subject;
use router_core::OperationKind;
use router_huggingface::HuggingFaceCodec;

fn subject() -> Subject {
    Subject::of::<HuggingFaceCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
        .embedding_model("sentence-transformers/all-MiniLM-L6-v2")
        .model_for(
            OperationKind::GenerateImage,
            "stabilityai/stable-diffusion-xl-base-1.0",
        )
        .skip("image_url_and_base64", "one picture at a time, by value")
}

router_conformance::suite!(subject());
