//! The suite that every provider runs, over Volcengine Ark (Doubao).

mod differences;
mod pictures;

use router_conformance::Subject;
use router_core::OperationKind;
use router_volcengine::VolcengineCodec;

fn subject() -> Subject {
    Subject::of::<VolcengineCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("doubao-embedding-large-text-250515")
        .model_for(OperationKind::GenerateImage, "doubao-seedream-4-5-251128")
}

router_conformance::suite!(subject());
