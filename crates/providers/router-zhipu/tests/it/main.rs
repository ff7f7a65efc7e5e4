//! The suite that every provider runs, over Zhipu.

mod differences;
mod site;

use router_conformance::Subject;
use router_zhipu::ZhipuCodec;

fn subject() -> Subject {
    Subject::of::<ZhipuCodec>(env!("CARGO_MANIFEST_DIR"))
        .place("site", router_zhipu::build)
        .compatible()
        .embedding_model("embedding-3")
}

router_conformance::suite!(subject());
