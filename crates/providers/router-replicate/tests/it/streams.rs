//! A stream is asked for with a prediction, and read at an address of its own.

use std::sync::Arc;

use bytes::Bytes;
use router_core::{
    Call, ChatRequest, Context, ErrorKind, FinishReason, Provider as _, ProviderExt as _, ProviderId,
    StreamEvent,
};
use router_http::replay::ReplayTransport;
use router_http::{HttpProvider, Transport};
use router_replicate::{Replicate, ReplicateCodec};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, StreamReader};

const SUBMITTED: &str = r#"{"id":"2knutntb","model":"meta/llama","status":"starting","urls":{
    "cancel":"https://api.replicate.com/v1/predictions/2knutntb/cancel",
    "get":"https://api.replicate.com/v1/predictions/2knutntb",
    "stream":"https://stream.replicate.com/v1/files/56o77r2w"}}"#;
const STREAM: &str = ": hi\n\nevent: output\nid: 1:0\ndata: \n\nevent: output\nid: 1:1\ndata: Gr\u{fc}\u{df}e, \"Zo\u{eb}\"!\ndata: \u{1f600}\n\nevent: logs\nid: 1:2\ndata: noise\n\nevent: output\nid: 1:3\ndata:  Done.\n\nevent: done\nid: 1:4\ndata: {}\n\n:408: 408 Request Timeout\n\n";
const TEXT: &str = "Gr\u{fc}\u{df}e, \"Zo\u{eb}\"!\n\u{1f600} Done.";

fn provider(transport: &Arc<ReplayTransport>) -> HttpProvider<ReplicateCodec> {
    let shared: Arc<dyn Transport> = Arc::<ReplayTransport>::clone(transport);
    Replicate::builder()
        .api_key("k")
        .transport(shared)
        .build()
        .expect("the provider builds")
}

async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

fn sent(transport: &ReplayTransport) -> Vec<String> {
    transport
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method, request.url))
        .collect()
}

const CREATE: &str = "POST https://api.replicate.com/v1/models/meta/llama/predictions";
const READ: &str = "GET https://stream.replicate.com/v1/files/56o77r2w";
const CANCEL: &str = "POST https://api.replicate.com/v1/predictions/2knutntb/cancel";

#[tokio::test(start_paused = true)]
async fn text_comes_as_it_is() {
    let transport = Arc::new(ReplayTransport::new().json(201, SUBMITTED).events(STREAM));
    let stream = provider(&transport)
        .chat_stream("meta/llama", "Hi")
        .await
        .expect("a stream");
    let answer = stream.into_value().collect().await.expect("an answer");
    assert_eq!(answer.text(), TEXT);
    assert_eq!(answer.choices[0].finish_reason, FinishReason::Stop);
    assert_eq!(answer.choices[0].finish_reason_raw.as_deref(), Some("done"));
    assert_eq!(answer.usage, None, "streams tell no counts");
    settle().await;
    assert_eq!(sent(&transport), [CREATE, READ]);
    let requests = transport.requests();
    assert!(!requests[0].headers.contains_key("prefer"));
    assert_eq!(requests[1].headers["accept"], "text/event-stream");
    assert_eq!(requests[1].headers["authorization"], "Bearer k");
}

/// Without an address for a stream the prediction is asked about.
#[tokio::test(start_paused = true)]
async fn models_that_do_not_stream() {
    let running = r#"{"id":"2knutntb","status":"processing","urls":{}}"#;
    let done = r#"{"id":"2knutntb","status":"succeeded","output":"Hello!"}"#;
    let transport = Arc::new(ReplayTransport::new().json(201, running).json(200, done));
    let stream = provider(&transport)
        .chat_stream("meta/llama", "Hi")
        .await
        .expect("a stream");
    let answer = stream.into_value().collect().await.expect("an answer");
    assert_eq!(answer.text(), "Hello!");
    assert_eq!(
        sent(&transport)[1],
        "GET https://api.replicate.com/v1/predictions/2knutntb"
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_ends_the_prediction() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(201, SUBMITTED)
            .events(STREAM)
            .json(200, "{}"),
    );
    let mut stream = provider(&transport)
        .chat_stream("meta/llama", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert!(stream.next().await.is_some());
    drop(stream);
    settle().await;
    assert_eq!(sent(&transport), [CREATE, READ, CANCEL]);
}

/// Billing goes on otherwise.
#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_prediction() {
    let running = r#"{"id":"2knutntb","status":"processing","urls":{}}"#;
    let mut replies = ReplayTransport::new();
    for _ in 0..3 {
        replies = replies.json(200, running);
    }
    let transport = Arc::new(replies);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(1);
    let context = Context::new().with_deadline(deadline.into_std());
    let call = Call::new("meta/llama", ChatRequest::user("Hi")).with_context(context);
    let error = provider(&transport).call(&call).await.expect_err("it is late");
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)));
    settle().await;
    assert_eq!(sent(&transport).last().map(String::as_str), Some(CANCEL));
}

fn read(pieces: Vec<Bytes>) -> (Vec<StreamEvent>, Option<router_core::Error>) {
    let codec = ReplicateCodec::new(ProviderId::from_static("replicate"));
    let call = Call::new("meta/llama", ChatRequest::user("Hi")).streaming();
    StreamReader::new(codec.stream_decoder(&call), FrameLimits::default()).read_all(pieces)
}

#[test]
fn cut_anywhere_it_is_the_same() {
    let stream = Bytes::from(STREAM);
    let (whole, error) = read(vec![stream.clone()]);
    assert!(error.is_none(), "{error:?}");
    for cut in 1..stream.len() {
        let (events, error) = read(vec![stream.slice(..cut), stream.slice(cut..)]);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(events, whole, "cut at {cut}");
    }
    let end = STREAM.find("event: done").expect("an end");
    for cut in 0..=end {
        let (_, error) = read(vec![stream.slice(..cut)]);
        assert_eq!(
            error.map(|error| error.kind()),
            Some(ErrorKind::Truncated),
            "{cut}"
        );
    }
}

#[test]
fn how_streams_fail() {
    let begun = "event: output\nid: 1\ndata: Hel\n\n";
    for (end, kind, again) in [
        (
            "event: error\ndata: {\"detail\":\"CUDA out of memory\"}\n\n",
            ErrorKind::Server,
            false,
        ),
        (
            "event: error\ndata: {\"detail\":\"Prediction interrupted; please retry (code: PA)\"}\n\n",
            ErrorKind::Server,
            true,
        ),
        (
            "event: done\ndata: {\"reason\":\"error\"}\n\n",
            ErrorKind::Server,
            false,
        ),
        (
            "event: done\ndata: {\"reason\":\"canceled\"}\n\n",
            ErrorKind::Cancelled,
            false,
        ),
        (
            "event: error\ndata: {\"detail\":\"NSFW content detected. Try running it again\"}\n\n",
            ErrorKind::ContentFiltered,
            false,
        ),
    ] {
        let (events, error) = read(vec![format!("{begun}{end}").into()]);
        let error = error.expect("an error");
        assert_eq!((error.kind(), error.is_retryable()), (kind, again), "{end}");
        assert_eq!(events.len(), 2, "what came before it came: {events:?}");
    }
}
