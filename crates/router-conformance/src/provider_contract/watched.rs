//! A provider that gives one prepared answer, and can be watched: what it was asked, what was read of it, what still lives.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream;
use router_core::context::TrailEntry;
use router_core::error::RawReply;
use router_core::{
    BoxFuture, Call, Capabilities, Error, EventStream, Feature, Head, OperationKind, Output, Provider,
    ProviderId, Reply, Result, StreamEvent, Warning,
};

/// What it answers with.
enum Scene {
    Output(Box<Output>),
    Events(Vec<Result<StreamEvent>>),
    Error(Error),
    /// Never.
    Nothing,
}

/// The provider. Every call gets the same kind of answer, and its own copy where there is one to be had.
pub(super) struct Watched {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
    scene: Mutex<Scene>,
    calls: Mutex<Vec<Call>>,
    given: Arc<AtomicUsize>,
    living: Arc<AtomicUsize>,
}

impl Watched {
    fn new(scene: Scene) -> Arc<Self> {
        Arc::new(Self {
            id: ProviderId::from_static("inner"),
            capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            scene: Mutex::new(scene),
            calls: Mutex::default(),
            given: Arc::default(),
            living: Arc::default(),
        })
    }

    /// Answers one call with an output.
    pub(super) fn output(output: Output) -> Arc<Self> {
        Self::new(Scene::Output(Box::new(output)))
    }

    /// Answers one call with a stream, which waits for ever behind its last event if that is no end.
    pub(super) fn events(events: impl IntoIterator<Item = Result<StreamEvent>>) -> Arc<Self> {
        Self::new(Scene::Events(events.into_iter().collect()))
    }

    /// Fails one call.
    pub(super) fn error(error: Error) -> Arc<Self> {
        Self::new(Scene::Error(error))
    }

    /// Never answers.
    pub(super) fn nothing() -> Arc<Self> {
        Self::new(Scene::Nothing)
    }

    /// The calls it got.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many events were read from its stream.
    pub(super) fn given(&self) -> usize {
        self.given.load(Ordering::Acquire)
    }

    /// How many of its calls and streams are neither over nor dropped.
    pub(super) fn living(&self) -> usize {
        self.living.load(Ordering::Acquire)
    }

    /// What comes with its answers.
    pub(super) fn head(call: &Call) -> Head {
        let mut head = Head::default();
        head.provider = ProviderId::from_static("inner");
        head.model = call.model.clone();
        head.request_id = Some("req_1".into());
        head.warnings = vec![Warning::dropped("seed", "this vendor has none")];
        let mut headers = http::HeaderMap::new();
        headers.insert("x-inner", http::HeaderValue::from_static("yes"));
        head.raw = Some(RawReply::new(200, headers, Bytes::new()));
        head
    }

    async fn reply(&self, call: &Call) -> Result<Reply> {
        let living = Living::new(&self.living);
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call.clone());
        let scene = std::mem::replace(
            &mut *self.scene.lock().unwrap_or_else(PoisonError::into_inner),
            Scene::Nothing,
        );
        let reply = match scene {
            Scene::Output(output) => Reply::full(*output),
            Scene::Error(error) => return Err(error),
            Scene::Events(events) => {
                let source = Source {
                    events: events.into(),
                    given: Arc::clone(&self.given),
                    _living: living,
                };
                Reply::stream(EventStream::new(source).committed().await?)
            }
            Scene::Nothing => pending().await,
        };
        Ok(reply.with_head(Self::head(call)))
    }
}

impl Provider for Watched {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let reply = self.reply(call).await;
            call.context.trail().push(TrailEntry::Attempt {
                provider: self.id.clone(),
                model: call.model.clone(),
                started: Instant::now(),
                duration: Duration::ZERO,
                error: reply.as_ref().err().map(Error::kind),
            });
            reply
        })
    }
}

/// Counts as long as it is held.
struct Living(Arc<AtomicUsize>);

impl Living {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Source {
    events: VecDeque<Result<StreamEvent>>,
    given: Arc<AtomicUsize>,
    _living: Living,
}

impl Stream for Source {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Option<Result<StreamEvent>>> {
        match self.events.pop_front() {
            Some(event) => {
                self.given.fetch_add(1, Ordering::AcqRel);
                Poll::Ready(Some(event))
            }
            None => Poll::Pending,
        }
    }
}
