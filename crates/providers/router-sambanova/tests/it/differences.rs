//! What SambaNova is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_sambanova::SambaNovaCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities", "n",
            "presence_penalty", "prompt_cache_key", "seed", "service_tier", "store", "top_logprobs",
            "verbosity"],
        "user": null,
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
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image", "image_url"],
        "text_parts": "ab"
    }"#;
    assert_eq!(differences::<SambaNovaCodec>(), expected(reference));
}
