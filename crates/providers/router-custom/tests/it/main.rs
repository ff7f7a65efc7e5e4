//! The suite that every provider runs, over the plain dialect; and what a dialect as data does.

mod dialect;
mod profile;

use router_conformance::Subject;
use router_custom::CustomCodec;

fn subject() -> Subject {
    Subject::of::<CustomCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
