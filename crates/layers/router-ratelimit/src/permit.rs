//! What a call holds of its limits while it is under way, and how it is settled at the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use router_core::stream::End;
use router_core::{Error, ErrorKind};

use crate::limiter::{Held, Limiter};

/// What a call holds of its limits. Dropped without being settled, it counts as a call that nobody waited for: its prompt was
/// sent, and nothing came of it.
#[derive(Debug)]
#[must_use = "dropping it ends the call's time under way"]
pub struct Permit {
    held: Option<(Arc<Limiter>, Held)>,
    prompt: u64,
}

/// What a call used of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spent {
    /// Nothing: it failed, and the vendor counts nothing.
    Nothing,
    /// The prompt, and so many tokens of an answer that was not counted by the vendor.
    Seen(u64),
    /// So many, by the vendor's counts.
    Counted(u64),
    /// What was reserved: nobody counted.
    Reserved,
}

impl Permit {
    pub(crate) fn new(limiter: Arc<Limiter>, held: Held, prompt: u64) -> Self {
        limiter.open.fetch_add(1, Ordering::AcqRel);
        Self {
            held: Some((limiter, held)),
            prompt,
        }
    }

    pub(crate) fn of_nothing() -> Self {
        Self {
            held: None,
            prompt: 0,
        }
    }

    /// Whether there is something to be settled at the end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.held.is_some()
    }

    /// Whether tokens are counted.
    #[must_use]
    pub fn counts_tokens(&self) -> bool {
        self.held
            .as_ref()
            .is_some_and(|(limiter, _)| limiter.counts_tokens)
    }

    /// Ends the call's time under way, and puts what it used in the place of what it had reserved.
    pub fn settle(mut self, spent: Spent) {
        self.end(spent);
    }

    fn end(&mut self, spent: Spent) {
        let Some((limiter, mut held)) = self.held.take() else {
            return;
        };
        let reserved = || {
            held.settlement
                .demands
                .iter()
                .map(|demand| demand.tokens)
                .fold(0.0, f64::max)
        };
        held.settlement.tokens = match spent {
            Spent::Nothing => 0.0,
            Spent::Seen(output) => self.prompt.saturating_add(output) as f64,
            Spent::Counted(tokens) => tokens as f64,
            Spent::Reserved => reserved(),
        };
        limiter.settle(&held);
        limiter.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.end(Spent::Seen(0));
    }
}

impl Spent {
    /// What a call used that ended so, when so many tokens of its answer had been seen. `None` where no token was watched for:
    /// the answer came whole.
    #[must_use]
    pub fn of_end(end: End<'_>, seen: Option<u64>) -> Self {
        match (end, seen) {
            (End::Finished(Some(usage)), _) => Self::Counted(usage.total_tokens()),
            (End::Finished(None), None) => Self::Reserved,
            (End::Failed(error), seen) => match error.usage() {
                Some(usage) => Self::Counted(usage.total_tokens()),
                None => Self::Seen(seen.unwrap_or_default()),
            },
            (End::Finished(None) | End::Dropped, seen) => Self::Seen(seen.unwrap_or_default()),
        }
    }

    /// What a call used that failed before there was an answer.
    #[must_use]
    pub fn of_error(error: &Error) -> Self {
        match (error.usage(), error.kind()) {
            (Some(usage), _) => Self::Counted(usage.total_tokens()),
            // Somebody gave up on it, as if it had been dropped.
            (None, ErrorKind::Timeout(_) | ErrorKind::Cancelled) => Self::Seen(0),
            (None, _) => Self::Nothing,
        }
    }
}
