//! Errors of Azure, of its gateways, and of what stands in front of them.

use std::time::Duration;

use router_azure::AzureCodec;
use router_conformance::profile::error_of;
use router_core::{Call, ChatRequest, ErrorKind, ProviderId};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse};

#[test]
fn shapes_and_words_of_the_reference() {
    let kind = |status, body: &str| {
        let error = error_of::<AzureCodec>(status, body);
        (error.kind(), error.is_retryable())
    };
    let gateway = r#"{"statusCode":401,"message":"Unauthorized. Access token is missing, invalid, audience is incorrect, or have expired."}"#;
    assert_eq!(kind(401, gateway), (ErrorKind::Authentication, false));
    let numbered = r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#;
    assert_eq!(kind(401, numbered), (ErrorKind::Authentication, false));
    let disabled = r#"{"error":{"code":"AuthenticationTypeDisabled","message":"Key based authentication is disabled for this resource."}}"#;
    assert_eq!(kind(403, disabled), (ErrorKind::PermissionDenied, false));
    let missing = r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#;
    assert_eq!(kind(404, missing), (ErrorKind::NotFound, false));
    let wrong = r#"{"error":{"code":"OperationNotSupported","message":"The chatCompletion operation does not work with the specified model."}}"#;
    assert_eq!(kind(400, wrong), (ErrorKind::Unsupported, false));
    let quota = r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota."}}"#;
    assert_eq!(kind(429, quota), (ErrorKind::QuotaExceeded, false));
    let full =
        r#"{"error":{"code":"NoCapacity","message":"The system is currently experiencing high demand."}}"#;
    assert_eq!(kind(429, full), (ErrorKind::Overloaded, true));
    assert_eq!(
        kind(424, r#"{"error":{"message":"Failed Dependency"}}"#),
        (ErrorKind::Server, true)
    );
    assert_eq!(
        kind(503, "<html>Front door</html>"),
        (ErrorKind::Overloaded, true)
    );
}

#[test]
fn waits_are_told_in_milliseconds_too() {
    let body = r#"{"error":{"code":"429","message":"Requests have exceeded the token rate limit. Please retry after 6 seconds."}}"#;
    let response = HttpResponse::json(429, body)
        .with_header(
            "retry-after".parse().expect("a name"),
            "6".parse().expect("a value"),
        )
        .with_header(
            "retry-after-ms".parse().expect("a name"),
            "5321".parse().expect("a value"),
        );
    let codec = AzureCodec::new(ProviderId::from_static("azure"));
    let error = codec.error(&Call::new("d", ChatRequest::user("x")), &response);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(Duration::from_millis(5321)));
}
