//! The suite that every provider runs, over NVIDIA NIM.

mod differences;

use router_conformance::Subject;
use router_nvidia::NvidiaCodec;

fn subject() -> Subject {
    Subject::of::<NvidiaCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("nvidia/llama-3.2-nv-embedqa-1b-v2")
}

router_conformance::suite!(subject());
