//! What llama.cpp is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_llamacpp::LlamaCppCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "prompt_cache_key", "service_tier", "store",
            "verbosity"],
        "user": null,
        "tool_choice": ["auto", "none", "required"],
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
        "media": ["image", "image_url", "audio"]
    }"#;
    assert_eq!(differences::<LlamaCppCodec>(), expected(reference));
}
