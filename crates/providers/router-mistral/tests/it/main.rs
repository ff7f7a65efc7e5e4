//! The suite that every provider runs, over Mistral, and what is special.

mod differences;
mod own;
#[cfg(feature = "server")]
mod serve;

use router_conformance::Subject;
use router_core::OperationKind;
use router_mistral::MistralCodec;

fn subject() -> Subject {
    Subject::of::<MistralCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("codestral-embed")
        .model_for(OperationKind::Speak, "voxtral-mini-tts-latest")
        .model_for(OperationKind::Transcribe, "voxtral-mini-latest")
        .model_for(OperationKind::Moderate, "mistral-moderation-latest")
        .voice("en_paul_neutral")
        .without_reasoning_tokens()
        .skip("chat_finish_content_filter", "the vendor has no word for it")
}

router_conformance::suite!(subject());
