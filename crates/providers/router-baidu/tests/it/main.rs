//! The suite that every provider runs, over Baidu Qianfan.

mod differences;

use router_baidu::BaiduCodec;
use router_conformance::Subject;
use router_core::OperationKind;

fn subject() -> Subject {
    Subject::of::<BaiduCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("embedding-v1")
        .model_for(OperationKind::GenerateImage, "irag-1.0")
        .model_for(OperationKind::Rerank, "bce-reranker-base")
}

router_conformance::suite!(subject());
