//! What vLLM is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_vllm::VllmCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "prompt_cache_key", "service_tier", "store",
            "verbosity"],
        "strict_tools": false,
        "reasoning": {
            "high": {
                "chat_template_kwargs": {
                    "enable_thinking": true
                }
            },
            "none": {
                "chat_template_kwargs": {
                    "enable_thinking": false
                }
            },
            "budget": {
                "chat_template_kwargs": {
                    "enable_thinking": true
                }
            }
        },
        "media": ["image", "image_url", "audio", "video", "video_url"]
    }"#;
    assert_eq!(differences::<VllmCodec>(), expected(reference));
}
