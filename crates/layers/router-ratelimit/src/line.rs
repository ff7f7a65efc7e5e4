//! Calls that wait: one line for each count, in which nobody is passed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use router_core::Text;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

/// Which count is waited for: the limit's place, and for whom it is counted.
pub(crate) type Count = (usize, Text);

/// The lines of a limiter. There is one only while somebody stands in it.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// How many wait anywhere: as long as it is none, nobody looks further.
    waiting: AtomicUsize,
    lines: Mutex<HashMap<Count, Arc<Line>>>,
}

#[derive(Debug)]
struct Line {
    /// Whose turn it is: one at a time, in the order they came.
    turn: Semaphore,
    /// Something was given back.
    given_back: Notify,
    state: Mutex<LineState>,
}

#[derive(Debug, Default)]
struct LineState {
    waiting: usize,
    /// When the first of the line expects to pass.
    expected: Option<Instant>,
}

/// Those who wait already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    /// When the first of them expects to pass.
    pub(crate) expected: Option<Instant>,
}

/// A place in a line, left when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    lines: &'a Lines,
    count: Count,
    line: Arc<Line>,
}

impl Lines {
    /// Who waits for a count already: then nobody who comes now may pass.
    pub(crate) fn ahead(&self, rule: usize, value: &Text) -> Option<Ahead> {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return None;
        }
        let line = lock(&self.lines).get(&(rule, value.clone())).map(Arc::clone)?;
        let expected = lock(&line.state).expected;
        Some(Ahead { expected })
    }

    /// Stands at the end of a line; `None` where so many stand already.
    pub(crate) fn join(&self, count: Count, most: usize) -> Option<Place<'_>> {
        let mut lines = lock(&self.lines);
        let line = lines.entry(count.clone()).or_insert_with(|| {
            Arc::new(Line {
                turn: Semaphore::new(1),
                given_back: Notify::new(),
                state: Mutex::default(),
            })
        });
        let line = Arc::clone(line);
        {
            let mut state = lock(&line.state);
            if state.waiting >= most {
                return None;
            }
            state.waiting += 1;
        }
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Some(Place {
            lines: self,
            count,
            line,
        })
    }

    /// Tells the first who waits for a count that something was given back.
    pub(crate) fn given_back(&self, rule: usize, value: &Text) {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some(line) = lock(&self.lines).get(&(rule, value.clone())) {
            line.given_back.notify_one();
        }
    }
}

impl Place<'_> {
    /// Waits until it is this one's turn; the turn lasts as long as what is given.
    pub(crate) async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // Nobody closes it.
        self.line.turn.acquire().await.ok()
    }

    /// Waits until something is given back.
    pub(crate) async fn given_back(&self) {
        self.line.given_back.notified().await;
    }

    /// Says when this one, first of the line, expects to pass.
    pub(crate) fn expect(&self, at: Option<Instant>) {
        lock(&self.line.state).expected = at;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.lines.waiting.fetch_sub(1, Ordering::AcqRel);
        let mut lines = lock(&self.lines.lines);
        let mut state = lock(&self.line.state);
        state.waiting -= 1;
        if state.waiting == 0 {
            lines.remove(&self.count);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
