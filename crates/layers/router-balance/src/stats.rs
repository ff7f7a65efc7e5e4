//! What is counted of one target: calls under way, latencies, health.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use router_core::call::Mode;
use tokio::sync::Notify;

use crate::health::Health;
use crate::latency::Latency;

/// Shared by all copies of a target, so that a new weight does not forget what is known.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    in_flight: AtomicU32,
    /// Here and not in the target, so that calls that began with an earlier pool see it too.
    draining: AtomicBool,
    idle: Notify,
    known: Mutex<Known>,
}

/// What is changed together.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) health: Health,
    /// Until a whole answer, and until the first content of a stream: they are no measure for each other.
    full: Latency,
    stream: Latency,
    /// Where the target stands in the order of weights.
    pub(crate) turn: i64,
    pub(crate) calls: u64,
    pub(crate) failures: u64,
}

impl Known {
    pub(crate) fn latency(&self, mode: Mode) -> &Latency {
        match mode {
            Mode::Full => &self.full,
            Mode::Stream => &self.stream,
        }
    }

    pub(crate) fn latency_mut(&mut self, mode: Mode) -> &mut Latency {
        match mode {
            Mode::Full => &mut self.full,
            Mode::Stream => &mut self.stream,
        }
    }
}

impl Stats {
    /// Never held across a wait.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Acquire)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn set_draining(&self, draining: bool) {
        self.draining.store(draining, Ordering::Release);
    }

    pub(crate) fn enter(&self) {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn leave(&self) {
        if self.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.idle.notify_waiters();
        }
    }

    /// Waits until no call is under way.
    pub(crate) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.in_flight() == 0 {
                return;
            }
            idle.await;
        }
    }
}
