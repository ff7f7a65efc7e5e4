//! A vendor that counts what it is asked and what still lives, and answers after a time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt as _};
use router_core::context::TrailEntry;
use router_core::{
    BoxFuture, Call, Capabilities, ChatResponse, Error, EventStream, Feature, FinishReason, OperationKind,
    Output, Provider, ProviderId, Reply, Result, StreamEvent, Usage,
};

type Answer = dyn Fn(usize, &Call) -> Result<Output> + Send + Sync;
type Events = dyn Fn(usize) -> Vec<Result<StreamEvent>> + Send + Sync;

/// The vendor. Clones are the same.
#[derive(Clone)]
pub(crate) struct Vendor(Arc<Inner>);

struct Inner {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
    before: Duration,
    between: Duration,
    answer: Box<Answer>,
    events: Box<Events>,
    fallback: bool,
    calls: AtomicUsize,
    living: Arc<AtomicUsize>,
}

impl Vendor {
    /// Answers at once: `answer N` to call number N, from 1, streamed in three words.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            id: ProviderId::from_static("vendor"),
            capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            before: Duration::ZERO,
            between: Duration::ZERO,
            answer: Box::new(|number, _| {
                let mut answer = ChatResponse::text_answer(format!("answer {number}"));
                answer.usage = Some(Usage::new(3, 5));
                Ok(answer.into())
            }),
            events: Box::new(|number| {
                let words = ["answer", " ", &number.to_string()].map(|word| Ok(StreamEvent::text(word)));
                let start = StreamEvent::start(Some(format!("id-{number}").into()), None);
                let finish = StreamEvent::finish(FinishReason::Stop, Some(Usage::new(3, 5)));
                [Ok(start)].into_iter().chain(words).chain([Ok(finish)]).collect()
            }),
            fallback: false,
            calls: AtomicUsize::new(0),
            living: Arc::default(),
        }))
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::into_inner(self.0).expect("it is set up before it is shared");
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// With times: before the answer, and before each event.
    pub(crate) fn slow(self, before: u64, between: u64) -> Self {
        self.with(|inner| {
            inner.before = Duration::from_millis(before);
            inner.between = Duration::from_millis(between);
        })
    }

    pub(crate) fn answering(
        self,
        answer: impl Fn(usize, &Call) -> Result<Output> + Send + Sync + 'static,
    ) -> Self {
        self.with(|inner| inner.answer = Box::new(answer))
    }

    pub(crate) fn streaming(
        self,
        events: impl Fn(usize) -> Vec<Result<StreamEvent>> + Send + Sync + 'static,
    ) -> Self {
        self.with(|inner| inner.events = Box::new(events))
    }

    /// Standing in for another.
    pub(crate) fn standing_in(self) -> Self {
        self.with(|inner| inner.fallback = true)
    }

    pub(crate) fn named(self, id: &'static str) -> Self {
        self.with(|inner| inner.id = ProviderId::from_static(id))
    }

    /// How many calls it got.
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Acquire)
    }

    /// Calls and streams that are neither over nor dropped.
    pub(crate) fn living(&self) -> usize {
        self.0.living.load(Ordering::Acquire)
    }

    async fn reply(&self, call: &Call) -> Result<Reply> {
        let number = self.0.calls.fetch_add(1, Ordering::AcqRel) + 1;
        let living = Living::new(&self.0.living);
        if self.0.fallback {
            call.context.trail().push(TrailEntry::Fallback {
                balancer: self.0.id.clone(),
                target: "second".into(),
            });
        }
        tokio::time::sleep(self.0.before).await;
        if !call.is_stream() {
            return (self.0.answer)(number, call).map(Reply::full);
        }
        let between = self.0.between;
        let events = VecDeque::from((self.0.events)(number));
        let source = futures_util::stream::iter(events).then(move |event| async move {
            if !between.is_zero() {
                tokio::time::sleep(between).await;
            }
            event
        });
        let source = Held {
            source: Box::pin(source),
            _living: living,
        };
        Ok(Reply::stream(EventStream::new(source).committed().await?))
    }
}

impl Provider for Vendor {
    fn id(&self) -> &ProviderId {
        &self.0.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.0.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let started = Instant::now();
            let reply = self.reply(call).await;
            call.context.trail().push(TrailEntry::Attempt {
                provider: self.0.id.clone(),
                model: call.model.clone(),
                started,
                duration: Duration::ZERO,
                error: reply.as_ref().err().map(Error::kind),
            });
            reply.map(|mut reply| {
                reply.head.provider = self.0.id.clone();
                reply.head.model = call.model.clone();
                reply
            })
        })
    }
}

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

struct Held {
    source: Pin<Box<dyn Stream<Item = Result<StreamEvent>> + Send>>,
    _living: Living,
}

impl Stream for Held {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        self.source.as_mut().poll_next(task)
    }
}
