//! HTTP messages as values.

use http::{HeaderMap, HeaderName, HeaderValue};
use router_core::ErrorKind;
use router_wire::message::{path_encoded, request_id};
use router_wire::{HttpRequest, HttpResponse};

#[test]
fn paths_and_queries() {
    let request = HttpRequest::get("/v1beta/models?key=abc&pageSize=5&flag");
    assert_eq!(request.path_only(), "/v1beta/models");
    assert_eq!(request.query("key"), Some("abc"));
    assert_eq!(request.query("pageSize"), Some("5"));
    assert_eq!(request.query("flag"), Some(""));
    assert_eq!(request.query("page"), None);
    assert_eq!(HttpRequest::get("/models").query("key"), None);
}

#[test]
fn request_ids() {
    for name in [
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "apim-request-id",
        "cf-ray",
    ] {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("r1"))]);
        assert_eq!(request_id(&headers), Some("r1"), "{name}");
    }
    assert_eq!(request_id(&HeaderMap::new()), None);
}

#[test]
fn names_of_models_in_paths_lead_nowhere_else() {
    let path = path_encoded("@cf/qwen/qwen3:free é").expect("a name");
    assert_eq!(path, "@cf/qwen/qwen3:free%20%C3%A9");
    for climbing in ["..", "@cf/../../../user/tokens", "a/./b", "/a", "a//b", ""] {
        let error = path_encoded(climbing).expect_err(climbing);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().starts_with("model: "), "{error}");
    }
    // What is encoded already is a name like any other.
    assert_eq!(path_encoded("%2e%2e/a").expect("a name"), "%252e%252e/a");
}

#[test]
fn replies() {
    let reply = HttpResponse::json(200, "{}").with_header(
        HeaderName::from_static("x-request-id"),
        HeaderValue::from_static("r1"),
    );
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.request_id(), Some("r1"));
    assert_eq!((reply.raw().status, reply.raw().body), (200, "{}".into()));
}
