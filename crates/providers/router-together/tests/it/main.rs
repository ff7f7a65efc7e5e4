//! The suite that every provider runs, over Together AI.

mod differences;

use router_conformance::Subject;
use router_together::TogetherCodec;

fn subject() -> Subject {
    Subject::of::<TogetherCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("intfloat/multilingual-e5-large-instruct")
}

router_conformance::suite!(subject());
