//! The suite that every provider runs, over Jina AI, and what differs.

mod differences;

use router_conformance::Subject;
use router_core::OperationKind;
use router_jina::JinaCodec;

fn subject() -> Subject {
    Subject::of::<JinaCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .model_for(OperationKind::Rerank, "jina-reranker-v3")
}

router_conformance::suite!(subject());
