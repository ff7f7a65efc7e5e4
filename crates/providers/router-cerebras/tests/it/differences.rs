//! What Cerebras is sent that its family is not: by its reference, and not by the code.

use router_cerebras::CerebrasCodec;
use router_conformance::profile::{differences, expected};

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "metadata", "modalities", "n", "presence_penalty",
            "prompt_cache_key", "store", "top_k", "verbosity"],
        "embedding": null,
        "limit": "max_completion_tokens",
        "stops": 4,
        "temperature": [0.0, 0.0, 1.0, 1.5],
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<CerebrasCodec>(), expected(reference));
}
