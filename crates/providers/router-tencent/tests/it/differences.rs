//! What Tencent Hunyuan is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_tencent::TencentCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities", "n",
            "parallel_tool_calls", "presence_penalty", "prompt_cache_key", "service_tier", "store", "top_k",
            "top_logprobs", "verbosity"],
        "user": null,
        "temperature": [0.0, 0.0, 1.0, 2.0],
        "tool_choice": ["auto", "none", "named"],
        "formats": {
            "json": "json_object",
            "json_schema": "json_object"
        },
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
    assert_eq!(differences::<TencentCodec>(), expected(reference));
}
