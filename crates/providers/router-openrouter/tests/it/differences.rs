//! What OpenRouter is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_openrouter::OpenRouterCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "n", "store"],
        "limit": "max_completion_tokens",
        "stops": 4,
        "cache": true,
        "reasoning": {
            "high": {"reasoning": {"effort": "high"}},
            "none": {"reasoning": {"effort": "none"}},
            "budget": {"reasoning": {"max_tokens": 2000}}
        }
    }"#;
    assert_eq!(differences::<OpenRouterCodec>(), expected(reference));
}
