//! Letting go of a call or a stream closes the connection at the vendor within 250 ms, and a slow reader slows the vendor.

use std::time::{Duration, Instant};

use router_core::error::TimeoutKind;
use router_core::{Call, ChatRequest, Context, ErrorKind, Provider as _, ProviderExt as _};
use router_http::TransportKind;

use crate::server::{Server, Step, chunk, delta, stream_head};
use crate::{config, on_both, provider, until};

on_both! {
    dropping_a_call_before_the_head
    dropping_a_call_before_the_first_content
    dropping_a_call_inside_a_whole_answer
    dropping_a_stream
    deadline_before_the_head
    deadline_inside_a_whole_answer
    deadline_before_the_first_content
    deadline_inside_a_stream
    deadline_inside_a_stream_that_never_pauses
    a_slow_reader_slows_the_vendor
}

const PROMISE: Duration = Duration::from_millis(250);

/// Starts a call, waits until the server has it, drops it, and waits until the server sees the connection closed.
async fn dropped(kind: TransportKind, steps: Vec<Step>, stream: bool) {
    let server = Server::start(move |_| steps.clone()).await;
    let provider = provider(&server, config(kind));
    let call = tokio::spawn(async move {
        if stream {
            provider.chat_stream("m", "Hi").await.map(|_| ())
        } else {
            provider.chat("m", "Hi").await.map(|_| ())
        }
    });
    until("the request", || server.requests().len() == 1).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(!call.is_finished(), "the call was to wait");
    let started = Instant::now();
    call.abort();
    until("the end of the connection", || server.closed() == 1).await;
    assert!(started.elapsed() < PROMISE, "{:?}", started.elapsed());
}

async fn dropping_a_call_before_the_head(kind: TransportKind) {
    dropped(kind, vec![Step::Hang], false).await;
    dropped(kind, vec![Step::Hang], true).await;
}

async fn dropping_a_call_before_the_first_content(kind: TransportKind) {
    let head = [stream_head(), chunk(": waiting\n\n")].concat();
    dropped(kind, vec![Step::Send(head), Step::Hang], true).await;
}

async fn dropping_a_call_inside_a_whole_answer(kind: TransportKind) {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"choices\":[".to_vec();
    dropped(kind, vec![Step::Send(half), Step::Hang], false).await;
}

async fn dropping_a_stream(kind: TransportKind) {
    let server = half_stream().await;
    let provider = provider(&server, config(kind));
    let mut stream = provider
        .chat_stream("m", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert!(matches!(stream.next().await, Some(Ok(_))));
    assert_eq!(server.closed(), 0);
    let started = Instant::now();
    drop(stream);
    until("the end of the connection", || server.closed() == 1).await;
    assert!(started.elapsed() < PROMISE, "{:?}", started.elapsed());
}

async fn half_stream() -> Server {
    let head = [stream_head(), chunk(delta("Hel"))].concat();
    Server::start(move |_| vec![Step::Send(head.clone()), Step::Hang]).await
}

fn call(stream: bool) -> Call {
    let context = Context::new().with_deadline(Instant::now() + Duration::from_millis(120));
    let call = Call::new("m", ChatRequest::user("Hi")).with_context(context);
    if stream { call.streaming() } else { call }
}

async fn late(kind: TransportKind, steps: Vec<Step>, stream: bool) {
    let server = Server::start(move |_| steps.clone()).await;
    let provider = provider(&server, config(kind));
    let started = Instant::now();
    let error = provider.call(&call(stream)).await.expect_err("it is too late");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline), "{error}");
    assert!(!error.is_retryable(), "there is no time for another attempt");
    assert!(
        started.elapsed() >= Duration::from_millis(110),
        "{:?}",
        started.elapsed()
    );
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    until("the end of the connection", || server.closed() == 1).await;
}

async fn deadline_before_the_head(kind: TransportKind) {
    late(kind, vec![Step::Hang], false).await;
    late(kind, vec![Step::Hang], true).await;
}

async fn deadline_inside_a_whole_answer(kind: TransportKind) {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"choices\":[".to_vec();
    late(kind, vec![Step::Send(half), Step::Hang], false).await;
}

/// Comments are no content: they keep a connection open, but do not make the call resolve.
async fn deadline_before_the_first_content(kind: TransportKind) {
    let mut steps = vec![Step::Send(stream_head())];
    for _ in 0..50 {
        steps.push(Step::Send(chunk(": still there\n\n")));
        steps.push(Step::Wait(Duration::from_millis(10)));
    }
    steps.push(Step::Hang);
    late(kind, steps, true).await;
}

async fn deadline_inside_a_stream(kind: TransportKind) {
    let server = half_stream().await;
    let provider = provider(&server, config(kind));
    let started = Instant::now();
    let reply = provider.call(&call(true)).await.expect("a stream");
    let router_core::Body::Stream(mut stream) = reply.body else {
        panic!("no stream")
    };
    let mut error = None;
    while let Some(event) = stream.next().await {
        error = event.err();
    }
    let error = error.expect("the stream ends with an error");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    until("the end of the connection", || server.closed() == 1).await;
}

async fn deadline_inside_a_stream_that_never_pauses(kind: TransportKind) {
    let piece = chunk(delta("x").repeat(200));
    let server =
        Server::start(move |_| vec![Step::Send(stream_head()), Step::Repeat(piece.clone(), 1_000_000)]).await;
    let provider = provider(&server, config(kind));
    let reply = provider.call(&call(true)).await.expect("a stream");
    let router_core::Body::Stream(mut stream) = reply.body else {
        panic!("no stream")
    };
    let started = Instant::now();
    let mut error = None;
    while let Some(event) = stream.next().await {
        error = event.err();
    }
    assert_eq!(
        error.map(|error| error.kind()),
        Some(ErrorKind::Timeout(TimeoutKind::Deadline))
    );
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

/// 64 MiB for a reader that takes one event: what is not taken stays at the vendor, but for what the sockets hold.
async fn a_slow_reader_slows_the_vendor(kind: TransportKind) {
    let piece = chunk(delta(&"x".repeat(16 * 1024)));
    let server =
        Server::start(move |_| vec![Step::Send(stream_head()), Step::Repeat(piece.clone(), 4096)]).await;
    let provider = provider(&server, config(kind));
    let mut stream = provider
        .chat_stream("m", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert!(matches!(stream.next().await, Some(Ok(_))));
    let mut before = 0;
    until("a pause of the server", || {
        let now = server.written();
        let paused = now == before && now > 0;
        before = now;
        paused
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let first = server.written();
    // Buffers of both sockets and one of ours; the kernel grows them up to some megabytes.
    assert!(first < 16 * 1024 * 1024, "the server wrote {first} bytes ahead");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.written(), first, "the server still writes");
    for _ in 0..600 {
        assert!(matches!(stream.next().await, Some(Ok(_))));
    }
    until("more from the server", || server.written() > first).await;
}
