//! How fast events go out: with signs of life while there are none, and not faster than the client takes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use router_core::{
    BoxFuture, Call, Capabilities, EventStream, Feature, FinishReason, OperationKind, Provider, ProviderId,
    Reply, Result, StreamEvent, Usage,
};
use router_serve::Service;
use router_wire::HttpRequest;
use tokio::time::{Instant, sleep};

/// A vendor that takes its time, and how many events it was asked for.
#[derive(Clone)]
struct Vendor {
    id: ProviderId,
    before: Duration,
    between: Duration,
    events: usize,
    bytes: usize,
    given: Arc<AtomicUsize>,
}

impl Vendor {
    fn new(before: u64, between: u64, events: usize, bytes: usize) -> Self {
        Self {
            id: ProviderId::from_static("vendor"),
            before: Duration::from_secs(before),
            between: Duration::from_secs(between),
            events,
            bytes,
            given: Arc::default(),
        }
    }
}

impl Provider for Vendor {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new([OperationKind::Chat], Feature::ALL))
    }

    fn call<'a>(&'a self, _: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            sleep(self.before).await;
            let vendor = self.clone();
            let events = futures_util::stream::unfold(0, move |number| {
                let vendor = vendor.clone();
                async move {
                    if number > vendor.events {
                        return None;
                    }
                    if number > 0 {
                        sleep(vendor.between).await;
                    }
                    vendor.given.fetch_add(1, Ordering::AcqRel);
                    let event = if number < vendor.events {
                        StreamEvent::text("x".repeat(vendor.bytes))
                    } else {
                        StreamEvent::finish(FinishReason::Stop, Some(Usage::new(1, 2)))
                    };
                    Some((Ok(event), number + 1))
                }
            });
            Ok(Reply::stream(EventStream::new(events).committed().await?))
        })
    }
}

fn request() -> HttpRequest {
    let body = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi."}]}"#;
    HttpRequest::post_json("/v1/chat/completions", body)
}

/// Every 15 s something, from before the first content to the end, and nothing after it.
#[tokio::test(start_paused = true)]
async fn a_client_that_waits_gets_signs_of_life() {
    let began = Instant::now();
    let mut response = Service::new(Vendor::new(40, 40, 2, 1)).respond(request()).await;
    assert_eq!(response.status(), 200, "it is committed before there is content");
    assert_eq!(began.elapsed().as_secs(), 15);
    let (mut at, mut whole) = (Vec::new(), String::new());
    while let Some(piece) = response.next().await {
        let text = String::from_utf8(piece.to_vec()).expect("text");
        if text.starts_with(':') {
            at.push(began.elapsed().as_secs());
        }
        whole.push_str(&text);
    }
    // Contents come after 40, 80 and 120 s.
    assert_eq!(at, [15, 30, 55, 70, 95, 110], "{whole}");
    assert!(whole.trim_end().ends_with("data: [DONE]"), "{whole}");

    let service = Service::new(Vendor::new(40, 40, 2, 1)).with_heartbeat(None);
    let whole = service.respond(request()).await.into_whole().await;
    let text = String::from_utf8(whole.body.to_vec()).expect("text");
    assert!(
        !text.contains("\n:") && !text.starts_with(':'),
        "turned off: {text}"
    );
}

/// 50 MB for a client that takes a piece a second: never is more asked of the vendor than two pieces ahead.
#[tokio::test(start_paused = true)]
async fn a_slow_client_slows_the_vendor() {
    const EVENT: usize = 16 * 1024;
    let vendor = Vendor::new(0, 0, 3_200, EVENT);
    let mut response = Service::new(vendor.clone()).respond(request()).await;
    let (mut taken, mut most_ahead) = (0, 0);
    while let Some(piece) = response.next().await {
        taken += piece.len();
        let given = vendor.given.load(Ordering::Acquire) * EVENT;
        most_ahead = most_ahead.max(given.saturating_sub(taken));
        sleep(Duration::from_secs(1)).await;
    }
    println!("{taken} bytes taken, at most {most_ahead} ahead");
    assert!(taken > 50_000_000, "{taken}");
    assert!(most_ahead <= 256 * 1024, "{most_ahead} bytes are held");
}
