//! The suite that every provider runs, over watsonx.ai, and what is particular to it.

mod differences;
mod places;
mod tokens;

use router_conformance::Subject;
use router_core::OperationKind;
use router_watsonx::WatsonxCodec;

fn subject() -> Subject {
    Subject::of::<WatsonxCodec>(env!("CARGO_MANIFEST_DIR"))
        .place("region", router_watsonx::build)
        .compatible()
        .embedding_model("ibm/slate-125m-english-rtrvr-v2")
        .model_for(OperationKind::Rerank, "cross-encoder/ms-marco-minilm-l-12-v2")
}

router_conformance::suite!(subject());
