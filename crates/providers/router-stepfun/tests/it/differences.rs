//! What StepFun is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_stepfun::StepFunCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "logprobs", "metadata", "modalities", "parallel_tool_calls",
            "presence_penalty", "prompt_cache_key", "seed", "service_tier", "store", "top_k",
            "top_logprobs", "verbosity"],
        "embedding": null,
        "temperature": [0.0, 0.0, 1.0, 2.0],
        "tool_choice": ["auto", "none"],
        "formats": {
            "json": "json_object",
            "json_schema": "json_object"
        },
        "reasoning": {
            "high": {},
            "none": {},
            "budget": {}
        },
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<StepFunCodec>(), expected(reference));
}
