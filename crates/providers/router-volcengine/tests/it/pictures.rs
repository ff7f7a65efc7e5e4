//! Pictures, as Seedream's reference has them: each may fail for itself.

use router_core::image::ImageRequest;
use router_core::{Call, Error, ErrorKind, Output, ProviderId};
use router_volcengine::VolcengineCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};
use serde_json::{Value, json};

fn made(rows: Value) -> Result<(usize, u32), Error> {
    let codec = VolcengineCodec::new(ProviderId::from_static("volcengine"));
    let body = json!({"model": "m", "created": 1, "data": rows});
    let call = Call::new("m", ImageRequest::new("A cat."));
    match codec.decode(&call, &HttpResponse::json(200, body.to_string()))? {
        Output::GenerateImage(answer) => Ok((answer.images.len(), answer.filtered)),
        other => panic!("pictures: {other:?}"),
    }
}

#[test]
fn each_picture_may_fail_for_itself() {
    let there = json!({"url": "https://example.com/a.jpeg", "size": "2048x2048"});
    let withheld =
        json!({"error": {"code": "OutputImageSensitiveContentDetected", "message": "It may be sensitive."}});
    let broken = json!({"error": {"code": "InternalServiceError", "message": "It broke."}});
    assert_eq!(made(json!([there, withheld, broken])).expect("a picture"), (1, 1));
    let error = made(json!([withheld])).expect_err("none is there");
    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    let error = made(json!([broken])).expect_err("none is there");
    assert_eq!((error.kind(), error.message()), (ErrorKind::Server, "It broke."));
}
