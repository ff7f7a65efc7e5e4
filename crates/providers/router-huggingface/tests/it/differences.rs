//! What Hugging Face is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_huggingface::HuggingFaceCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{"embedding": {"inputs": ["a"], "prompt_name": "query", "truncate": true}}"#;
    assert_eq!(differences::<HuggingFaceCodec>(), expected(reference));
}
