//! The suite over Anthropic's models.

use router_conformance::Subject;
use router_vertex::VertexCodec;

const NOT_CLAUDE: &str = "Claude does not: the suite over Google's models has it";

fn subject() -> Subject {
    let subject = Subject::of::<VertexCodec>(env!("CARGO_MANIFEST_DIR"))
        .fixtures_in("claude")
        .model("claude-opus-4-6")
        .with_cache_creation_tokens();
    [
        "embed_one",
        "embed_batch_keeps_order",
        "embed_dimensions",
        "image_generate",
        "image_edit",
        "image_url_and_base64",
        "speech_bytes_and_format",
        "list_models",
    ]
    .iter()
    .fold(subject, |subject, case| subject.skip(case, NOT_CLAUDE))
}

router_conformance::suite!(subject());
