//! The suite that every provider runs, over vLLM.

mod differences;

use router_conformance::Subject;
use router_vllm::VllmCodec;

fn subject() -> Subject {
    Subject::of::<VllmCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
