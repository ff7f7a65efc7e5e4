//! The suite that every provider runs, over Stability AI.

mod forms;

use router_conformance::Subject;
use router_stability::StabilityCodec;

fn subject() -> Subject {
    Subject::of::<StabilityCodec>(env!("CARGO_MANIFEST_DIR"))
        .model("stable-image-ultra")
        .skip("image_url_and_base64", "pictures come by value, one at a time")
}

router_conformance::suite!(subject());
