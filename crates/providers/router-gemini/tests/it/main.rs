//! The suite that every provider runs.

use router_conformance::Subject;
use router_gemini::GeminiCodec;

fn subject() -> Subject {
    Subject::of::<GeminiCodec>(env!("CARGO_MANIFEST_DIR")).embedding_model("gemini-embedding-001")
}

router_conformance::suite!(subject());
