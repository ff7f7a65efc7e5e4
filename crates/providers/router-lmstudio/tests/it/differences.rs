//! What LM Studio is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_lmstudio::LmStudioCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "n", "parallel_tool_calls", "prompt_cache_key",
            "service_tier", "store", "verbosity"],
        "user": null,
        "tool_choice": ["auto", "none", "required"],
        "strict_tools": false,
        "formats": {
            "json": null,
            "json_schema": "json_schema"
        },
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image"]
    }"#;
    assert_eq!(differences::<LmStudioCodec>(), expected(reference));
}
