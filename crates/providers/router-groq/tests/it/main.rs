//! The suite that every provider runs, over Groq.

mod differences;

use router_conformance::Subject;
use router_core::OperationKind;
use router_groq::GroqCodec;

fn subject() -> Subject {
    Subject::of::<GroqCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .model_for(OperationKind::Speak, "canopylabs/orpheus-v1-english")
        .voice("autumn")
        .model_for(OperationKind::Transcribe, "whisper-large-v3-turbo")
}

router_conformance::suite!(subject());
