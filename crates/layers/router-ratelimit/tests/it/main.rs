//! Limits as a layer: in memory with a clock that is moved, in Redis as it is.

mod concurrency;
mod quotas;
mod rates;
mod settings;
#[cfg(feature = "redis")]
mod shared;
mod tokens;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use router_core::{
    BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, Context, Error, EventStream, FinishReason,
    Layer as _, Provider, ProviderId, Reply, Result, Scripted, StreamEvent, Usage,
};
use router_ratelimit::{Limit, Limiter, Permit, RateLimitLayer};

#[tokio::test]
async fn keeps_the_contract_of_a_layer() {
    let everything = Limit::requests(router_ratelimit::Rate::per_minute(1_000_000))
        .with_tokens(router_ratelimit::Rate::per_minute(1_000_000_000))
        .with_concurrency(1_000);
    let layer = RateLimitLayer::new([everything]).expect("a limit");
    router_conformance::provider_contract::check(|inner| layer.layer(inner)).await;
}

/// A call of a caller's.
fn call(caller: &'static str) -> Call {
    Call::new("model-a", ChatRequest::user("Hi.")).with_context(Context::new().with_caller(caller))
}

fn limiter(limits: impl IntoIterator<Item = Limit>) -> Arc<Limiter> {
    Arc::new(Limiter::new(limits).expect("limits"))
}

async fn acquire(limiter: &Arc<Limiter>, call: &Call) -> Result<Permit> {
    limiter.acquire(call, &ProviderId::from_static("p")).await
}

/// How many calls pass now, one after the other, none of them staying.
async fn pass_now(limiter: &Arc<Limiter>, call: &Call, most: usize) -> usize {
    for passed in 0..most {
        if acquire(limiter, call).await.is_err() {
            return passed;
        }
    }
    most
}

/// The refusal of a call.
async fn refusal(limiter: &Arc<Limiter>, call: &Call) -> Error {
    acquire(limiter, call)
        .await
        .map(|_| ())
        .expect_err("the limit is reached")
}

async fn advance(millis: u64) {
    tokio::time::advance(Duration::from_millis(millis)).await;
}

/// Answers after a time, in whole or in pieces: so many words, with the vendor's counts if there are any.
#[derive(Clone, Debug)]
struct Slow {
    before: Duration,
    between: Duration,
    words: usize,
    usage: Option<Usage>,
    inner: Scripted,
}

impl Slow {
    fn new(before: u64, between: u64, words: usize) -> Self {
        Self {
            before: Duration::from_millis(before),
            between: Duration::from_millis(between),
            words,
            usage: None,
            inner: Scripted::new(),
        }
    }

    fn counting(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }
}

impl Provider for Slow {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            tokio::time::sleep(self.before).await;
            let usage = self.usage.clone();
            if !call.is_stream() {
                let mut answer = ChatResponse::text_answer("word ".repeat(self.words));
                answer.usage = usage;
                return Ok(Reply::full(answer));
            }
            let (words, between) = (self.words, self.between);
            let events = stream::unfold(0, move |sent| {
                let usage = usage.clone();
                async move {
                    if sent > words {
                        return None;
                    }
                    tokio::time::sleep(between).await;
                    let event = match sent < words {
                        true => StreamEvent::text(" word"),
                        false => StreamEvent::finish(FinishReason::Stop, usage),
                    };
                    Some((Ok(event), sent + 1))
                }
            });
            Ok(Reply::stream(EventStream::new(events).committed().await?))
        })
    }
}
