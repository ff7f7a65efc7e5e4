//! The suite that every provider runs, over Tencent Hunyuan.

mod differences;

use router_conformance::Subject;
use router_tencent::TencentCodec;

fn subject() -> Subject {
    Subject::of::<TencentCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("hunyuan-embedding")
}

router_conformance::suite!(subject());
