//! The suite that every provider runs, over Cerebras.

mod differences;

use router_cerebras::CerebrasCodec;
use router_conformance::Subject;

fn subject() -> Subject {
    Subject::of::<CerebrasCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
