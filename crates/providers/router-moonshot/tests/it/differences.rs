//! What Moonshot AI (Kimi) is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_moonshot::MoonshotCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "metadata", "modalities", "n",
            "parallel_tool_calls", "presence_penalty", "seed", "service_tier", "store", "top_k", "top_p",
            "verbosity"],
        "embedding": null,
        "user": "safety_identifier",
        "stops": 5,
        "temperature": [null, null, null, null],
        "tool_choice": ["auto", "none", "named"],
        "strict_tools": false,
        "reasoning": {
            "high": {
                "reasoning_effort": "high"
            },
            "none": {
                "reasoning_effort": "low"
            },
            "budget": {
                "reasoning_effort": "low"
            }
        },
        "replay": {
            "reasoning_content": {
                "reasoning_content": "Thinking."
            },
            "reasoning": {
                "reasoning": "Thinking.",
                "reasoning_content": ""
            },
            "without": {
                "reasoning_content": ""
            }
        },
        "media": ["image", "image_url", "video", "video_url"]
    }"#;
    assert_eq!(differences::<MoonshotCodec>(), expected(reference));
}
