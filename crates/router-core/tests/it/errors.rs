//! One line to show, a report to debug, and the whole truth for who asks.

use std::error::Error as _;
use std::time::Duration;

use http::HeaderMap;
use router_core::error::{RawReply, TimeoutKind};
use router_core::{Error, ErrorKind, ModelId, ProviderId, Usage};

fn full() -> Error {
    Error::new(ErrorKind::RateLimited, "slow\ndown  please, sk-abcdefgh12345678")
        .with_provider(&ProviderId::from("openai"))
        .with_model(&ModelId::from("gpt-5.5"))
        .with_operation("chat")
        .with_status(429)
        .with_code("rate_limit_exceeded")
        .with_request_id("req_1")
        .with_retry_after(Duration::from_secs(7))
        .with_usage(Usage::new(3, 0))
        .with_raw(RawReply::new(429, HeaderMap::new(), "{}".into()))
        .with_source(std::io::Error::other("inner sk-abcdefgh12345678"))
}

#[test]
fn display_is_one_line() {
    assert_eq!(
        full().to_string(),
        "rate_limited from openai/gpt-5.5 (HTTP 429, code rate_limit_exceeded, request req_1): \
         slow down please, sk-***"
    );
    assert_eq!(Error::new(ErrorKind::Config, "").to_string(), "config");
    let timeout = Error::new(ErrorKind::Timeout(TimeoutKind::FirstContent), "too slow");
    assert_eq!(timeout.to_string(), "timeout (first content): too slow");
}

#[test]
fn long_messages_are_cut_when_shown_only() {
    let error = Error::new(ErrorKind::Server, "ä".repeat(1000));
    assert_eq!(error.shown_message().chars().count(), 301);
    assert_eq!(error.message().chars().count(), 1000);
    // Its end says what to do.
    let settings = Error::new(ErrorKind::Config, "ä".repeat(1000));
    assert_eq!(settings.shown_message().chars().count(), 1000);
}

/// An error stays small, however often it is passed on.
#[test]
fn bounded() {
    let big = Error::new(ErrorKind::Server, "x".repeat(100_000)).with_raw(RawReply::new(
        500,
        HeaderMap::new(),
        vec![b'x'; 100_000].into(),
    ));
    assert!(big.to_string().len() < 1024);
    assert!(format!("{big:?}").len() < 2048);
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn debug_is_a_report_without_secrets() {
    let shown = format!("{:?} {:#?}", full(), full());
    for word in ["RateLimited", "gpt-5.5", "req_1", "429", "7s", "inner"] {
        assert!(shown.contains(word), "{word} is not in {shown}");
    }
    assert!(!shown.contains("abcdefgh12345678"), "{shown}");
}

#[test]
fn everything_is_at_hand() {
    let error = full();
    assert_eq!(
        error.message(),
        "slow\ndown  please, sk-abcdefgh12345678",
        "whole and unmasked"
    );
    assert_eq!(error.status(), Some(429));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.usage().map(Usage::total_tokens), Some(3));
    assert!(error.source().is_some());
    let copy = error.duplicate();
    assert_eq!(copy.to_string(), error.to_string());
    assert!(copy.trail().is_none() && copy.raw().is_some());
}

/// The innermost provider and model stay; layers cannot overwrite them.
#[test]
fn the_innermost_is_named() {
    let error = full()
        .with_provider(&ProviderId::from("balancer"))
        .with_model(&ModelId::from("route"))
        .with_operation("embed");
    assert_eq!(error.provider().map(ProviderId::as_str), Some("openai"));
    assert_eq!(error.model().map(ModelId::as_str), Some("gpt-5.5"));
    assert_eq!(error.operation(), Some("chat"));
}

#[test]
fn what_may_be_tried_again() {
    use ErrorKind::*;
    let again = [
        RateLimited,
        Overloaded,
        Server,
        Transport,
        Truncated,
        Timeout(TimeoutKind::Connect),
        Timeout(TimeoutKind::Pool),
        Timeout(TimeoutKind::Vendor),
        Timeout(TimeoutKind::FirstContent),
    ];
    let never = [
        Authentication,
        PermissionDenied,
        NotFound,
        InvalidRequest,
        ContextLengthExceeded,
        ContentFiltered,
        QuotaExceeded,
        Decode,
        Unsupported,
        Config,
        Cancelled,
        Timeout(TimeoutKind::Deadline),
    ];
    for kind in again {
        assert!(Error::new(kind, "x").is_retryable(), "{kind}");
    }
    for kind in never {
        assert!(!Error::new(kind, "x").is_retryable(), "{kind}");
    }
    assert!(
        Error::new(InvalidRequest, "x")
            .with_retryable(true)
            .is_retryable()
    );
}
