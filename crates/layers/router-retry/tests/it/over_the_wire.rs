//! The same over HTTP: what vendors and proxies really send, through a wire, its codec and a transport.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use router_core::error::TimeoutKind;
use router_core::{
    BoxFuture, Call, ChatRequest, ErrorKind, Layer as _, Provider as _, ProviderExt as _, Result,
};
use router_http::replay::ReplayTransport;
use router_http::{Transport, TransportRequest, TransportResponse};
use router_retry::{
    BreakerLayer, BreakerPolicy, BreakerState, RetryLayer, RetryPolicy, TimeoutLayer, TimeoutPolicy,
};
use router_sim::{SimClient, SimVendor};
use tokio::time::Instant;

use crate::vendor::{attempts, rest, seconds, stream};

/// The default stack over a provider.
fn stack(client: SimClient) -> impl router_core::Provider {
    RetryLayer::with_seed(RetryPolicy::default(), 3)
        .layer(BreakerLayer::default().layer(TimeoutLayer::default().layer(client)))
}

/// The simulated vendor, inside the process.
fn sim() -> SimClient {
    SimVendor::in_process().expect("its address is right")
}

fn over(transport: ReplayTransport) -> (SimClient, Arc<ReplayTransport>) {
    let transport = Arc::new(transport);
    let client = SimClient::builder().transport(transport.clone()).build();
    (client.expect("its address is right"), transport)
}

fn call(model: &'static str) -> Call {
    Call::new(model, ChatRequest::user("Count from 1 to 9"))
}

#[tokio::test(start_paused = true)]
async fn a_429_that_asks_for_a_second_is_waited_for() {
    for stream in [false, true] {
        let model = if stream {
            "sim-fault-429-after1-x1-s"
        } else {
            "sim-fault-429-after1-x1-w"
        };
        let call = if stream {
            call(model).streaming()
        } else {
            call(model)
        };
        let started = Instant::now();
        stack(sim()).call(&call).await.unwrap();
        let elapsed = started.elapsed().as_secs_f64();
        assert!((1.0..=1.05).contains(&elapsed), "{elapsed} s");
        assert_eq!(attempts(&call), [Some(ErrorKind::RateLimited), None]);
    }
}

/// A proxy's page instead of an answer: tried again with growing waits, then told as it was.
#[tokio::test(start_paused = true)]
async fn a_502_with_html_is_tried_again() {
    stack(sim())
        .call(&call("sim-fault-html-x2-a"))
        .await
        .expect("the third attempt is answered");
    let failing = call("sim-fault-html");
    let error = stack(sim()).call(&failing).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(502)));
    let raw = error.raw().expect("the reply");
    assert!(
        raw.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(String::from_utf8_lossy(&raw.body).contains("502 Bad Gateway"));
    assert_eq!(attempts(&failing).len(), 4);
}

/// Headers, and the least and the most that they ask to wait, in seconds.
type Form<'a> = (&'a [(&'a str, &'a str)], f64, f64);

/// Every form in which vendors say how long to wait.
#[tokio::test(start_paused = true)]
async fn retry_after_in_all_its_forms() {
    let date = httpdate::fmt_http_date(SystemTime::now() + seconds(20));
    let moment = SystemTime::now() + seconds(20);
    let moment = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let moment = moment.to_string();
    let forms: [Form<'_>; 8] = [
        (&[("retry-after", "3")], 3.0, 3.0),
        (&[("retry-after", "1.5")], 1.5, 1.5),
        // A date has whole seconds, and passes while the test runs.
        (&[("retry-after", &date)], 15.0, 20.0),
        (&[("retry-after-ms", "2500")], 2.5, 2.5),
        (&[("retry-after-ms", "2500"), ("retry-after", "60")], 2.5, 2.5),
        (&[("x-ratelimit-reset-requests", "4s")], 4.0, 4.0),
        (
            &[
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "7s"),
                ("x-ratelimit-remaining-tokens", "1000"),
                ("x-ratelimit-reset-tokens", "10ms"),
            ],
            7.0,
            7.0,
        ),
        (&[("x-ratelimit-reset", &moment)], 15.0, 20.0),
    ];
    for (headers, least, most) in forms {
        let body = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
        let refused = ReplayTransport::new().reply(429, headers, [Ok(Bytes::from_static(body.as_bytes()))]);
        let answer = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[
            {"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#;
        let (client, transport) = over(refused.json(200, answer));
        let started = Instant::now();
        stack(client).call(&call("sim-model")).await.unwrap();
        let elapsed = started.elapsed().as_secs_f64();
        assert!(
            (least..=most * 1.05).contains(&elapsed),
            "{headers:?}: {elapsed} s"
        );
        assert_eq!(transport.requests().len(), 2);
    }
}

/// Cut, reset, garbage, silence before the first content: the reader sees one clean stream.
#[tokio::test(start_paused = true)]
async fn streams_that_break_before_content_are_tried_again() {
    for model in [
        "sim-fault-cut1-x1-a",
        "sim-fault-reset0-x2-b",
        "sim-fault-stall1-x1-c",
        "sim-fault-empty-x1-d",
        "sim-fault-error0-x1-e",
        "sim-fault-html-x1-f",
        "sim-fault-503-x1-g",
    ] {
        let call = call(model).streaming();
        let reply = stack(sim()).call(&call).await;
        let mut stream = stream(reply.unwrap_or_else(|error| panic!("{model}: {error}")));
        let mut text = String::new();
        while let Some(event) = stream.next().await {
            if let router_core::StreamEvent::TextDelta { text: more, .. } = event.expect(model) {
                text.push_str(&more);
            }
        }
        assert_eq!(text, "1 2 3 4 5 6 7 8 9", "{model}");
        assert!(attempts(&call).len() > 1, "{model}");
    }
}

/// The same behind content: an error of its kind, and a failure for the breaker, never a clean end.
#[tokio::test(start_paused = true)]
async fn streams_that_break_behind_content_are_failures() {
    for (model, kind) in [
        ("sim-fault-cut4", ErrorKind::Truncated),
        ("sim-fault-reset4", ErrorKind::Transport),
        ("sim-fault-garbage4", ErrorKind::Decode),
        ("sim-fault-error4", ErrorKind::Server),
        (
            "sim-fault-stall4",
            ErrorKind::Timeout(TimeoutKind::BetweenContents),
        ),
    ] {
        let layer = BreakerLayer::new(BreakerPolicy::default().with_consecutive(1));
        let breaker = layer.layer(TimeoutLayer::default().layer(sim()));
        let handle = breaker.handle().clone();
        let provider = RetryLayer::default().layer(breaker);
        let call = call(model).streaming();
        let mut stream = stream(provider.call(&call).await.unwrap());
        let (events, error) = rest(&mut stream).await;
        assert!(events > 0, "{model}: content came");
        assert_eq!(error.map(|error| error.kind()), Some(kind), "{model}");
        assert_eq!(attempts(&call), [None], "{model}");
        assert_eq!(handle.state(&model.into()), BreakerState::Open, "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_mistakes_over_the_wire_never_open_it() {
    let breaker = BreakerLayer::new(BreakerPolicy::default().with_consecutive(1)).layer(sim());
    for status in [400, 401, 403, 404, 413, 422, 429] {
        let model = format!("sim-fault-{status}");
        for _ in 0..20 {
            let error = breaker.chat(model.as_str(), "Hello").await.unwrap_err();
            assert_eq!(error.status(), Some(status));
        }
        assert_eq!(breaker.handle().state(&model.into()), BreakerState::Closed);
    }
    breaker.chat("sim-fault-503", "Hello").await.unwrap_err();
    assert_eq!(
        breaker.handle().state(&"sim-fault-503".into()),
        BreakerState::Open
    );
}

/// Answers a stream that begins well and then says nothing but comments.
#[derive(Debug)]
struct Comments;

impl Transport for Comments {
    fn send(&self, _request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        Box::pin(async {
            let first = r#"{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}"#;
            let first = Bytes::from(format!("data: {first}\n\n"));
            let pieces = futures_util::stream::unfold(Some(first), |first| async move {
                if let Some(first) = first {
                    return Some((Ok(first), None));
                }
                tokio::time::sleep(Duration::from_secs(5)).await;
                Some((Ok(Bytes::from_static(b": ping\n\n")), None))
            });
            let mut headers = http::HeaderMap::new();
            headers.insert(
                "content-type",
                http::HeaderValue::from_static("text/event-stream"),
            );
            Ok(TransportResponse::new(200, headers, Box::pin(pieces)))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn comments_are_no_content() {
    let client = SimClient::builder()
        .transport(Arc::new(Comments))
        .build()
        .unwrap();
    let policy = TimeoutPolicy::default().with_between_contents(seconds(30));
    let provider = TimeoutLayer::new(policy).layer(client);
    let mut stream = stream(provider.call(&call("sim-model").streaming()).await.unwrap());
    let started = Instant::now();
    let (events, error) = rest(&mut stream).await;
    assert!(events > 0);
    let error = error.expect("it is silent");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::BetweenContents));
    let elapsed = started.elapsed().as_secs_f64();
    assert!((30.0..=33.0).contains(&elapsed), "after {elapsed} s");
}

/// In the trail of a call through the whole stack stands everything that happened, in order.
#[tokio::test(start_paused = true)]
async fn the_trail_tells_what_happened() {
    let call = call("sim-fault-503-x1-trail");
    stack(sim()).call(&call).await.unwrap();
    let shown = format!("{:?}", call.context.trail());
    let places: Vec<Option<usize>> = ["Overloaded", "waits", "error: None"]
        .map(|word| shown.find(word))
        .into();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{shown}"
    );
}
