//! Above the requests that may be under way, further ones are refused at once, and no place is ever lost.

use std::sync::Arc;
use std::time::Duration;

use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, EventStream, Feature, FinishReason, Mode, OperationKind,
    Output, Provider, ProviderId, Reply, Result, Secret, StreamEvent, Usage,
};
use router_serve::{Keys, Service};
use router_wire::HttpRequest;
use tokio::time::{sleep, timeout};

/// A vendor that takes its time before the answer and between its pieces, and fails where it is asked to.
struct Vendor(ProviderId);

impl Provider for Vendor {
    fn id(&self) -> &ProviderId {
        &self.0
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new([OperationKind::Chat], Feature::ALL))
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            sleep(Duration::from_millis(10)).await;
            if call.model == *"fails" {
                return Err(Error::new(ErrorKind::Server, "no"));
            }
            let breaks = call.model == *"breaks";
            let events = futures_util::stream::unfold(0, move |number| async move {
                sleep(Duration::from_millis(10)).await;
                let event = match number {
                    0..4 => Ok(StreamEvent::text("piece ")),
                    4 if breaks => Err(Error::new(ErrorKind::Transport, "cut")),
                    4 => Ok(StreamEvent::finish(FinishReason::Stop, Some(Usage::new(1, 2)))),
                    _ => return None,
                };
                Some((event, number + 1))
            });
            let stream = EventStream::new(events).committed().await?;
            match call.mode {
                Mode::Stream => Ok(Reply::stream(stream)),
                Mode::Full => Ok(Reply::full(Output::Chat(stream.collect().await?))),
            }
        })
    }
}

fn service(most: usize) -> Service {
    Service::new(Vendor(ProviderId::from_static("vendor"))).with_max_in_flight(most)
}

fn request(path: &str, model: &str, stream: bool) -> HttpRequest {
    let body = format!(
        r#"{{"model":"{model}","max_tokens":9,"stream":{stream},"messages":[{{"role":"user","content":"Hi."}}]}}"#
    );
    HttpRequest::post_json(path, body)
}

/// The third of two: 503 with a wait in whole seconds, in the words of its wire, without a moment's wait; the two go on.
#[tokio::test(start_paused = true)]
async fn one_too_many_is_refused_at_once() {
    let service = service(2);
    let first = service.respond(request("/v1/chat/completions", "m", true)).await;
    let second = service.respond(request("/v1/messages", "m", true)).await;
    assert_eq!((first.status(), second.status()), (200, 200));
    let began = tokio::time::Instant::now();
    for (path, words) in [
        ("/v1/chat/completions", r#""code":"gateway_full""#),
        ("/v1/messages", r#""type":"error""#),
        ("/api/chat", r#"{"error":"#),
    ] {
        let refused = service.respond(request(path, "m", true)).await.into_whole().await;
        assert_eq!(refused.status, 503, "{path}");
        let wait = refused.headers["retry-after"].to_str().expect("text");
        assert!(wait.parse::<u64>().is_ok_and(|wait| wait >= 1), "{path}: {wait}");
        assert!(refused.headers.contains_key("x-request-id"), "{path}");
        let body = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(body.contains(words), "{path}: {body}");
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waits to be refused");
    // Asking for its health is no request.
    let health = HttpRequest::new(http::Method::GET, "/health");
    assert_eq!(service.respond(health).await.status(), 200);

    let first = first.into_whole().await;
    let text = String::from_utf8_lossy(&first.body);
    assert!(
        text.matches("piece ").count() == 4 && text.contains("[DONE]"),
        "{text}"
    );
    assert_eq!(service.in_flight(), 1);
    let third = service.respond(request("/v1/messages", "m", false)).await;
    assert_eq!(third.status(), 200, "there is room again");
    drop((second, third));
    assert_eq!(service.in_flight(), 0);
}

/// Who has no key, asks for what is not there, or asks wrongly leaves no place taken.
#[tokio::test(start_paused = true)]
async fn who_is_refused_takes_no_place() {
    let service = service(1).with_keys(Keys::of([Secret::new("sk-right")]));
    let held = {
        let mut request = request("/v1/chat/completions", "m", true);
        request
            .headers
            .insert("x-api-key", "sk-right".parse().expect("a header"));
        service.respond(request).await
    };
    assert_eq!(held.status(), 200);
    let stranger = service.respond(request("/v1/chat/completions", "m", true)).await;
    assert_eq!(
        stranger.status(),
        401,
        "a stranger does not learn that it is full"
    );
    let nowhere = service.respond(request("/nowhere", "m", true)).await;
    assert_eq!(nowhere.status(), 404);
    drop((held, stranger, nowhere));
    assert_eq!(service.in_flight(), 0);
}

/// 10,000 requests with random exits: complete, failed, broken inside, given up before the head, given up inside, misread,
/// unknown: nobody is under way at the end, and never more than there is room for.
#[tokio::test(start_paused = true)]
async fn ten_thousand_random_exits_leave_no_place_taken() {
    const MOST: usize = 20;
    let service = service(MOST);
    let mut chance = fastrand::Rng::with_seed(17);
    let (mut tasks, mut refused, mut left) = (tokio::task::JoinSet::new(), 0, 0);
    let mut count = |status: Option<u16>| match status {
        Some(503) => refused += 1,
        Some(_) => {}
        None => left += 1,
    };
    for _ in 0..10_000 {
        let path = *chance
            .choice(&["/v1/chat/completions", "/v1/messages", "/api/chat", "/nowhere"])
            .expect("a path");
        let model = *chance.choice(&["m", "m", "fails", "breaks"]).expect("a model");
        let mut request = request(path, model, chance.bool());
        if chance.u8(..16) == 0 {
            request.body = "{".into();
        }
        let patience = Duration::from_millis(chance.u64(0..90));
        let pieces = chance.usize(0..6);
        let asked = service.clone();
        tasks.spawn(async move {
            let mut response = timeout(patience, asked.respond(request)).await.ok()?;
            let status = response.status();
            for _ in 0..pieces {
                if response.next().await.is_none() {
                    break;
                }
            }
            Some(status)
        });
        sleep(Duration::from_micros(500)).await;
        assert!(service.in_flight() <= MOST, "{}", service.in_flight());
        while let Some(done) = tasks.try_join_next() {
            count(done.expect("no panic"));
        }
    }
    while let Some(done) = tasks.join_next().await {
        count(done.expect("no panic"));
    }
    assert_eq!(service.in_flight(), 0);
    assert!(refused > 100 && left > 100, "{refused} refused, {left} left");
    let last = service.respond(request("/v1/messages", "m", false)).await;
    assert_eq!(last.status(), 200);
}
