//! Errors of xAI, in both of their shapes.

use router_conformance::profile::error_of;
use router_core::ErrorKind;
use router_xai::XaiCodec;

#[test]
fn the_message_tells_what_the_word_does_not() {
    let kind = |status, body: &str| {
        let error = error_of::<XaiCodec>(status, body);
        (error.kind(), error.is_retryable())
    };
    let model = r#"{"code":"invalid-argument","error":"Model not found: grok-nothing"}"#;
    assert_eq!(kind(400, model), (ErrorKind::NotFound, false));
    let key =
        r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***3f."}"#;
    assert_eq!(kind(400, key), (ErrorKind::Authentication, false));
    let wrong = r#"{"code":"invalid-argument","error":"Argument not supported on this model: stop"}"#;
    assert_eq!(kind(400, wrong), (ErrorKind::InvalidRequest, false));
    let blocked = r#"{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines."}"#;
    assert_eq!(kind(403, blocked), (ErrorKind::ContentFiltered, false));
    let poor = r#"{"code":"The caller does not have permission to execute the specified operation","error":"Your newly created team doesn't have any credits yet."}"#;
    assert_eq!(kind(403, poor), (ErrorKind::QuotaExceeded, false));
    let usual = r#"{"error":{"message":"Too many requests","type":"rate_limit","param":null,"code":null}}"#;
    assert_eq!(kind(429, usual), (ErrorKind::RateLimited, true));
}
