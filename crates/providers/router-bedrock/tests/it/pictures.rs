//! Pictures by InvokeModel, in the form of each maker.

use router_bedrock::BedrockCodec;
use router_core::image::ImageRequest;
use router_core::{Call, Error, ErrorKind, Operation, Output, ProviderId};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};

fn codec() -> BedrockCodec {
    BedrockCodec::new(ProviderId::from_static("bedrock"))
}

fn sent(call: &Call) -> (String, Value, Vec<String>) {
    let encoded = codec().encode(call).expect("a request");
    let warned = encoded.warnings.iter();
    (
        encoded.request.path.to_string(),
        serde_json::from_slice(&encoded.request.body).expect("JSON"),
        warned.map(|warning| warning.setting.to_string()).collect(),
    )
}

fn asked() -> ImageRequest {
    let mut request = ImageRequest::new("A cat");
    request.negative_prompt = Some("dogs".into());
    request.n = Some(2);
    request.size = Some("1024x768".into());
    request.aspect_ratio = Some("4:3".into());
    request.seed = Some(7);
    request.quality = Some("premium".into());
    request
}

fn drawn(model: &'static str, body: Value) -> Result<Output, Error> {
    let call = Call::new(model, Operation::from(ImageRequest::new("A cat")));
    codec().decode(&call, &HttpResponse::json(200, body.to_string()))
}

#[test]
fn each_maker_is_asked_in_its_form() {
    let (path, body, warned) = sent(&Call::new("amazon.nova-canvas-v1:0", Operation::from(asked())));
    assert_eq!(path, "/model/amazon.nova-canvas-v1%3A0/invoke");
    let expected = json!({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "A cat", "negativeText": "dogs"},
        "imageGenerationConfig": {"numberOfImages": 2, "width": 1024, "height": 768, "seed": 7, "quality": "premium"}});
    assert_eq!(body, expected);
    assert_eq!(warned, ["aspect_ratio"]);
    let (_, body, warned) = sent(&Call::new("stability.sd3-5-large-v1:0", Operation::from(asked())));
    let expected = json!({"prompt": "A cat", "negative_prompt": "dogs", "aspect_ratio": "4:3", "seed": 7});
    assert_eq!(body, expected);
    assert_eq!(warned, ["n", "size", "quality"]);
}

#[test]
fn what_a_filter_withheld_is_told() {
    let all = drawn(
        "stability.sd3-5-large-v1:0",
        json!({"images": [""], "finish_reasons": ["Filter reason: prompt"]}),
    );
    let error = all.expect_err("it was withheld");
    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    assert!(error.message().contains("Filter reason"), "{error}");
    let some = drawn(
        "amazon.titan-image-generator-v2:0",
        json!({"images": ["aGk="],
        "error": "Some images were blocked by the content filters."}),
    );
    let Ok(Output::GenerateImage(answer)) = some else {
        panic!("a picture")
    };
    assert_eq!((answer.images.len(), answer.filtered), (1, 1));
    let none = drawn("amazon.nova-canvas-v1:0", json!({"images": [], "error": null}));
    assert_eq!(none.expect_err("nothing came").kind(), ErrorKind::Decode);
}
