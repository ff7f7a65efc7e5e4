//! The suite that every provider runs, over Moonshot AI (Kimi).

mod counts;
mod differences;

use router_conformance::Subject;
use router_moonshot::MoonshotCodec;

fn subject() -> Subject {
    Subject::of::<MoonshotCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
