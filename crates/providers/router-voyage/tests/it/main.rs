//! The suite that every provider runs, over Voyage AI, and what differs.

mod differences;

use router_conformance::Subject;
use router_core::OperationKind;
use router_voyage::VoyageCodec;

fn subject() -> Subject {
    Subject::of::<VoyageCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .model_for(OperationKind::Rerank, "rerank-2.5")
}

router_conformance::suite!(subject());
