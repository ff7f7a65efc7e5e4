//! What Perplexity is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_perplexity::PerplexityCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "logprobs", "metadata", "modalities", "n", "parallel_tool_calls",
            "prompt_cache_key", "seed", "service_tier", "stop_sequences", "store", "top_logprobs",
            "verbosity"],
        "user": null,
        "temperature": [0.0, 0.0, 1.0, 1.99],
        "tool_choice": [],
        "formats": {
            "json": null,
            "json_schema": "json_schema"
        },
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image", "image_url"],
        "stream": {
            "stream": true
        }
    }"#;
    assert_eq!(differences::<PerplexityCodec>(), expected(reference));
}
