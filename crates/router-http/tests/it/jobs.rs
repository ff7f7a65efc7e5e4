//! Jobs that a vendor works at, on a clock that stands still: asked about, cut off, ended.

use std::sync::Arc;
use std::time::Duration;

use router_core::chat::Choice;
use router_core::error::TimeoutKind;
use router_core::{
    Call, Capabilities, ChatRequest, ChatResponse, ContentPart, Context, Error, ErrorKind, FinishReason,
    OperationKind, Output, Provider as _, ProviderExt as _, ProviderId, Result,
};
use router_http::replay::ReplayTransport;
use router_http::{HttpConfig, HttpProvider};
use router_wire::{Codec, Encoded, Framing, HttpRequest, HttpResponse, Pending, StreamDecoder, classify};
use router_wire_openai::chat::stream::ChatStreamDecoder;
use serde_json::Value;
use tokio::time::Instant;

const PAUSE: Duration = Duration::from_secs(1);

/// A vendor that works at jobs.
struct Jobs(ProviderId);

impl Codec for Jobs {
    fn provider(&self) -> &ProviderId {
        &self.0
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new([OperationKind::Chat], &[]))
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        let _ = call;
        Ok(Encoded::whole(HttpRequest::post_json("/jobs", "{}"), Vec::new()))
    }

    fn pending(
        &self,
        _call: &Call,
        response: &HttpResponse,
        before: Option<&Pending>,
    ) -> Result<Option<Pending>> {
        let body: Value = serde_json::from_slice(&response.body).expect("a reply of this test");
        match body["status"].as_str() {
            Some("failed") => return Err(Error::new(ErrorKind::Server, "the job failed")),
            Some("running") => {}
            _ => return Ok(None),
        }
        let next = match body["url"].as_str() {
            Some(url) => Pending::get_url(url, &["vendor.example"]).expect("an address"),
            None => Pending::new(HttpRequest::get("/jobs/7")),
        };
        let next = if body["stream"] == true {
            next.streamed()
        } else {
            next.after(before, PAUSE, PAUSE * 4)
        };
        Ok(Some(
            next.with_cancel(HttpRequest::post_json("/jobs/7/cancel", ""))
                .with_job(Some("job 7".into()), None),
        ))
    }

    fn decode(&self, _call: &Call, response: &HttpResponse) -> Result<Output> {
        let body: Value = serde_json::from_slice(&response.body).expect("a reply of this test");
        let text = body["text"].as_str().expect("a text").to_owned();
        let mut answer = ChatResponse::default();
        let content = vec![ContentPart::text(text)];
        answer.choices.push(Choice::new(0, content, FinishReason::Stop));
        Ok(Output::Chat(answer))
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        let speaker = router_wire::provenance::Speaker::new(self.0.clone(), "openai");
        (Framing::Sse, Box::new(ChatStreamDecoder::new(speaker)))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}

const RUNNING: &str = r#"{"status": "running"}"#;
const DONE: &str = r#"{"status": "done", "text": "Hello!"}"#;

fn provider(transport: &Arc<ReplayTransport>) -> HttpProvider<Jobs> {
    let transport: Arc<dyn router_http::Transport> = Arc::<ReplayTransport>::clone(transport);
    HttpProvider::builder_with(Jobs(ProviderId::from_static("jobs")))
        .base_url("https://api.example/v1")
        .api_key("secret")
        .header("x-workspace", "mine")
        .transport(transport)
        .build()
        .expect("the provider builds")
}

/// What was sent: method, address, and whether the key and the caller's own header went along.
fn sent(transport: &ReplayTransport) -> Vec<String> {
    let has = |request: &router_http::TransportRequest, name: &str| request.headers.contains_key(name);
    transport
        .requests()
        .iter()
        .map(|request| {
            let key = if has(request, "authorization") { " key" } else { "" };
            let own = if has(request, "x-workspace") { " own" } else { "" };
            format!("{} {}{key}{own}", request.method, request.url)
        })
        .collect()
}

/// Lets what was spawned run.
async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

const ASK: &str = "GET https://api.example/v1/jobs/7 key own";
const SUBMIT: &str = "POST https://api.example/v1/jobs key own";
const CANCEL: &str = "POST https://api.example/v1/jobs/7/cancel key own";

#[tokio::test(start_paused = true)]
async fn is_asked_until_it_is_done() {
    let mut replies = ReplayTransport::new();
    for _ in 0..5 {
        replies = replies.json(200, RUNNING);
    }
    let transport = Arc::new(replies.json(200, DONE));
    let started = Instant::now();
    let answer = provider(&transport).chat("m", "Hi").await.expect("an answer");
    assert_eq!(answer.text(), "Hello!");
    // 1 + 1.5 + 2.25 + 3.375 + 4.
    assert_eq!(started.elapsed().as_millis(), 12_125);
    settle().await;
    assert_eq!(sent(&transport), [SUBMIT, ASK, ASK, ASK, ASK, ASK]);
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_costs_no_pause() {
    let transport = Arc::new(ReplayTransport::new().json(200, DONE));
    let started = Instant::now();
    let mut stream = provider(&transport)
        .chat_stream("m", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert!(stream.next().await.is_some());
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(sent(&transport), [SUBMIT]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_is_an_error_and_over() {
    let failed = r#"{"status": "failed"}"#;
    let transport = Arc::new(ReplayTransport::new().json(200, RUNNING).json(200, failed));
    let error = provider(&transport).chat("m", "Hi").await.expect_err("it failed");
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.raw().is_some());
    settle().await;
    assert_eq!(sent(&transport), [SUBMIT, ASK]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_cuts_a_pause_and_ends_the_job() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(200, RUNNING)
            .json(200, RUNNING)
            .json(200, "{}"),
    );
    let deadline = Instant::now() + Duration::from_secs(2);
    let context = Context::new().with_deadline(deadline.into_std());
    let call = Call::new("m", ChatRequest::user("Hi")).with_context(context);
    let started = Instant::now();
    let error = provider(&transport).call(&call).await.expect_err("it is late");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(started.elapsed(), Duration::from_secs(2));
    settle().await;
    assert_eq!(sent(&transport), [SUBMIT, ASK, CANCEL]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_ends_the_job() {
    let transport = Arc::new(ReplayTransport::new().json(200, RUNNING).json(200, "{}"));
    let provider = provider(&transport);
    let call = provider.chat("m", "Hi");
    assert!(
        tokio::time::timeout(Duration::from_millis(10), call)
            .await
            .is_err()
    );
    settle().await;
    assert_eq!(sent(&transport), [SUBMIT, CANCEL]);
}

#[tokio::test(start_paused = true)]
async fn no_job_is_waited_for_longer_than_job_timeout() {
    let mut replies = ReplayTransport::new();
    for _ in 0..20 {
        replies = replies.json(200, RUNNING);
    }
    let transport = Arc::new(replies);
    let shared: Arc<dyn router_http::Transport> = Arc::<ReplayTransport>::clone(&transport);
    let mut config = HttpConfig::default();
    config.job_timeout = Duration::from_secs(10);
    let provider = HttpProvider::builder_with(Jobs(ProviderId::from_static("jobs")))
        .base_url("https://api.example/v1")
        .config(config)
        .transport(shared)
        .build()
        .expect("the provider builds");
    let started = Instant::now();
    let error = provider.chat("m", "Hi").await.expect_err("it never ends");
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Attempt));
    assert!(!error.is_retryable(), "a second job would run as long");
    assert!(error.to_string().contains("job 7"), "{error}");
    assert!(started.elapsed() <= Duration::from_secs(10));
    settle().await;
    assert!(
        sent(&transport)
            .last()
            .is_some_and(|last| last.contains("/cancel"))
    );
}

/// A question that fails is put again: the job goes on meanwhile.
#[tokio::test(start_paused = true)]
async fn questions_may_fail_a_few_times() {
    let broken = || Error::new(ErrorKind::Transport, "the connection broke");
    let transport = Arc::new(
        ReplayTransport::new()
            .json(200, RUNNING)
            .error(broken())
            .reply(503, &[("retry-after", "7")], [])
            .json(200, DONE),
    );
    let started = Instant::now();
    let answer = provider(&transport).chat("m", "Hi").await.expect("an answer");
    assert_eq!(answer.text(), "Hello!");
    assert_eq!(started.elapsed(), Duration::from_secs(1 + 2 + 7));

    let mut replies = ReplayTransport::new().json(200, RUNNING);
    for _ in 0..8 {
        replies = replies.error(broken());
    }
    let transport = Arc::new(replies);
    let error = provider(&transport)
        .chat("m", "Hi")
        .await
        .expect_err("it stays so");
    assert_eq!(error.kind(), ErrorKind::Transport);
    settle().await;
    assert_eq!(sent(&transport), [SUBMIT, ASK, ASK, ASK, ASK, CANCEL]);
}

#[tokio::test(start_paused = true)]
async fn what_a_question_is_refused_with_is_final() {
    let transport = Arc::new(ReplayTransport::new().json(200, RUNNING).json(404, "{}"));
    let error = provider(&transport)
        .chat("m", "Hi")
        .await
        .expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

/// The key goes to the provider's own address, to the vendor's other hosts, and to no stranger.
#[tokio::test(start_paused = true)]
async fn keys_go_to_no_stranger() {
    for (url, shown) in [
        ("https://eu.vendor.example/a?b=c", " key own"),
        ("https://api.example/other", " key own"),
        ("https://api.example.evil/other", ""),
        ("http://vendor.example/a", ""),
    ] {
        let running = format!(r#"{{"status": "running", "url": "{url}"}}"#);
        let transport = Arc::new(ReplayTransport::new().json(200, running).json(200, DONE));
        provider(&transport).chat("m", "Hi").await.expect("an answer");
        assert_eq!(sent(&transport)[1], format!("GET {url}{shown}"));
    }
}

const STREAMED: &str = r#"{"status": "running", "stream": true, "url": "https://stream.vendor.example/7"}"#;
const HALF: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n";
const END: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"lo!\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_job_may_be_streamed() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(201, STREAMED)
            .events(format!("{HALF}{END}")),
    );
    let stream = provider(&transport)
        .chat_stream("m", "Hi")
        .await
        .expect("a stream");
    let answer = stream.into_value().collect().await.expect("an answer");
    assert_eq!(answer.text(), "Hello!");
    settle().await;
    assert_eq!(
        sent(&transport),
        [SUBMIT, "GET https://stream.vendor.example/7 key own"]
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_ends_the_job() {
    let transport = Arc::new(
        ReplayTransport::new()
            .json(201, STREAMED)
            .events(format!("{HALF}{END}"))
            .json(200, "{}"),
    );
    let mut stream = provider(&transport)
        .chat_stream("m", "Hi")
        .await
        .expect("a stream")
        .into_value();
    assert!(stream.next().await.is_some());
    drop(stream);
    settle().await;
    assert_eq!(sent(&transport).last().map(String::as_str), Some(CANCEL));
}
