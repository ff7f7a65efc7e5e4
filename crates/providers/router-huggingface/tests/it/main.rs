//! The suite that every provider runs, over Hugging Face, and what is particular to it.

mod differences;
mod particular;

use router_conformance::Subject;
use router_huggingface::HuggingFaceCodec;

fn subject() -> Subject {
    Subject::of::<HuggingFaceCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .options(r#"{"api": "chat_completions"}"#)
}

router_conformance::suite!(subject());
