//! The suite that every provider runs, over llama.cpp.

mod differences;

use router_conformance::Subject;
use router_llamacpp::LlamaCppCodec;

fn subject() -> Subject {
    Subject::of::<LlamaCppCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
