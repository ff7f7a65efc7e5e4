//! What no endpoint takes is refused in the form that the client reads.

use http::{HeaderName, HeaderValue, Method};
use router_core::{Error, ErrorKind, Scripted};
use router_serve::{Serve as _, Service};
use router_wire::HttpRequest;
use serde_json::{Value, json};

fn request(method: Method, path: &str, header: &'static str) -> HttpRequest {
    let mut request = HttpRequest::post_json(path, "{}");
    request.method = method;
    if let Some((name, value)) = header.split_once(": ") {
        request
            .headers
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request
}

async fn refused(method: Method, path: &str, header: &'static str) -> (u16, Value) {
    let service = Service::new(Scripted::new());
    let response = service
        .respond(request(method, path, header))
        .await
        .into_whole()
        .await;
    let body = serde_json::from_slice(&response.body).expect("JSON");
    (response.status, body)
}

/// A client, by a header of its own, an address that is not there, and where its error says what it is.
const CLIENTS: [(&str, &str, &str, &str); 9] = [
    ("", "/v1/files", "/error/type", "invalid_request_error"),
    ("", "/v1/agents/completions", "/error/code", "unknown_url"),
    (
        "anthropic-version: 2023-06-01",
        "/v1/messages/batches",
        "/error/type",
        "not_found_error",
    ),
    ("", "/v1beta/cachedContents", "/error/status", "NOT_FOUND"),
    ("", "/upload/v1beta/files", "/error/status", "NOT_FOUND"),
    (
        "",
        "/v1beta/models/m:predictLongRunning",
        "/error/status",
        "NOT_FOUND",
    ),
    (
        "user-agent: mistral-client-python/3",
        "/v1/ocr",
        "/object",
        "error",
    ),
    ("", "/api/v1/tasks/1", "/code", "NotFound"),
    ("", "/model/m/apply-guardrail", "/message", ""),
];

#[tokio::test]
async fn unknown_addresses_in_every_form() {
    for (header, path, at, expected) in CLIENTS {
        let (status, body) = refused(Method::POST, path, header).await;
        assert_eq!(status, 404, "{path}: {body}");
        let told = body.pointer(at).and_then(Value::as_str);
        assert!(
            told.is_some_and(|told| expected.is_empty() || told == expected),
            "{path}: {body}"
        );
        assert!(body.to_string().contains(path), "{body}");
    }
    for path in ["/v2/datasets", "/api/pull"] {
        let (_, body) = refused(Method::POST, path, "").await;
        let texts = body.as_object().expect("an object").values();
        assert!(texts.clone().any(Value::is_string), "no text: {body}");
    }
}

#[tokio::test]
async fn another_method_is_named() {
    let (status, body) = refused(Method::GET, "/v1/chat/completions", "").await;
    assert_eq!(
        (status, &body["error"]["message"]),
        (405, &json!("/v1/chat/completions takes POST, not GET"))
    );
    let (status, body) = refused(Method::GET, "/v1/messages", "anthropic-version: 2023-06-01").await;
    assert_eq!((status, &body["type"]), (405, &json!("error")));
}

#[tokio::test]
async fn bodies_that_are_too_long_in_the_form_of_their_endpoint() {
    let error = Error::new(ErrorKind::InvalidRequest, "too long").with_status(413);
    for (path, at, expected) in [
        ("/v1/messages", "/error/type", "request_too_large"),
        (
            "/v1beta/models/m:generateContent",
            "/error/status",
            "INVALID_ARGUMENT",
        ),
        ("/v1/responses", "/error/type", "invalid_request_error"),
    ] {
        let service = Service::new(Scripted::new());
        let response = service.refuse(&request(Method::POST, path, ""), &error);
        let response = response.into_whole().await;
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(response.status, 413);
        assert_eq!(body.pointer(at), Some(&json!(expected)), "{body}");
    }
}

#[tokio::test]
async fn a_conversation_that_a_vendor_would_keep_is_refused_so_that_clients_send_it_whole() {
    let body = json!({
        "model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}],
        "thread": {"type": "create"},
    });
    let service = Service::new(Scripted::new().text("x"));
    let request = HttpRequest::post_json("/v1/messages", body.to_string());
    let response = service.respond(request).await.into_whole().await;
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(response.status, 400);
    assert_eq!(
        body["error"]["details"]["error_code"],
        "thread_unsupported_request"
    );
}

/// Clients try again by the status alone. Where it tells them wrong, they are told right.
#[tokio::test]
async fn clients_are_told_when_trying_again_is_no_use() {
    let answer = async |error: Error| {
        let service = Service::new(Scripted::new().error(error));
        let body = r#"{"model":"m","messages":[{"role":"user","content":"Hi."}]}"#;
        let request = HttpRequest::post_json("/v1/chat/completions", body);
        let response = service.respond(request).await.into_whole().await;
        let header = response.header("x-should-retry").map(str::to_owned);
        (response.status, header)
    };
    let told = |word: &str| Some(word.to_owned());
    let of = |kind| Error::new(kind, "no");
    assert_eq!(answer(of(ErrorKind::RateLimited)).await, (429, None));
    assert_eq!(answer(of(ErrorKind::Overloaded)).await, (503, None));
    assert_eq!(answer(of(ErrorKind::InvalidRequest)).await, (400, None));
    assert_eq!(answer(of(ErrorKind::QuotaExceeded)).await, (429, told("false")));
    let never = of(ErrorKind::RateLimited).with_retryable(false);
    assert_eq!(answer(never).await, (429, told("false")));
    let unlucky = of(ErrorKind::InvalidRequest).with_retryable(true);
    assert_eq!(answer(unlucky).await, (400, told("true")));
}
