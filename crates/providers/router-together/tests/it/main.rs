//! The suite that every provider runs, over Together AI.

mod differences;
mod pictures;

use router_conformance::Subject;
use router_core::OperationKind;
use router_together::TogetherCodec;

fn subject() -> Subject {
    Subject::of::<TogetherCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("intfloat/multilingual-e5-large-instruct")
        .model_for(OperationKind::GenerateImage, "black-forest-labs/FLUX.1-schnell")
}

router_conformance::suite!(subject());
