//! Time that the layers add: to a plain call, and to each chunk of a stream that is waited for.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_core::Stream;
use router_core::{
    Body, BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, EventStream, FinishReason, Layer as _,
    Provider, ProviderId, Reply, Result, StreamEvent,
};
use router_retry::{BreakerLayer, RetryLayer, TimeoutLayer};

const CALLS: u32 = 200_000;
const CHUNKS: u32 = 2_000_000;
const ROUNDS: u32 = 5;

static ID: ProviderId = ProviderId::from_static("vendor");

/// Answers at once; its streams are waited for at every other poll.
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
                let source = Chunks {
                    left: CHUNKS,
                    ready: true,
                };
                Reply::stream(EventStream::new(source).committed().await?)
            } else {
                Reply::full(ChatResponse::default())
            })
        })
    }
}

struct Chunks {
    left: u32,
    ready: bool,
}

impl Stream for Chunks {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.ready = !self.ready;
        if self.ready && self.left > 0 {
            return Poll::Pending;
        }
        self.ready = false;
        let event = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                StreamEvent::TextDelta {
                    choice: 0,
                    text: "word ".into(),
                }
            }
            None => StreamEvent::finish(FinishReason::Stop, None),
        };
        Poll::Ready(Some(Ok(event)))
    }
}

/// Nanoseconds of a plain call.
async fn plain(provider: &impl Provider) -> f64 {
    let call = Call::new("a-model", ChatRequest::user("Hello"));
    let started = Instant::now();
    for _ in 0..CALLS {
        let reply = provider.call(&call).await;
        assert!(reply.is_ok(), "it answers");
    }
    started.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

/// Nanoseconds of a chunk that is waited for. The reader asks again itself, so that little of the runtime is in the figures.
async fn chunk(provider: &impl Provider) -> f64 {
    let call = Call::new("a-model", ChatRequest::user("Hello")).streaming();
    let Ok(Body::Stream(mut stream)) = provider.call(&call).await.map(|reply| reply.body) else {
        panic!("it answers in pieces");
    };
    let started = Instant::now();
    let mut ended = false;
    while !ended {
        ended = poll_fn(|task| {
            // Few enough for one turn of a task: then tokio makes it wait.
            for _ in 0..100 {
                if let Poll::Ready(None) = Pin::new(&mut stream).poll_next(task) {
                    return Poll::Ready(true);
                }
            }
            Poll::Ready(false)
        })
        .await;
        tokio::task::yield_now().await;
    }
    started.elapsed().as_nanos() as f64 / f64::from(CHUNKS)
}

/// The best of some rounds of each, and the difference.
fn compare(what: &str, rounds: [Vec<f64>; 2]) {
    let [bare, layered] = rounds.map(|rounds| rounds.into_iter().fold(f64::MAX, f64::min));
    println!(
        "{what}: bare {bare:.1} ns, with all three layers {layered:.1} ns, added {:.1} ns",
        layered - bare
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // In a task, as in a server: tasks are known by one waker.
    tokio::spawn(run()).await.expect("no panic");
}

async fn run() {
    let layered =
        RetryLayer::default().layer(BreakerLayer::default().layer(TimeoutLayer::default().layer(Vendor)));
    let (mut calls, mut chunks) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..ROUNDS {
        calls[0].push(plain(&Vendor).await);
        calls[1].push(plain(&layered).await);
        chunks[0].push(chunk(&Vendor).await);
        chunks[1].push(chunk(&layered).await);
    }
    compare("plain call", calls);
    compare("chunk", chunks);
}
