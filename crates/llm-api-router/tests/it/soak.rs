//! Hours of load in little time: what is kept does not grow with the number of calls.
//!
//! 4,000 calls here; `ROUTER_SOAK_CALLS=3600000` is an hour at 1,000 a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use llm_api_router::wire::vendor::Vendor;
use llm_api_router::{
    Body, BoxFuture, Call, Capabilities, ChatRequest, Client, Config, Context, Entry, Error, ErrorKind,
    EventStream, Feature, FinishReason, OperationKind, Provider, ProviderId, Registry, Reply, Result,
    StreamEvent, Usage,
};

/// Streams that somebody holds.
static OPEN: AtomicUsize = AtomicUsize::new(0);
/// How often a vendor was asked; one time of twenty it fails.
static ASKED: AtomicUsize = AtomicUsize::new(0);

struct Open;

impl Open {
    fn new() -> Self {
        OPEN.fetch_add(1, Ordering::AcqRel);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Answers in ten pieces, and fails at times.
struct Steady {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
}

impl Provider for Steady {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            if ASKED.fetch_add(1, Ordering::AcqRel) % 20 == 19 {
                return Err(Error::new(ErrorKind::Overloaded, "busy").with_status(503));
            }
            let open = Open::new();
            let mut left = 11;
            let events = std::iter::from_fn(move || {
                let _ = &open;
                left -= 1;
                match left {
                    0.. if left > 0 => Some(StreamEvent::text("some words of an answer ")),
                    0 => Some(StreamEvent::finish(FinishReason::Stop, Some(Usage::new(20, 50)))),
                    _ => None,
                }
            });
            let stream = EventStream::from_events(events).committed().await?;
            let reply = Reply::stream(stream);
            if call.is_stream() {
                return Ok(reply);
            }
            Ok(Reply::full(reply.into_output().await?))
        })
    }
}

fn client() -> Client {
    let mut registry = Registry::new();
    registry.add(Entry::new(
        Vendor::new("steady", "Steady", "http://127.0.0.1"),
        |settings| {
            Ok(Arc::new(Steady {
                id: settings.id.clone().expect("a name"),
                capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            }))
        },
    ));
    let text = r#"
        retry = { attempts = 3, base = "5ms", cap = "20ms" }
        limits = [ { concurrency = 1000 }, { per = "caller", tokens = "100M/s", requests = "1M/s" } ]
        [providers.one]
        type = "steady"
        [providers.two]
        type = "steady"
        [providers.three]
        type = "steady"
        [routes.smart]
        strategy = "least_latency"
        targets = ["one/m", "two/m", "three/m"]
        cache = { ttl = "10s", max_bytes = 1000000, max_entry_bytes = 100000 }
        limits = [ { per = ["caller", "model"], requests = "1M/s" } ]
    "#;
    let config = Config::from_toml("router.toml", text).expect("a configuration");
    config.client_with(&registry, &|_| None).expect("it can be built")
}

/// Calls in a row, one a millisecond, of ever new callers with ever new prompts; of the streams one of five is dropped half read.
async fn calls(client: &Client, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let context = Context::new().with_caller(format!("caller {number}"));
        let call = Call::new("smart", ChatRequest::user(format!("prompt {number}"))).with_context(context);
        let call = if number % 2 == 0 { call.streaming() } else { call };
        let reply = client.call(&call).await.expect("retries make up for what fails");
        if let Body::Stream(mut stream) = reply.body {
            let most = if number % 10 == 0 { 5 } else { usize::MAX };
            let mut read = 0;
            while read < most && stream.next().await.is_some() {
                read += 1;
            }
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_calls() {
    let wanted = std::env::var("ROUTER_SOAK_CALLS").ok();
    let wanted: usize = wanted.and_then(|text| text.parse().ok()).unwrap_or(4_000);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let client = client();
    // By then everything has been as full as it will ever be: the cache, the counts of those who came.
    let warm = 4_000;
    runtime.block_on(calls(&client, 0..warm));
    // A leak grows each time; a map that doubles does so once.
    let kept = (1..=3)
        .map(|time| {
            let calls = calls(&client, warm + (time - 1) * wanted..warm + time * wanted);
            let kept = allocation_counter::measure(|| runtime.block_on(calls));
            println!(
                "{wanted} calls: {} bytes in {} allocations more than before; at most {} at once",
                kept.bytes_current, kept.count_current, kept.bytes_max
            );
            kept.bytes_current
        })
        .min();
    // The cache is full with a million bytes; 5 % of that, and what maps of callers come and go with.
    assert!(kept < Some(200_000), "{kept:?} bytes are kept each time");
    assert_eq!(OPEN.load(Ordering::Acquire), 0, "no stream is held");
    for (name, limiter) in client.limiters() {
        assert_eq!(limiter.open_permits(), 0, "{name}");
    }
}
