//! The suite that every provider runs, over Perplexity.

mod differences;

use router_conformance::Subject;
use router_perplexity::PerplexityCodec;

fn subject() -> Subject {
    Subject::of::<PerplexityCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("pplx-embed-v1-4b")
}

router_conformance::suite!(subject());
