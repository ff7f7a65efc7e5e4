//! The suite over Google's models.

use router_conformance::Subject;
use router_vertex::VertexCodec;

fn subject() -> Subject {
    Subject::of::<VertexCodec>(env!("CARGO_MANIFEST_DIR"))
        .fixtures_in("gemini")
        .place("location", router_vertex::build)
        .embedding_model("text-embedding-005")
        .skip("image_url_and_base64", "Gemini gives pictures by value only")
}

router_conformance::suite!(subject());
