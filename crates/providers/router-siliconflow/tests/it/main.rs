//! The suite that every provider runs, over SiliconFlow.

mod differences;

use router_conformance::Subject;
use router_siliconflow::SiliconFlowCodec;

fn subject() -> Subject {
    Subject::of::<SiliconFlowCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("Qwen/Qwen3-Embedding-8B")
}

router_conformance::suite!(subject());
