//! Keys that clients present, and the status of errors towards them.

use http::{HeaderName, HeaderValue};
use router_core::error::TimeoutKind;
use router_core::{Error, ErrorKind};
use router_wire::HttpRequest;
use router_wire::server::{presented_key, status_of};

#[test]
fn keys_in_all_places() {
    let with = |name: &'static str, value: &'static str| {
        HttpRequest::get("/v1/models")
            .with_header(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    assert_eq!(presented_key(&with("authorization", "Bearer abc")), Some("abc"));
    assert_eq!(presented_key(&with("authorization", "bearer  abc ")), Some("abc"));
    assert_eq!(presented_key(&with("authorization", "Basic abc")), None);
    for name in ["x-api-key", "x-goog-api-key", "api-key"] {
        assert_eq!(presented_key(&with(name, "abc")), Some("abc"), "{name}");
    }
    assert_eq!(
        presented_key(&HttpRequest::get("/v1beta/models?key=abc")),
        Some("abc")
    );
    assert_eq!(presented_key(&HttpRequest::get("/v1/models")), None);
}

#[test]
fn statuses() {
    let of = |kind| status_of(&Error::new(kind, "x"));
    assert_eq!(of(ErrorKind::Authentication), 401);
    assert_eq!(of(ErrorKind::RateLimited), 429);
    assert_eq!(of(ErrorKind::Overloaded), 503);
    assert_eq!(of(ErrorKind::Timeout(TimeoutKind::FirstContent)), 504);
    assert_eq!(of(ErrorKind::Truncated), 502);
    assert_eq!(of(ErrorKind::Config), 500);
    let vendors = |status| status_of(&Error::new(ErrorKind::InvalidRequest, "x").with_status(status));
    assert_eq!(vendors(422), 422, "the vendor's own status is given on");
    assert_eq!(vendors(200), 400, "a status of success is no error's");
}
