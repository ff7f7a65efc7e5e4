//! What Mistral is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, error_of, expected};
use router_core::ErrorKind;
use router_mistral::MistralCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "logit_bias", "modalities", "seed", "store", "verbosity"],
        "user": null,
        "temperature": [0.0, 0.0, 1.0, 1.5],
        "names": false,
        "media": ["image", "image_url", "document", "audio"],
        "stream": {"stream": true},
        "embedding": {"output_dimension": 8}
    }"#;
    assert_eq!(differences::<MistralCodec>(), expected(reference));
}

#[test]
fn errors_come_in_many_shapes() {
    for (status, body, kind, message) in [
        (
            400,
            r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}"#,
            ErrorKind::NotFound,
            "Invalid model: x",
        ),
        (
            400,
            r#"{"object":"error","message":"no such thing","type":"invalid_request","param":null,"code":"1500"}"#,
            ErrorKind::NotFound,
            "no such thing",
        ),
        (
            429,
            r#"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}"#,
            ErrorKind::RateLimited,
            "Requests rate limit exceeded",
        ),
        (
            429,
            r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"}"#,
            ErrorKind::RateLimited,
            "Service tier capacity exceeded for this model.",
        ),
        (
            401,
            r#"{"message":"Unauthorized","request_id":"9c41"}"#,
            ErrorKind::Authentication,
            "Unauthorized",
        ),
        (
            422,
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}"#,
            ErrorKind::InvalidRequest,
            "Extra inputs are not permitted",
        ),
        (
            422,
            r#"{"object":"error","message":{"detail":[{"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}"#,
            ErrorKind::InvalidRequest,
            "Extra inputs are not permitted",
        ),
        (
            400,
            r#"{"object":"error","message":"Prompt contains 65536 tokens and 0 draft tokens, too large for model with 32768 maximum context length","type":"invalid_request_prompt","code":"3051"}"#,
            ErrorKind::ContextLengthExceeded,
            "Prompt contains 65536 tokens",
        ),
        (
            503,
            "Service unavailable",
            ErrorKind::Overloaded,
            "Service unavailable",
        ),
    ] {
        let error = error_of::<MistralCodec>(status, body);
        assert_eq!(error.kind(), kind, "{body}");
        assert!(error.message().contains(message), "{}", error.message());
    }
    assert!(error_of::<MistralCodec>(429, r#"{"code":"3505","message":"x"}"#).is_retryable());
}
