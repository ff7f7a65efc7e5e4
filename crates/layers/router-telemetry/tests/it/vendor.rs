//! A vendor that does what a test says.

use std::sync::Arc;
use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, EventStream, Feature, FinishReason, OperationKind,
    Provider, ProviderId, Reply, Result, StreamEvent, Usage,
};
use tokio::time::{Instant, sleep};

type Does = dyn Fn(Call) -> BoxFuture<'static, Result<Reply>> + Send + Sync;

/// The vendor. What it does is its whole reply: the trail is what a test writes into it.
#[derive(Clone)]
pub(crate) struct Vendor(Arc<Does>);

impl Vendor {
    pub(crate) fn new<F>(does: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        Self(Arc::new(move |call| Box::pin(does(call))))
    }
}

impl Provider for Vendor {
    fn id(&self) -> &ProviderId {
        static ID: ProviderId = ProviderId::from_static("vendor");
        &ID
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL))
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        (self.0)(call.clone())
    }
}

/// A reply as `vendor/the-model` gives it.
pub(crate) fn named(mut reply: Reply) -> Reply {
    reply.head.provider = ProviderId::from_static("vendor");
    reply.head.model = "the-model".into();
    reply
}

/// An attempt that begins now, takes so long and ends so.
pub(crate) async fn attempt(call: &Call, took: Duration, error: Option<ErrorKind>) {
    let started = Instant::now();
    sleep(took).await;
    call.context.trail().push(TrailEntry::Attempt {
        provider: ProviderId::from_static("vendor"),
        model: "the-model".into(),
        started: started.into_std(),
        duration: started.elapsed(),
        error,
    });
}

pub(crate) fn error(kind: ErrorKind) -> Error {
    let provider = ProviderId::from_static("vendor");
    Error::new(kind, "it says so")
        .with_provider(&provider)
        .with_model(&"the-model".into())
}

/// What a stream does next.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Text,
    Wait(Duration),
    /// The end, with so many tokens of output.
    Finish(u64),
    Break,
}

/// A stream of these steps, which has begun.
pub(crate) async fn stream(steps: &[Step]) -> Result<Reply> {
    let steps: Vec<Step> = steps.into();
    let mut steps = steps.into_iter();
    let source = futures_util::stream::unfold((), move |()| {
        let mut waits = Vec::new();
        let event = loop {
            match steps.next() {
                Some(Step::Wait(wait)) => waits.push(wait),
                other => break other,
            }
        };
        async move {
            for wait in waits {
                sleep(wait).await;
            }
            let event = match event? {
                Step::Finish(tokens) => Ok(StreamEvent::finish(
                    FinishReason::Stop,
                    Some(Usage::new(7, tokens)),
                )),
                Step::Break => Err(error(ErrorKind::Transport)),
                _ => Ok(StreamEvent::text("word ")),
            };
            Some((event, ()))
        }
    });
    Ok(named(Reply::stream(EventStream::new(source).committed().await?)))
}
