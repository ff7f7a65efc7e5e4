//! One reader of a stream that several may read: from what is recorded as far as that goes, then from the source.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_core::Stream as _;
use router_core::human::format_duration;
use router_core::{Error, ErrorKind, Recording, Result, StreamEvent};
use tokio::time::{Sleep, sleep};

use super::{Flight, Stage, State, Stream};

/// Where a reader is that has left.
const LEFT: usize = usize::MAX;

/// How long readers that go in step wait for the slowest to take anything. Then they go on without it: somebody who has stopped
/// reading must not stop the others.
const PATIENCE: Duration = Duration::from_secs(30);

/// A reader.
pub(super) struct Reader {
    flight: Arc<Flight>,
    seat: usize,
    at: usize,
    /// Until when it waits for others.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Reader {
    pub(super) fn new(flight: Arc<Flight>, seat: usize) -> Self {
        Self {
            flight,
            seat,
            at: 0,
            patience: None,
        }
    }
}

impl futures_core::Stream for Reader {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut state = this.flight.lock();
        if state.readers[this.seat] == LEFT {
            return Poll::Ready(Some(Err(left_behind())));
        }
        let mut came = false;
        let polled = this
            .flight
            .read(&mut state, this.at, &mut this.patience, task, &mut came);
        if matches!(polled, Poll::Ready(Some(Ok(_)))) {
            this.at += 1;
            this.patience = None;
            state.readers[this.seat] = this.at;
        }
        let others = state.reading > 1;
        drop(state);
        if others && came {
            this.flight.wake_all();
        }
        polled
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.flight.lock();
        if std::mem::replace(&mut state.readers[self.seat], LEFT) == LEFT {
            return;
        }
        state.reading -= 1;
        let others = state.reading > 0;
        drop(state);
        if others {
            // Somebody may have waited for this one.
            self.flight.wake_all();
        }
    }
}

impl Flight {
    /// What comes at a place; `came` tells whether that is of interest to others.
    fn read(
        self: &Arc<Self>,
        state: &mut State,
        at: usize,
        patience: &mut Option<Pin<Box<Sleep>>>,
        task: &mut TaskContext<'_>,
        came: &mut bool,
    ) -> Poll<Option<Result<StreamEvent>>> {
        let State {
            stage,
            readers,
            reading,
            is_gone,
            alone,
            ..
        } = state;
        let Stage::Streaming(stream) = stage else {
            return Poll::Ready(None);
        };
        if let Some(event) = stream.recorded(at) {
            *came = stream.last.is_some();
            return Poll::Ready(Some(Ok(event)));
        }
        if let Some(failure) = &stream.failure {
            return Poll::Ready(Some(Err(failure.duplicate())));
        }
        if stream.last.is_some() {
            // Nothing more is recorded, so the slowest sets the pace: of the readers, and of those that are still to be some.
            let wakers = self.wakers_of_all(alone);
            let is_none_behind = readers.iter().all(|reader| *reader >= at);
            if (self.boarded.load(Ordering::Acquire) > 0 && !*is_gone) || !is_none_behind {
                let timer = patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
                if timer.as_mut().poll(task).is_pending() {
                    wakers.wait(task.waker());
                    return Poll::Pending;
                }
                for behind in readers.iter_mut().filter(|reader| **reader < at) {
                    *behind = LEFT;
                    *reading -= 1;
                }
                *is_gone = true;
            }
        }
        let is_alone = *reading == 1;
        let Some(source) = &mut stream.source else {
            return Poll::Ready(None);
        };
        let polled = self.drive(alone, task, is_alone, |task| Pin::new(source).poll_next(task));
        match &polled {
            Poll::Pending => return polled,
            Poll::Ready(Some(Ok(event))) => self.take_in(stream, event, is_alone),
            Poll::Ready(Some(Err(error))) => self.fail(stream, error),
            Poll::Ready(None) => stream.source = None,
        }
        *came = true;
        polled
    }

    fn take_in(&self, stream: &mut Stream, event: &StreamEvent, is_alone: bool) {
        stream.len += 1;
        if stream.last.is_some() {
            stream.last = Some(event.clone());
        } else {
            stream.recording.push(event);
            if stream.recording.bytes() > self.place.most_bytes() {
                // Too large to be kept, and too late for others to come.
                self.leave_home();
                stream.last = Some(event.clone());
                if is_alone && self.boarded.load(Ordering::Acquire) == 0 {
                    stream.recording = Recording::new();
                }
            }
        }
        if let StreamEvent::Finish(finish) = event {
            stream.source = None;
            if stream.last.is_none() {
                let events = Arc::new(std::mem::take(&mut stream.recording));
                stream.kept = Some(Arc::clone(&events));
                self.place
                    .keep_events(&stream.head, events, finish.is_negative(), &self.trail);
            }
            self.leave_home();
        }
    }

    fn fail(&self, stream: &mut Stream, error: &Error) {
        stream.failure = Some(error.duplicate());
        stream.source = None;
        self.leave_home();
    }
}

impl Stream {
    /// The event at a place, if it has come before.
    fn recorded(&self, at: usize) -> Option<StreamEvent> {
        if at >= self.len {
            return None;
        }
        match &self.last {
            Some(last) if at + 1 == self.len => Some(last.clone()),
            _ => self.kept.as_deref().unwrap_or(&self.recording).get(at),
        }
    }
}

/// What a reader is told that took nothing while others waited for it.
pub(super) fn left_behind() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        format!(
            "nothing was read for {}, and others who share the stream went on",
            format_duration(PATIENCE)
        ),
    )
}
