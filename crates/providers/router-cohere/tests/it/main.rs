//! The suite that every provider runs, and what is special: both sides of the wire judged by each other and by its schemas.

mod encode;
mod legacy;
#[cfg(feature = "server")]
mod round_trip;
#[cfg(feature = "server")]
mod serve;
mod side;
mod specs;

use router_cohere::CohereCodec;
use router_conformance::Subject;
use router_core::OperationKind;

fn subject() -> Subject {
    Subject::of::<CohereCodec>(env!("CARGO_MANIFEST_DIR"))
        .embedding_model("embed-v4.0")
        .model_for(OperationKind::Rerank, "rerank-v3.5")
        .model_for(OperationKind::Transcribe, "cohere-transcribe-03-2026")
        .skip("transcribe_text_and_segments", "the vendor tells no times")
}

router_conformance::suite!(subject());
