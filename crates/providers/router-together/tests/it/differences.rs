//! What Together AI is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_together::TogetherCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "parallel_tool_calls", "prompt_cache_key",
            "service_tier", "store", "top_logprobs", "verbosity"],
        "user": null,
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<TogetherCodec>(), expected(reference));
}
