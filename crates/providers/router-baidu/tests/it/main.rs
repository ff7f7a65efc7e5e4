//! The suite that every provider runs, over Baidu Qianfan.

mod differences;

use router_baidu::BaiduCodec;
use router_conformance::Subject;

fn subject() -> Subject {
    Subject::of::<BaiduCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("embedding-v1")
}

router_conformance::suite!(subject());
