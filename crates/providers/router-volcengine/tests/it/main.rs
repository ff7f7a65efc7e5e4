//! The suite that every provider runs, over Volcengine Ark (Doubao).

mod differences;

use router_conformance::Subject;
use router_volcengine::VolcengineCodec;

fn subject() -> Subject {
    Subject::of::<VolcengineCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("doubao-embedding-large-text-250515")
}

router_conformance::suite!(subject());
