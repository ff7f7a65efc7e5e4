//! What Volcengine Ark (Doubao) is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_volcengine::VolcengineCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "n", "prompt_cache_key", "seed", "store", "top_k",
            "verbosity"],
        "user": null,
        "stops": 4,
        "reasoning": {
            "high": {
                "thinking": {
                    "type": "enabled"
                },
                "reasoning_effort": "high"
            },
            "none": {
                "thinking": {
                    "type": "disabled"
                }
            },
            "budget": {
                "thinking": {
                    "type": "enabled"
                },
                "reasoning_effort": "minimal"
            }
        },
        "media": ["image", "image_url", "video", "video_url"]
    }"#;
    assert_eq!(differences::<VolcengineCodec>(), expected(reference));
}
