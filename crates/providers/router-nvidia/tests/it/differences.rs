//! What NVIDIA NIM is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_nvidia::NvidiaCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "logprobs", "metadata", "modalities", "n", "prompt_cache_key",
            "service_tier", "store", "top_k", "top_logprobs", "verbosity"],
        "embedding": {
            "dimensions": 8,
            "input_type": "query",
            "user": "some-user"
        },
        "user": null,
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
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<NvidiaCodec>(), expected(reference));
}
