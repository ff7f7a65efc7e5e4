//! Every setting of a transport has its effect, on both transports where both have it.

use std::time::{Duration, Instant};

use router_core::error::TimeoutKind;
use router_core::{ErrorKind, ProviderExt as _};
use router_http::{HttpConfig, HttpVersion, TransportKind};
use tokio::net::{TcpSocket, TcpStream};

use crate::server::{self, END, HELLO, LAST_CHUNK, Server, Step, chunk, delta, events, json, stream_head};
use crate::{builder, config, on_both, provider, until};

on_both! {
    connect_timeout
    connect_timeout_covers_tls
    keep_alive_reuses_the_connection
    keep_alive_after_streams
    a_closed_idle_connection_costs_no_call
    pool_max_idle_per_host
    pool_idle_timeout
    max_connections_and_pool_wait_timeout
    slots_are_free_again_at_the_end_of_a_stream
    max_response_bytes
    max_error_bytes
    max_frame_bytes
    user_agent_and_headers
    http_version
}

/// A listener whose queue is full lets no one connect.
async fn connect_timeout(kind: TransportKind) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("loopback has a free port");
    let address = socket.local_addr().expect("a bound socket has an address");
    let _listener = socket.listen(1).expect("it listens");
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(tokio::spawn(TcpStream::connect(address)));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut config = config(kind);
    config.connect_timeout = Duration::from_millis(150);
    let provider = builder()
        .base_url(format!("http://{address}"))
        .config(config)
        .build()
        .expect("the provider builds");
    let started = Instant::now();
    let error = provider.chat("m", "Hi").await.expect_err("nobody accepts");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Connect), "{error}");
    assert!(
        started.elapsed() >= Duration::from_millis(140),
        "{:?}",
        started.elapsed()
    );
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

/// A server that accepts and says nothing is no connection either.
async fn connect_timeout_covers_tls(kind: TransportKind) {
    let silent = Server::start(|_| vec![Step::Hang]).await;
    let mut config = config(kind);
    config.connect_timeout = Duration::from_millis(150);
    let provider = builder()
        .base_url(format!("https://{}", silent.address()))
        .config(config)
        .build()
        .expect("the provider builds");
    let started = Instant::now();
    let error = provider.chat("m", "Hi").await.expect_err("the handshake hangs");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Connect), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

async fn keep_alive_reuses_the_connection(kind: TransportKind) {
    let server = Server::always(json(200, HELLO)).await;
    let provider = provider(&server, config(kind));
    for _ in 0..3 {
        provider.chat("m", "Hi").await.expect("an answer");
        settle().await;
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 3));
}

/// The end of the body may come behind the last event; the connection is kept all the same.
async fn keep_alive_after_streams(kind: TransportKind) {
    for late in [false, true] {
        let server = Server::start(move |_| {
            let all = [stream_head(), chunk(delta("Hello") + END)].concat();
            if late {
                vec![
                    Step::Send(all),
                    Step::Wait(Duration::from_millis(30)),
                    Step::Send(LAST_CHUNK.to_vec()),
                ]
            } else {
                vec![Step::Send([all, LAST_CHUNK.to_vec()].concat())]
            }
        })
        .await;
        let provider = provider(&server, config(kind));
        for _ in 0..3 {
            let stream = provider
                .chat_stream("m", "Hi")
                .await
                .expect("a stream")
                .into_value();
            let answer = stream.collect().await.expect("an answer");
            assert_eq!(answer.text(), "Hello");
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        assert_eq!(server.connections(), 1, "late end: {late}");
    }
}

/// A server that closes idle connections is usual; calls do not fail by it.
async fn a_closed_idle_connection_costs_no_call(kind: TransportKind) {
    let server = Server::once(json(200, HELLO)).await;
    let provider = provider(&server, config(kind));
    for call in 0..20 {
        let answer = provider.chat("m", "Hi").await;
        assert!(answer.is_ok(), "call {call}: {answer:?}");
    }
    assert_eq!(server.requests().len(), 20);
}

async fn pool_max_idle_per_host(kind: TransportKind) {
    let server = Server::always(json(200, HELLO)).await;
    let mut config = config(kind);
    config.pool_max_idle_per_host = 0;
    let provider = provider(&server, config);
    for _ in 0..3 {
        provider.chat("m", "Hi").await.expect("an answer");
        settle().await;
    }
    assert_eq!(server.connections(), 3);
}

async fn pool_idle_timeout(kind: TransportKind) {
    let server = Server::always(json(200, HELLO)).await;
    let mut config = config(kind);
    config.pool_idle_timeout = Duration::from_millis(60);
    let provider = provider(&server, config);
    provider.chat("m", "Hi").await.expect("an answer");
    tokio::time::sleep(Duration::from_millis(200)).await;
    provider.chat("m", "Hi").await.expect("an answer");
    assert_eq!(server.connections(), 2, "an idle connection outlived its time");
}

async fn max_connections_and_pool_wait_timeout(kind: TransportKind) {
    let server = Server::start(|number| match number {
        0 => vec![Step::Hang],
        _ => vec![Step::Send(json(200, HELLO))],
    })
    .await;
    let mut config = config(kind);
    config.max_connections = Some(1);
    config.pool_wait_timeout = Duration::from_millis(120);
    let provider = provider(&server, config);
    let first = tokio::spawn({
        let provider = provider.clone();
        async move { provider.chat("m", "Hi").await.map(|answer| answer.text()) }
    });
    until("the first request", || server.requests().len() == 1).await;
    let started = Instant::now();
    let error = provider.chat("m", "Hi").await.expect_err("no connection is free");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Pool), "{error}");
    assert!(error.is_retryable());
    assert!(
        started.elapsed() >= Duration::from_millis(110),
        "{:?}",
        started.elapsed()
    );
    first.abort();
    let _ = first.await;
    provider.chat("m", "Hi").await.expect("the place is free again");
}

/// A slot belongs to the answer, not to the caller's handle on it.
async fn slots_are_free_again_at_the_end_of_a_stream(kind: TransportKind) {
    let server = Server::start(|number| match number {
        0 | 2 => vec![Step::Send(events(delta("Hello") + END))],
        _ => vec![
            Step::Send([stream_head(), chunk(delta("Hel"))].concat()),
            Step::Reset,
        ],
    })
    .await;
    let mut config = config(kind);
    config.max_connections = Some(1);
    config.pool_wait_timeout = Duration::from_millis(300);
    let provider = provider(&server, config);
    let mut finished = provider.chat_stream("m", "Hi").await.expect("a stream");
    while finished.next().await.is_some() {}
    let mut broken = provider.chat_stream("m", "Hi").await.expect("a slot is free");
    let mut error = None;
    while let Some(event) = broken.next().await {
        error = event.err();
    }
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Transport));
    provider.chat_stream("m", "Hi").await.expect("a slot is free");
    drop((finished, broken));
}

async fn max_response_bytes(kind: TransportKind) {
    let server = Server::always(json(200, HELLO)).await;
    let mut config = config(kind);
    config.max_response_bytes = HELLO.len();
    provider(&server, config.clone())
        .chat("m", "Hi")
        .await
        .expect("an answer of just this length");
    config.max_response_bytes = HELLO.len() - 1;
    let error = provider(&server, config)
        .chat("m", "Hi")
        .await
        .expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(
        error.message().contains(&(HELLO.len() - 1).to_string()),
        "{error}"
    );
}

async fn max_error_bytes(kind: TransportKind) {
    let page = "x".repeat(100_000);
    let server = Server::always(server::answer(502, &[("content-type", "text/plain")], page)).await;
    let mut config = config(kind);
    config.max_error_bytes = 1000;
    let error = provider(&server, config)
        .chat("m", "Hi")
        .await
        .expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.raw().map(|raw| raw.body.len()), Some(1000));
}

async fn max_frame_bytes(kind: TransportKind) {
    let long = "x".repeat(5000);
    let server = Server::always(events(delta(&long) + END)).await;
    provider(&server, config(kind))
        .chat_stream("m", "Hi")
        .await
        .expect("a frame within bounds");
    let mut config = config(kind);
    config.max_frame_bytes = 4096;
    let error = provider(&server, config)
        .chat_stream("m", "Hi")
        .await
        .expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().contains("4096"), "{error}");
}

async fn user_agent_and_headers(kind: TransportKind) {
    let server = Server::always(json(200, HELLO)).await;
    let mut config = config(kind);
    let usual = provider(&server, config.clone());
    usual.chat("m", "Hi").await.expect("an answer");
    config.user_agent = "my-app/7".to_owned();
    let own = builder()
        .base_url(server.url())
        .config(config)
        .header("x-team", "blue")
        .api_key("key-123456")
        .build()
        .expect("the provider builds");
    own.chat("m", "Hi").await.expect("an answer");
    let requests: Vec<String> = server
        .requests()
        .iter()
        .map(|text| text.to_ascii_lowercase())
        .collect();
    assert!(
        requests[0].contains("user-agent: llm-api-router/"),
        "{}",
        requests[0]
    );
    assert!(!requests[0].contains("authorization"), "{}", requests[0]);
    assert!(!requests[0].contains("accept-encoding"), "{}", requests[0]);
    assert!(requests[1].contains("user-agent: my-app/7"), "{}", requests[1]);
    assert!(requests[1].contains("x-team: blue"), "{}", requests[1]);
    assert!(
        requests[1].contains("authorization: bearer key-123456"),
        "{}",
        requests[1]
    );
}

/// HTTP/1.1 by default; HTTP/2 where asked for, many requests on one connection.
async fn http_version(kind: TransportKind) {
    let server = Server::always(json(200, HELLO)).await;
    let mut config = config(kind);
    config.http_version = HttpVersion::Http1;
    provider(&server, config.clone())
        .chat("m", "Hi")
        .await
        .expect("an answer");
    assert!(server.requests()[0].starts_with("POST /chat/completions HTTP/1.1"));
    config.http_version = HttpVersion::Http2;
    #[cfg(not(feature = "http2"))]
    {
        let error = builder()
            .base_url(server.url())
            .config(config)
            .build()
            .expect_err("HTTP/2 is not compiled in");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("http2"), "{error}");
    }
    #[cfg(feature = "http2")]
    {
        let (address, connections) = http2::serve(HELLO.into(), 1).await;
        let provider = builder()
            .base_url(format!("http://{address}"))
            .config(config)
            .build()
            .expect("the provider builds");
        provider.chat("m", "Hi").await.expect("an answer");
        let (one, two) = tokio::join!(provider.chat("m", "Hi"), provider.chat("m", "Hi"));
        assert_eq!(one.expect("an answer").text(), "Hello!");
        assert_eq!(two.expect("an answer").text(), "Hello!");
        assert_eq!(connections.load(std::sync::atomic::Ordering::Acquire), 1);
    }
}

#[cfg(feature = "http2")]
pub(crate) mod http2 {
    use std::convert::Infallible;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use bytes::Bytes;
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use hyper_util::rt::{TokioExecutor, TokioIo};

    /// A server of HTTP/2 without TLS that answers the body so many times over; gives its count of connections, or of
    /// pieces sent when there are many.
    pub(crate) async fn serve(body: Bytes, times: usize) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if times == 1 {
                    counted.fetch_add(1, Ordering::AcqRel);
                }
                let (body, counted) = (body.clone(), Arc::clone(&counted));
                let service = hyper::service::service_fn(move |_request| {
                    let (body, counted) = (body.clone(), Arc::clone(&counted));
                    async move {
                        let mut left = times;
                        let pieces = futures_util::stream::poll_fn(move |_| {
                            if left == 0 {
                                return Poll::Ready(None);
                            }
                            left -= 1;
                            if times > 1 {
                                counted.fetch_add(1, Ordering::AcqRel);
                            }
                            Poll::Ready(Some(Ok::<_, Infallible>(Frame::data(body.clone()))))
                        });
                        Ok::<_, Infallible>(http::Response::new(StreamBody::new(pieces)))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        (address, count)
    }
}

/// The kernel probes an idle connection when it was told to.
#[cfg(target_os = "linux")]
mod keepalive {
    use super::{
        Duration, HELLO, HttpConfig, Server, TransportKind, config, json, on_both, provider, settle,
    };
    use router_core::ProviderExt as _;

    on_both! { tcp_keepalive }

    async fn tcp_keepalive(kind: TransportKind) {
        let mut config = config(kind);
        config.tcp_keepalive = Some(Duration::from_secs(60));
        assert!(has_timer(config.clone()).await, "no probe is due");
        config.tcp_keepalive = None;
        assert!(!has_timer(config).await, "a probe is due");
    }

    /// Whether the kernel has a keep-alive timer on the client's socket.
    async fn has_timer(config: HttpConfig) -> bool {
        let server = Server::always(json(200, HELLO)).await;
        let provider = provider(&server, config);
        provider.chat("m", "Hi").await.expect("an answer");
        settle().await;
        let port = format!(":{:04X}", server.address().port());
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's table of connections");
        let row = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            // The client's socket: the server's port at the far end, established.
            .find(|row| row.len() > 5 && row[2].ends_with(&port) && row[3] == "01")
            .expect("the connection is in the table");
        row[5].starts_with("02:") && row[5] != "02:00000000"
    }
}

/// Requests go to the proxy with the whole address; the hyper transport says that it has none.
#[tokio::test]
async fn proxy() {
    let server = Server::always(json(200, HELLO)).await;
    let mut config = config(TransportKind::Reqwest);
    config.proxy = Some(server.url());
    let provider = builder()
        .base_url("http://vendor.test/v1")
        .config(config.clone())
        .build()
        .expect("the provider builds");
    provider
        .chat("m", "Hi")
        .await
        .expect("an answer through the proxy");
    let request = server.requests()[0].clone();
    assert!(
        request.starts_with("POST http://vendor.test/v1/chat/completions HTTP/1.1"),
        "{request}"
    );
    config.proxy = Some("not a proxy".to_owned());
    let error = builder()
        .base_url("http://vendor.test")
        .config(config)
        .build()
        .expect_err("no proxy");
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}

#[cfg(feature = "hyper")]
#[tokio::test]
async fn proxy_is_refused_on_hyper() {
    for system in [false, true] {
        let mut config = config(TransportKind::Hyper);
        config.system_proxy = system;
        config.proxy = (!system).then(|| "http://127.0.0.1:9".to_owned());
        let error = builder()
            .base_url("http://vendor.test")
            .config(config)
            .build()
            .expect_err("hyper has no proxies");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("proxy"), "{error}");
    }
}

/// The application's own client is used as it is.
#[tokio::test]
async fn own_client() {
    let server = Server::always(json(200, HELLO)).await;
    let client = ::reqwest::Client::builder()
        .user_agent("own-client/1")
        .tls_backend_preconfigured(tls())
        .build()
        .expect("a client");
    let transport = router_http::reqwest::ReqwestTransport::with_client(client, None, Duration::ZERO);
    let mut config = HttpConfig::default();
    config.user_agent = String::new();
    let provider = builder()
        .base_url(server.url())
        .config(config)
        .transport(std::sync::Arc::new(transport))
        .build()
        .expect("the provider builds");
    provider.chat("m", "Hi").await.expect("an answer");
    assert_eq!(server.requests().len(), 1);
}

/// A TLS set-up for a client that never uses it.
fn tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the versions are known")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

/// The settings as a user's file has them; an unknown one is refused.
#[test]
fn settings_are_data() {
    let parsed: HttpConfig = serde_json::from_str(
        r#"{"transport": "hyper", "http_version": "http2", "max_connections": 7,
            "connect_timeout": "2s", "tcp_keepalive": "1m"}"#,
    )
    .expect("settings");
    assert_eq!(parsed.transport, Some(TransportKind::Hyper));
    assert_eq!(parsed.http_version, HttpVersion::Http2);
    assert_eq!(parsed.max_connections, Some(7));
    assert_eq!(parsed.connect_timeout, Duration::from_secs(2));
    assert_eq!(parsed.tcp_keepalive, Some(Duration::from_secs(60)));
    let written = serde_json::to_string(&parsed).expect("JSON");
    assert_eq!(
        serde_json::from_str::<HttpConfig>(&written).expect(&written),
        parsed
    );
    assert_eq!(parsed.max_frame_bytes, HttpConfig::default().max_frame_bytes);
    assert!(serde_json::from_str::<HttpConfig>(r#"{"conect_timeout": 3}"#).is_err());
    for nothing in [
        r#"{"max_connections": 0}"#,
        r#"{"connect_timeout": "0s"}"#,
        r#"{"max_frame_bytes": 0}"#,
    ] {
        let config: HttpConfig = serde_json::from_str(nothing).expect("settings");
        let error = router_http::transport::make(&config)
            .map(drop)
            .expect_err(nothing);
        let field = nothing.split('"').nth(1).expect("a field");
        assert!(error.message().contains(&format!("http.{field}")), "{error}");
    }
}

/// Lets a connection find its way back into the pool.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
