//! What Databricks is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_databricks::DatabricksCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "metadata", "modalities", "prompt_cache_key", "service_tier",
            "store", "verbosity"],
        "user": null,
        "replay": {
            "reasoning_content": {},
            "reasoning": {},
            "without": {}
        },
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<DatabricksCodec>(), expected(reference));
}
