//! The kind of an error: the vendor's word, then its message, then the status.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use router_core::ErrorKind;
use router_core::error::TimeoutKind;
use router_wire::HttpResponse;
use router_wire::classify::{CodeTable, error, kind_of_status};

fn kind(status: u16, body: &str, table: CodeTable) -> ErrorKind {
    error(
        &HttpResponse::json(status, Bytes::copy_from_slice(body.as_bytes())),
        table,
    )
    .kind()
}

fn message(text: &str) -> String {
    serde_json::json!({"error": {"message": text}}).to_string()
}

#[test]
fn words_win_over_message_and_status() {
    let cases = [
        (429, "insufficient_quota", ErrorKind::QuotaExceeded),
        (429, "rate_limit_exceeded", ErrorKind::RateLimited),
        (400, "context_length_exceeded", ErrorKind::ContextLengthExceeded),
        (400, "content_filter", ErrorKind::ContentFiltered),
        (400, "model_not_found", ErrorKind::NotFound),
        (500, "overloaded_error", ErrorKind::Overloaded),
        (400, "INVALID_API_KEY", ErrorKind::Authentication),
        (400, "RESOURCE_EXHAUSTED", ErrorKind::RateLimited),
        (500, "DEADLINE_EXCEEDED", ErrorKind::Timeout(TimeoutKind::Vendor)),
        (
            400,
            "com.amazon.coral.service#ThrottlingException",
            ErrorKind::RateLimited,
        ),
    ];
    for (status, code, expected) in cases {
        let body = serde_json::json!({"error": {"message": "the context window", "code": code}}).to_string();
        assert_eq!(kind(status, &body, &[]), expected, "{code}");
    }
}

#[test]
fn the_vendors_own_table_comes_first() {
    const TABLE: CodeTable = &[
        ("rate_limit_exceeded", ErrorKind::QuotaExceeded),
        ("e42", ErrorKind::Server),
    ];
    let body = |code: &str| serde_json::json!({"error": {"message": "x", "code": code}}).to_string();
    assert_eq!(
        kind(429, &body("rate_limit_exceeded"), TABLE),
        ErrorKind::QuotaExceeded
    );
    assert_eq!(kind(400, &body("E42"), TABLE), ErrorKind::Server);
    assert_eq!(kind(400, &body("unknown"), TABLE), ErrorKind::InvalidRequest);
}

#[test]
fn messages_win_over_the_status() {
    let cases = [
        (
            400,
            "This model's maximum context length is 8192 tokens.",
            ErrorKind::ContextLengthExceeded,
        ),
        (
            400,
            "prompt is too long: 210000 tokens > 200000 maximum",
            ErrorKind::ContextLengthExceeded,
        ),
        (400, "Incorrect API key provided", ErrorKind::Authentication),
        (
            400,
            "API key not valid. Please pass a valid API key.",
            ErrorKind::Authentication,
        ),
        (400, "The model `x` does not exist", ErrorKind::NotFound),
        (400, "Model Not Exist", ErrorKind::NotFound),
        (400, "Your credit balance is too low", ErrorKind::QuotaExceeded),
        (
            400,
            "blocked by our content management policy",
            ErrorKind::ContentFiltered,
        ),
        // Money counts only where a request is refused.
        (500, "billing service failed", ErrorKind::Server),
        (422, "temperature: too high", ErrorKind::InvalidRequest),
    ];
    for (status, text, expected) in cases {
        assert_eq!(kind(status, &message(text), &[]), expected, "{text}");
    }
}

/// Every status has a kind, and one that may be tried again is one that may pass.
#[test]
fn every_status() {
    for status in 0..=999 {
        let kind = kind_of_status(Some(status));
        // 409 is two requests in each other's way, 499 what Google says when it cancelled the call itself.
        let passing = matches!(status, 408 | 409 | 429 | 499 | 500 | 502..=599);
        if (400..600).contains(&status) {
            assert_eq!(kind.is_retryable(), passing, "{status} is {kind}");
        }
    }
    assert_eq!(kind_of_status(None), ErrorKind::Server);
}

#[test]
fn a_daily_quota_is_no_rate_limit() {
    let body = r#"[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"31s"}]}}]"#;
    let error = error(&HttpResponse::json(429, body), &[]);
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(31));
    assert!(!error.is_retryable());
}

#[test]
fn all_that_is_known_is_kept() {
    let headers = HeaderMap::from_iter([
        (
            HeaderName::from_static("request-id"),
            HeaderValue::from_static("req_9"),
        ),
        (
            HeaderName::from_static("retry-after"),
            HeaderValue::from_static("4"),
        ),
    ]);
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#;
    let error = error(&HttpResponse::new(429, headers, body), &[]);
    assert_eq!(error.code(), Some("rate_limit_error"));
    assert_eq!(error.request_id(), Some("req_9"));
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(4));
    assert_eq!(error.raw().map(|raw| raw.body.len()), Some(body.len()));
}

/// The wait in a message counts for rate limits alone.
#[test]
fn a_wait_in_the_message() {
    let text = message("Rate limit reached. Please try again in 2.5s.");
    let wait = |status| error(&HttpResponse::json(status, text.clone()), &[]).retry_after();
    assert_eq!(wait(429).map(|wait| wait.as_millis()), Some(2500));
    assert_eq!(wait(400), None);
}

/// Headers of limits come with every reply; they ask to wait where a limit was hit and nothing else says how long.
#[test]
fn a_wait_in_the_headers_of_limits() {
    let wait = |status, more: &[(&'static str, &'static str)]| {
        let mut response = HttpResponse::json(status, message("no")).with_header(
            HeaderName::from_static("x-ratelimit-reset-requests"),
            HeaderValue::from_static("6s"),
        );
        for (name, value) in more {
            response = response.with_header(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        error(&response, &[]).retry_after().map(|wait| wait.as_secs())
    };
    assert_eq!(wait(429, &[]), Some(6));
    assert_eq!(wait(429, &[("retry-after", "4")]), Some(4));
    assert_eq!(wait(500, &[]), None);
    assert_eq!(wait(400, &[]), None);
}

/// Another sample may not have the mistake.
#[test]
fn a_failed_tool_call_may_be_tried_again() {
    let body = r#"{"error":{"message":"Failed to call a function.","type":"invalid_request_error","code":"tool_use_failed"}}"#;
    assert!(error(&HttpResponse::json(400, body), &[]).is_retryable());
}

#[test]
fn amazon_names_its_errors_in_a_header() {
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static("x-amzn-errortype"),
        HeaderValue::from_static("ThrottlingException:http://internal.amazon.com/"),
    )]);
    let error = error(&HttpResponse::new(400, headers, r#"{"message":"Too fast"}"#), &[]);
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::RateLimited, Some("ThrottlingException"))
    );
    assert_eq!(error.message(), "Too fast");
}
