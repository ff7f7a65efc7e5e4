//! The suite that every provider runs, over Aliyun: its compatible mode, and DashScope's own API.

mod differences;
mod native;
mod pictures;
mod regions;
#[cfg(feature = "server")]
mod serve;

use router_aliyun::AliyunCodec;
use router_conformance::Subject;
use router_core::OperationKind;

fn subject() -> Subject {
    Subject::of::<AliyunCodec>(env!("CARGO_MANIFEST_DIR"))
        .place("region", router_aliyun::build)
        .compatible()
        .embedding_model("text-embedding-v4")
        .model_for(OperationKind::GenerateImage, "qwen-image-2.0")
        .model_for(OperationKind::Rerank, "qwen3-rerank")
        .skip("image_url_and_base64", "pictures come by address only")
}

router_conformance::suite!(subject());
