//! Answers in pieces: the events, and the stream that never lies about its end.

mod event;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

pub use event::{ChoiceFinish, PartKind, StreamEvent, StreamFinish, StreamStart, ToolCallStart};
use futures_core::Stream;

use crate::call::Output;
use crate::chat::{ChatResponse, Usage};
use crate::collect::Collector;
use crate::error::{Error, ErrorKind, Result};

/// How an answer ended, for those who watch it.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// With `Finish`, or as a whole answer; the tokens, where counted.
    Finished(Option<&'a Usage>),
    /// With an error.
    Failed(&'a Error),
    /// Nobody waited for it.
    Dropped,
}

/// A source of events, as a wire decodes them.
pub type EventSource = Pin<Box<dyn Stream<Item = Result<StreamEvent>> + Send>>;

type OnEvent = Box<dyn FnMut(&StreamEvent) + Send>;
type OnEnd = Box<dyn FnOnce(End<'_>) + Send>;
type OnWait = Box<dyn FnMut(&mut TaskContext<'_>, bool) -> Poll<Error> + Send>;

/// The events of one answer.
///
/// **Invariant.** It ends with exactly one `Finish` or one `Err`, and with nothing after either: a source that ends
/// without `Finish` gives `Err(Truncated)`.
///
/// # Cancellation
/// Dropping it ends the request at the vendor.
pub struct EventStream {
    source: Option<EventSource>,
    ready: VecDeque<StreamEvent>,
    on_event: Vec<OnEvent>,
    on_end: Vec<OnEnd>,
    on_wait: Vec<OnWait>,
    /// Whether content came since the last wait.
    heard: bool,
}

impl EventStream {
    /// The events of a source.
    #[must_use]
    pub fn new(source: impl Stream<Item = Result<StreamEvent>> + Send + 'static) -> Self {
        Self::from_source(Box::pin(source))
    }

    /// The events of a boxed source.
    #[must_use]
    pub fn from_source(source: EventSource) -> Self {
        Self {
            source: Some(source),
            ready: VecDeque::new(),
            on_event: Vec::new(),
            on_end: Vec::new(),
            on_wait: Vec::new(),
            heard: false,
        }
    }

    /// Events that are all there already.
    #[must_use]
    pub fn from_events(events: impl IntoIterator<Item = StreamEvent, IntoIter: Send + 'static>) -> Self {
        let mut events = events.into_iter();
        Self::new(Events(move || events.next().map(Ok)))
    }

    /// Waits for the first content or the end, and gives the stream back from its beginning.
    ///
    /// This is what makes the commit point of [`Provider::call`](crate::Provider::call); call it once, where the stream
    /// is made.
    ///
    /// # Errors
    /// What the source fails with before its first content.
    pub async fn committed(mut self) -> Result<Self> {
        let mut read = VecDeque::new();
        loop {
            let Some(event) = poll_fn(|task| self.poll_source(task)).await else {
                return Err(truncated());
            };
            let event = event?;
            let commits = event.commits();
            read.push_back(event);
            if commits {
                self.ready = read;
                return Ok(self);
            }
        }
    }

    /// What the answer began with, where the vendor told, until it is read.
    #[must_use]
    pub fn start(&self) -> Option<&StreamStart> {
        match self.ready.front() {
            Some(StreamEvent::Start(start)) => Some(start),
            _ => None,
        }
    }

    /// The next event; `None` after `Finish` or an error.
    ///
    /// # Cancellation
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Result<StreamEvent>> {
        poll_fn(|task| Pin::new(&mut *self).poll_next(task)).await
    }

    /// Folds the rest into the response that a plain call gives.
    ///
    /// # Errors
    /// What the stream fails with; what had arrived is lost, so keep a [`Collector`] to have it.
    pub async fn collect(mut self) -> Result<ChatResponse> {
        Ok(self.gather().await?.finish())
    }

    /// Folds the rest into the output that a plain call gives, whatever the operation.
    ///
    /// # Errors
    /// As [`EventStream::collect`].
    pub async fn into_output(mut self) -> Result<Output> {
        Ok(self.gather().await?.finish_output())
    }

    async fn gather(&mut self) -> Result<Collector> {
        let mut collector = Collector::new();
        while let Some(event) = self.next().await {
            collector.push(event?);
        }
        Ok(collector)
    }

    /// Runs `f` on every event from here on.
    pub fn on_event(&mut self, f: impl FnMut(&StreamEvent) + Send + 'static) {
        self.on_event.push(Box::new(f));
    }

    /// Runs `f` once, at `Finish`, error or drop; callbacks run in the order they were added.
    pub fn on_end(&mut self, f: impl FnOnce(End<'_>) + Send + 'static) {
        self.on_end.push(Box::new(f));
    }

    /// Runs `f` whenever the reader waits for an event that is not there yet. It gets the task, to be woken by a clock, and
    /// whether content came since it ran last. When it is ready, the stream ends with its error, and the source is gone.
    ///
    /// So a layer bounds waits without a wrapper around the stream; what is there already costs nothing.
    pub fn on_wait(&mut self, f: impl FnMut(&mut TaskContext<'_>, bool) -> Poll<Error> + Send + 'static) {
        self.on_wait.push(Box::new(f));
    }

    fn poll_waits(&mut self, task: &mut TaskContext<'_>) -> Poll<Error> {
        let heard = std::mem::take(&mut self.heard);
        for f in &mut self.on_wait {
            if let Poll::Ready(error) = f(task, heard) {
                return Poll::Ready(error);
            }
        }
        Poll::Pending
    }

    fn poll_ahead(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Result<StreamEvent>>> {
        if self.ready.is_empty() {
            self.poll_source(task)
        } else {
            Poll::Ready(self.ready.pop_front().map(Ok))
        }
    }

    fn poll_source(&mut self, task: &mut TaskContext<'_>) -> Poll<Option<Result<StreamEvent>>> {
        match &mut self.source {
            Some(source) => source.as_mut().poll_next(task),
            None => Poll::Ready(None),
        }
    }

    // Once for a stream, and apart from what each event passes.
    #[inline(never)]
    fn end(&mut self, end: End<'_>) {
        self.source = None;
        self.ready.clear();
        for f in std::mem::take(&mut self.on_end) {
            f(end);
        }
        self.on_event.clear();
        self.on_wait.clear();
    }
}

impl Stream for EventStream {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        // It is looked at where it is given back from: each time it is moved costs as much as the rest of its way through here.
        let mut polled = this.poll_ahead(task);
        match &polled {
            Poll::Ready(Some(_)) => {}
            Poll::Ready(None) if this.source.is_none() => return polled,
            Poll::Ready(None) => polled = Poll::Ready(Some(Err(truncated()))),
            Poll::Pending => match this.poll_waits(task) {
                Poll::Pending => return polled,
                Poll::Ready(error) => polled = Poll::Ready(Some(Err(error))),
            },
        }
        match &polled {
            Poll::Ready(Some(Ok(event))) => {
                this.heard |= event.commits();
                for f in &mut this.on_event {
                    f(event);
                }
                if let StreamEvent::Finish(finish) = event {
                    this.end(End::Finished(finish.usage.as_ref()));
                }
            }
            Poll::Ready(Some(Err(error))) => this.end(End::Failed(error)),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        if self.source.is_some() {
            self.end(End::Dropped);
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("ended", &self.source.is_none())
            .finish_non_exhaustive()
    }
}

/// A source over events that need no waiting.
pub(crate) struct Events<F>(pub(crate) F);

impl<F> Unpin for Events<F> {}

impl<F: FnMut() -> Option<Result<StreamEvent>>> Stream for Events<F> {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, _task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready((self.0)())
    }
}

fn truncated() -> Error {
    Error::new(ErrorKind::Truncated, "the stream ended before the answer did")
}
