//! Takes in what went wrong at a target: where to go next, and what to say in the end.

use std::sync::Arc;

use router_core::Error;
use router_core::context::TrailEntry;
use tokio::time::Instant;

use super::{Pass, Stage};
use crate::bound::Bound;
use crate::failover::Turn;
use crate::pool::config;

impl Pass<'_> {
    /// Takes in a failure; the error to return when it is final.
    pub(super) fn take_in(&mut self, place: usize, error: Error) -> Option<Error> {
        let target = Arc::clone(&self.pool.targets[place]);
        self.call.context.trail().push(TrailEntry::Failed {
            balancer: self.inner.id.clone(),
            target: target.name.clone(),
            error: error.kind(),
        });
        self.tried.push(place);
        self.was_sent |= !error.is_unsent();
        let turn = if self.alone {
            Turn::Stop
        } else {
            self.inner.among.turn(&error, target.model.is_some())
        };
        match turn {
            Turn::Stop => return Some(error),
            Turn::Unfiltered if self.pool.fallbacks.content_filtered.is_empty() => return Some(error),
            Turn::Unfiltered => self.stage = Stage::Unfiltered,
            Turn::Longer => self.stage = Stage::Longer(target.window(&self.call)),
            Turn::Next => {}
        }
        if error.is_retryable() {
            let wait = error.retry_after().unwrap_or_default();
            self.soonest = Some(self.soonest.map_or(wait, |soonest| soonest.min(wait)));
        }
        // Of several failures, one that may pass is of more use to whoever tries again.
        let known = self.failure.as_ref();
        if known.is_none_or(|known| error.is_retryable() || !known.is_retryable()) {
            self.failure = Some(error);
        }
        None
    }

    /// The failure to return, with the wait until any target can be asked again.
    pub(super) fn give_up(&mut self) -> Error {
        let Some(error) = self.failure.take() else {
            return config(format!("no target of {} was asked", self.inner.id));
        };
        if let Bound::To(maker, why) = &self.bound {
            self.decide(format!("goes to {maker} only: {why}"));
        }
        if !error.is_retryable() {
            return error;
        }
        let mut others = self.admitted();
        others.retain(|place| !self.is_unfit(*place));
        let recovery = self.soonest_recovery(&others, Instant::now());
        let soonest = [self.soonest, recovery].into_iter().flatten().min();
        error.with_retry_after(soonest.filter(|wait| !wait.is_zero()))
    }
}
