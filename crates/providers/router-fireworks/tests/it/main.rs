//! The suite that every provider runs, over Fireworks AI.

mod differences;

use router_conformance::Subject;
use router_fireworks::FireworksCodec;

fn subject() -> Subject {
    Subject::of::<FireworksCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("accounts/fireworks/models/qwen3-embedding-8b")
}

router_conformance::suite!(subject());
