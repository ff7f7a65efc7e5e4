//! What MiniMax is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_minimax::MiniMaxCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities", "n",
            "parallel_tool_calls", "presence_penalty", "prompt_cache_key", "seed", "service_tier",
            "stop_sequences", "store", "top_k", "top_logprobs", "verbosity"],
        "embedding": null,
        "limit": "max_completion_tokens",
        "user": null,
        "temperature": [0.01, 0.01, 1.0, 1.0],
        "tool_choice": ["auto", "none"],
        "formats": {
            "json": null,
            "json_schema": null
        },
        "reasoning": {
            "high": {
                "reasoning_split": true
            },
            "none": {
                "reasoning_split": false
            },
            "budget": {
                "reasoning_split": true
            }
        },
        "media": ["image", "image_url"],
        "cache": true
    }"#;
    assert_eq!(differences::<MiniMaxCodec>(), expected(reference));
}
