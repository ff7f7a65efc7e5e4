//! Notices that a stream has fallen silent, without looking at a clock for each chunk.

use std::future::Future as _;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep};

/// Parts of the limit that are counted.
const PARTS: u32 = 16;

/// Counts how many parts of the limit have passed without content.
///
/// Reading the clock and setting a timer back for each chunk costs more than the rest of a chunk's way through here. So the
/// timer runs from part to part, a chunk leaves a mark, and the part in which a mark is found counts as none. A silence is
/// noticed when it has lasted between sixteen and seventeen parts.
pub(super) struct Silence {
    part: Duration,
    timer: Pin<Box<Sleep>>,
    /// Whom the timer wakes: it need not be told again.
    wakes: Option<Waker>,
    heard: bool,
    silent_parts: u32,
}

impl Silence {
    /// A silence that begins now.
    pub(super) fn new(limit: Duration) -> Self {
        let part = limit / PARTS;
        Self {
            part,
            timer: Box::pin(sleep(part)),
            wakes: None,
            heard: false,
            silent_parts: 0,
        }
    }

    /// Ready when there was no content for the whole limit; `heard` is whether there was some since the last time.
    pub(super) fn poll(&mut self, task: &mut Context<'_>, heard: bool) -> Poll<()> {
        self.heard |= heard;
        let wakes = |known: &Waker| known.will_wake(task.waker());
        if !self.timer.is_elapsed() && self.wakes.as_ref().is_some_and(wakes) {
            return Poll::Pending;
        }
        // A task that has had its turn is woken at once, without a word to the timer: then it would not be known whom it wakes.
        while pin!(unconstrained(self.timer.as_mut())).poll(task).is_ready() {
            if std::mem::take(&mut self.heard) {
                self.silent_parts = 0;
            } else {
                self.silent_parts += 1;
                if self.silent_parts >= PARTS {
                    return Poll::Ready(());
                }
            }
            let next = Instant::now() + self.part;
            self.timer.as_mut().reset(next);
        }
        self.wakes = Some(task.waker().clone());
        Poll::Pending
    }
}
