//! The suite that every provider runs.

use router_conformance::Subject;
use router_gemini::GeminiCodec;

fn subject() -> Subject {
    Subject::of::<GeminiCodec>(env!("CARGO_MANIFEST_DIR"))
        .embedding_model("gemini-embedding-001")
        .skip("image_url_and_base64", "the vendor gives pictures by value only")
}

router_conformance::suite!(subject());
