//! What Cloudflare is sent that its family is not: by its reference, and not by the code.

use router_cloudflare::CloudflareCodec;
use router_conformance::profile::{differences, expected};

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{"dropped": ["logprobs", "n", "top_logprobs"], "media": ["image", "image_url"]}"#;
    assert_eq!(differences::<CloudflareCodec>(), expected(reference));
}
