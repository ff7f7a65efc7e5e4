//! Pictures, as Together's reference has them.

use router_core::image::{Delivery, ImageRequest};
use router_core::{Call, ErrorKind, Media, ProviderId};
use router_together::TogetherCodec;
use router_wire::Codec as _;
use router_wire::vendor::VendorCodec as _;
use serde_json::{Value, json};

fn sent(request: ImageRequest) -> Result<(String, Value), router_core::Error> {
    let codec = TogetherCodec::new(ProviderId::from_static("together"));
    let encoded = codec.encode(&Call::new("m", request))?;
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    Ok((encoded.request.path.into(), body))
}

#[test]
fn sides_and_words() {
    let mut request = ImageRequest::new("A cat.").with_image(Media::image_url("https://example.com/a.png"));
    request.size = Some("1024x768".into());
    request.n = Some(2);
    request.seed = Some(7);
    request.negative_prompt = Some("dogs".into());
    request.delivery = Some(Delivery::Base64);
    request
        .provider_options
        .set("together", &json!({"steps": 4}))
        .expect("options");
    let (path, body) = sent(request).expect("a request");
    assert_eq!(path, "/images/generations");
    let expected = json!({"model": "m", "prompt": "A cat.", "image_url": "https://example.com/a.png",
        "negative_prompt": "dogs", "n": 2, "width": 1024, "height": 768, "response_format": "base64",
        "seed": 7, "steps": 4});
    assert_eq!(body, expected);

    let mut odd = ImageRequest::new("A cat.");
    odd.size = Some("large".into());
    assert_eq!(sent(odd).expect_err("no size").kind(), ErrorKind::InvalidRequest);
    let picture = || Media::image_url("https://example.com/a.png");
    let two = ImageRequest::new("A cat.")
        .with_image(picture())
        .with_image(picture());
    assert_eq!(sent(two).expect_err("two").kind(), ErrorKind::Unsupported);
}
