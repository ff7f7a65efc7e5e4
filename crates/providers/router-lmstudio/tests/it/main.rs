//! The suite that every provider runs, over LM Studio.

mod differences;

use router_conformance::Subject;
use router_lmstudio::LmStudioCodec;

fn subject() -> Subject {
    Subject::of::<LmStudioCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
