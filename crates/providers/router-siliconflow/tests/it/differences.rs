//! What SiliconFlow is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_siliconflow::SiliconFlowCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "logprobs", "metadata", "modalities", "n", "parallel_tool_calls",
            "presence_penalty", "prompt_cache_key", "seed", "service_tier", "store", "top_logprobs",
            "verbosity"],
        "user": null,
        "stops": 4,
        "temperature": [0.0, 0.0, 1.0, 2.0],
        "tool_choice": ["auto", "none", "required"],
        "reasoning": {
            "high": {
                "enable_thinking": true
            },
            "none": {
                "enable_thinking": false
            },
            "budget": {
                "enable_thinking": true,
                "thinking_budget": 2000
            }
        },
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<SiliconFlowCodec>(), expected(reference));
}
