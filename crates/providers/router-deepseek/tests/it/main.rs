//! The suite that every provider runs, over DeepSeek.

mod differences;

use router_conformance::Subject;
use router_deepseek::DeepSeekCodec;

fn subject() -> Subject {
    Subject::of::<DeepSeekCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
