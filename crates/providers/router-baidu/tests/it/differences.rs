//! What Baidu Qianfan is sent that its family is not: by its reference, and not by the code.

use router_baidu::BaiduCodec;
use router_conformance::profile::{differences, expected};

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "logprobs", "modalities", "n", "prompt_cache_key",
            "service_tier", "store", "top_k", "top_logprobs", "verbosity"],
        "stops": 4,
        "temperature": [0.01, 0.01, 1.0, 1.0],
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
    assert_eq!(differences::<BaiduCodec>(), expected(reference));
}
