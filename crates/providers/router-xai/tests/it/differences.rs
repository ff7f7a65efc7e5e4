//! What xAI is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_xai::XaiCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "metadata", "modalities", "presence_penalty",
            "prompt_cache_key", "stop_sequences", "top_k", "verbosity"],
        "limit": "max_completion_tokens",
        "names": false,
        "strict_tools": false,
        "embedding": null,
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<XaiCodec>(), expected(reference));
}
