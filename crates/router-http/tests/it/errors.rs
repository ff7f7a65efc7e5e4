//! Status and headers make errors; so do connections that fail.

use std::time::Duration;

use router_core::{ErrorKind, ProviderExt as _};
use router_http::TransportKind;

use crate::server::{HELLO, Server, Step, answer, chunk, delta, json, stream_head};
use crate::{builder, config, on_both, provider};

on_both! {
    status_and_headers_become_an_error
    the_raw_reply_is_at_hand
    a_refused_connection
    an_unknown_host
    a_closed_connection_before_the_head
    a_reset_before_the_head
    a_body_that_breaks_off
    an_error_body_that_breaks_off
    no_http_at_all
    a_redirect_is_not_followed
    a_compressed_answer
    every_status
}

async fn status_and_headers_become_an_error(kind: TransportKind) {
    let body = r#"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#;
    let headers = [
        ("content-type", "application/json"),
        ("retry-after", "7"),
        ("x-request-id", "req_42"),
    ];
    let server = Server::always(answer(429, &headers, body)).await;
    let provider = provider(&server, config(kind));
    for stream in [false, true] {
        let error = if stream {
            provider
                .chat_stream("m", "Hi")
                .await
                .map(|_| ())
                .expect_err("a refusal")
        } else {
            provider.chat("m", "Hi").await.map(|_| ()).expect_err("a refusal")
        };
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.status(), Some(429));
        assert_eq!(error.code(), Some("rate_limit_exceeded"));
        assert_eq!(error.message(), "slow down");
        assert_eq!(error.request_id(), Some("req_42"));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(error.provider().map(|id| id.as_str()), Some("plain"));
        assert_eq!(error.model().map(|id| id.as_str()), Some("m"));
        assert_eq!(error.operation(), Some("chat"));
        assert!(error.is_retryable());
        let raw = error.raw().expect("the reply");
        assert_eq!(raw.body, body);
        assert_eq!(raw.headers["retry-after"], "7");
    }
}

async fn the_raw_reply_is_at_hand(kind: TransportKind) {
    let headers = [
        ("content-type", "application/json"),
        ("x-request-id", "req_7"),
        ("x-custom", "yes"),
    ];
    let server = Server::always(answer(200, &headers, HELLO)).await;
    let answer = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect("an answer");
    assert_eq!(answer.head.request_id.as_deref(), Some("req_7"));
    assert_eq!(answer.head.status(), Some(200));
    assert_eq!(
        answer.head.headers().map(|headers| &headers["x-custom"]),
        Some(&"yes".parse().expect("a header"))
    );
    assert_eq!(
        answer.head.raw.as_ref().map(|raw| &raw.body[..]),
        Some(HELLO.as_bytes())
    );
}

async fn a_refused_connection(kind: TransportKind) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let provider = builder()
        .base_url(format!("http://{address}"))
        .config(config(kind))
        .build()
        .expect("the provider builds");
    let error = provider.chat("m", "Hi").await.expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_retryable());
    assert!(error.message().contains("cannot connect"), "{error}");
    assert!(error.message().contains(&address.to_string()), "{error}");
}

async fn an_unknown_host(kind: TransportKind) {
    let provider = builder()
        .base_url("http://no-such-host.invalid/v1?key=sk-abcdef1234567890")
        .config(config(kind))
        .build()
        .expect("the provider builds");
    let error = provider.chat("m", "Hi").await.expect_err("no such host");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(
        !format!("{error} {error:?}").contains("sk-abcdef1234567890"),
        "{error:?}"
    );
}

async fn a_closed_connection_before_the_head(kind: TransportKind) {
    let server = Server::start(|_| vec![Step::Close]).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.is_retryable());
    assert_eq!(
        server.requests().len(),
        1,
        "a request that was sent is not sent again"
    );
}

async fn a_reset_before_the_head(kind: TransportKind) {
    let server = Server::start(|_| vec![Step::Reset]).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert_eq!(
        server.requests().len(),
        1,
        "a request that was sent is not sent again"
    );
}

async fn a_body_that_breaks_off(kind: TransportKind) {
    let half =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"choices\":[";
    let server = Server::once(*half).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("half an answer");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.is_retryable());
}

/// What came of the body still tells what it tells.
async fn an_error_body_that_breaks_off(kind: TransportKind) {
    let half = b"HTTP/1.1 503 Busy\r\ncontent-length: 1000\r\n\r\nno healthy upstream";
    let server = Server::once(*half).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Overloaded, "{error}");
    assert_eq!(error.status(), Some(503));
}

async fn no_http_at_all(kind: TransportKind) {
    let server = Server::once("SSH-2.0-OpenSSH_9.6\r\n").await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("no HTTP");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
}

/// A key must not follow to another address.
async fn a_redirect_is_not_followed(kind: TransportKind) {
    let other = Server::always(json(200, HELLO)).await;
    let place = format!("{}/elsewhere?key=1", other.url());
    let server = Server::always(answer(308, &[("location", &place)], "")).await;
    let error = provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect_err("a redirect");
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(error.status(), Some(308));
    assert!(error.message().contains("/elsewhere"), "{error}");
    assert!(!error.message().contains("key=1"), "{error}");
    assert!(!error.is_retryable());
    assert!(other.requests().is_empty());
}

/// Nobody asked for compression; the answer is not taken for garbage.
async fn a_compressed_answer(kind: TransportKind) {
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let server = Server::start(move |number| {
        let status = if number == 0 { 200 } else { 500 };
        vec![Step::Send(answer(
            status,
            &headers,
            [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
        ))]
    })
    .await;
    let provider = provider(&server, config(kind));
    let error = provider.chat("m", "Hi").await.expect_err("compressed");
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.message().contains("gzip"), "{error}");
    let error = provider.chat("m", "Hi").await.expect_err("a refusal");
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Server, Some(500)),
        "{error}"
    );
    let identity = [
        ("content-type", "application/json"),
        ("content-encoding", "identity"),
    ];
    let server = Server::always(answer(200, &identity, HELLO)).await;
    let answer = crate::provider(&server, config(kind))
        .chat("m", "Hi")
        .await
        .expect("an answer");
    assert_eq!(answer.text(), "Hello!");
}

/// 402, 408, 409, 413, 422 and 529 are told apart, without a body to help.
async fn every_status(kind: TransportKind) {
    use router_core::error::TimeoutKind::Vendor;
    let expected = [
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Authentication),
        (402, ErrorKind::QuotaExceeded),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::InvalidRequest),
        (408, ErrorKind::Timeout(Vendor)),
        (409, ErrorKind::Server),
        (410, ErrorKind::NotFound),
        (413, ErrorKind::InvalidRequest),
        (415, ErrorKind::InvalidRequest),
        (422, ErrorKind::InvalidRequest),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (501, ErrorKind::Unsupported),
        (502, ErrorKind::Server),
        (503, ErrorKind::Overloaded),
        (504, ErrorKind::Timeout(Vendor)),
        (520, ErrorKind::Server),
        (529, ErrorKind::Overloaded),
    ];
    let server = Server::start(move |number| vec![Step::Send(answer(expected[number].0, &[], ""))]).await;
    let provider = provider(&server, config(kind));
    for (status, kind) in expected {
        let error = provider.chat("m", "Hi").await.expect_err("a refusal");
        assert_eq!((error.status(), error.kind()), (Some(status), kind));
        assert!(error.message().contains(&status.to_string()), "{error}");
    }
}

/// An error after some content belongs to the stream, with all that is known of the call.
#[tokio::test]
async fn errors_of_streams_name_their_call() {
    let head = [stream_head(), chunk(delta("Hel"))].concat();
    let server = Server::start(move |_| vec![Step::Send(head.clone()), Step::Reset]).await;
    let provider = provider(&server, config(TransportKind::Reqwest));
    let mut stream = provider.chat_stream("m", "Hi").await.expect("a stream");
    let mut error = None;
    while let Some(event) = stream.next().await {
        error = event.err();
    }
    let error = error.expect("the stream broke");
    assert_eq!(error.provider().map(|id| id.as_str()), Some("plain"));
    assert_eq!(error.model().map(|id| id.as_str()), Some("m"));
}
