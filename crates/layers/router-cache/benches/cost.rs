//! Time that the cache takes: for a hit, for a miss whose answer is kept, for each chunk that is recorded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use router_cache::{CacheLayer, CachePolicy};
use router_core::{
    Body, BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, Context, EventStream, FinishReason,
    Layer as _, Provider, ProviderId, Reply, Result, StreamEvent,
};

const CALLS: u32 = 100_000;
const CHUNKS: u32 = 200_000;
const ROUNDS: u32 = 5;

static ID: ProviderId = ProviderId::from_static("vendor");

/// Answers at once, with 1 KB.
struct Vendor;

impl Provider for Vendor {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new([], &[]))
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            Ok(if call.is_stream() {
                let words = (0..CHUNKS).map(|_| StreamEvent::text("word "));
                let events = words.chain([StreamEvent::finish(FinishReason::Stop, None)]);
                Reply::stream(EventStream::from_events(events).committed().await?)
            } else {
                Reply::full(ChatResponse::text_answer("word ".repeat(200)))
            })
        })
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    // Nothing of it is too large.
    let policy = CachePolicy::new(Duration::from_secs(600)).with_bytes(1 << 30, 1 << 26);
    let cache = CacheLayer::new(policy).expect("a policy").layer(Vendor);
    let asked = || Call::new("a-model", ChatRequest::user("What is the capital of Norway?"));
    runtime.block_on(async {
        let best = async |label: &str, per: u32, run: &dyn Fn() -> BoxFuture<'static, ()>| {
            let mut best = Duration::MAX;
            for _ in 0..ROUNDS {
                let started = Instant::now();
                run().await;
                best = best.min(started.elapsed());
            }
            println!("{label}: {:.0} ns", best.as_nanos() as f64 / f64::from(per));
        };
        let calls = |provider: Arc<dyn Provider>, call: Call, fresh: bool| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                for number in 0..CALLS {
                    let context = Context::new();
                    let call = match fresh {
                        true => call.with_context(context).with_model(format!("m{number}").into()),
                        false => call.with_context(context),
                    };
                    provider.call(&call).await.expect("an answer");
                }
            })
        };
        let chunks = |provider: Arc<dyn Provider>, call: Call| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                let reply = provider.call(&call).await.expect("an answer");
                let Body::Stream(mut stream) = reply.body else {
                    return;
                };
                while stream.next().await.is_some() {}
            })
        };
        let (bare, cache): (Arc<dyn Provider>, Arc<dyn Provider>) = (Arc::new(Vendor), Arc::new(cache));
        best("bare call", CALLS, &|| calls(bare.clone(), asked(), true)).await;
        best("hit", CALLS, &|| calls(cache.clone(), asked(), false)).await;
        best("miss, kept", CALLS, &|| {
            let layer = CacheLayer::new(CachePolicy::default()).expect("a policy");
            calls(Arc::new(layer.layer(Vendor)), asked(), true)
        })
        .await;
        let streamed = || asked().streaming();
        best("bare chunk", CHUNKS, &|| chunks(bare.clone(), streamed())).await;
        best("recorded chunk", CHUNKS, &|| {
            let layer = CacheLayer::new(CachePolicy::default()).expect("a policy");
            chunks(Arc::new(layer.layer(Vendor)), streamed())
        })
        .await;
    });
}
