//! What Azure is sent that its family is not: by its reference, and not by the code.

use router_azure::AzureCodec;
use router_conformance::profile::{differences, expected};

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["top_k"],
        "limit": "max_completion_tokens",
        "stops": 4,
        "media": ["image", "image_url", "document", "audio"]
    }"#;
    assert_eq!(differences::<AzureCodec>(), expected(reference));
}
