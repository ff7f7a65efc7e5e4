//! What Fireworks AI is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_fireworks::FireworksCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "store", "verbosity"],
        "stops": 4,
        "media": ["image", "image_url"]
    }"#;
    assert_eq!(differences::<FireworksCodec>(), expected(reference));
}
