//! What DeepSeek is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_deepseek::DeepSeekCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "metadata", "modalities", "n", "parallel_tool_calls",
            "presence_penalty", "prompt_cache_key", "seed", "service_tier", "store", "top_k", "verbosity"],
        "embedding": null,
        "formats": {"json": "json_object", "json_schema": "json_object"},
        "media": ["image", "image_url"],
        "reasoning": {
            "high": {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
            "none": {"thinking": {"type": "disabled"}},
            "budget": {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}
        },
        "replay": {
            "reasoning_content": {"reasoning_content": "Thinking."},
            "reasoning": {"reasoning": "Thinking.", "reasoning_content": ""},
            "without": {"reasoning_content": ""}
        },
        "stops": 16,
        "strict_tools": false,
        "user": "user_id"
    }"#;
    assert_eq!(differences::<DeepSeekCodec>(), expected(reference));
}
