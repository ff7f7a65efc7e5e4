//! One call under way at one target: what becomes of it is told once, wherever it ends.

use std::fmt;
use std::sync::Arc;

use router_core::call::Mode;
use router_core::stream::End;
use router_core::{Body, Error, ProviderId, Reply};
use tokio::time::Instant;

use crate::inner::Inner;
use crate::pool::Pool;
use crate::target::Target;

/// A call under way. Dropped before it was answered, it was given up; dropped after, its stream was.
pub(crate) struct Flight {
    inner: Arc<Inner>,
    pool: Arc<Pool>,
    place: usize,
    mode: Mode,
    started: Instant,
    /// Whether it is the call that tries a target after a cooldown.
    trial: bool,
    answered: bool,
    /// Whether the target stands in for others.
    pub(crate) stands_in: bool,
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("target", &self.target().name)
            .finish_non_exhaustive()
    }
}

impl Flight {
    pub(crate) fn begin(inner: Arc<Inner>, pool: Arc<Pool>, place: usize, mode: Mode, now: Instant) -> Self {
        let target = &pool.targets[place];
        target.stats.enter();
        let mut known = target.stats.known();
        known.calls += 1;
        let trial = known.health.begin(now, &pool.settings.health);
        drop(known);
        Self {
            inner,
            pool,
            place,
            mode,
            started: now,
            trial,
            answered: false,
            stands_in: false,
        }
    }

    pub(crate) fn target(&self) -> &Arc<Target> {
        &self.pool.targets[self.place]
    }

    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// Whose target it is.
    pub(crate) fn balancer(&self) -> &ProviderId {
        &self.inner.id
    }

    /// The target answered: a whole answer is the end, and with a stream the flight goes on to its end.
    pub(crate) fn answered(mut self, reply: Reply) -> Reply {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.started);
        let settings = &self.pool.settings;
        let target = self.target();
        let is_whole = matches!(reply.body, Body::Full(_));
        let mut known = target.stats.known();
        known
            .latency_mut(self.mode)
            .observe(took, now, settings.latency_decay);
        known.health.answered(self.started, now, &settings.health);
        if is_whole {
            known.health.succeeded(now, &settings.health);
        }
        drop(known);
        self.inner.answered(&self.pool, target, self.mode, took, &reply);
        self.end_trial();
        self.answered = true;
        if is_whole {
            return reply;
        }
        reply.on_end(move |end| match end {
            End::Finished(_) => self.succeeded(),
            End::Failed(error) => self.failed(error),
            End::Dropped => drop(self),
        })
    }

    fn succeeded(self) {
        let mut known = self.target().stats.known();
        known.health.succeeded(Instant::now(), &self.pool.settings.health);
    }

    /// The target failed, before or in its answer.
    pub(crate) fn failed(mut self, error: &Error) {
        let now = Instant::now();
        let target = Arc::clone(self.target());
        let rules = target.rules(&self.pool.settings.health);
        let mut known = target.stats.known();
        let waited = now.saturating_duration_since(self.started);
        let latency = known.latency_mut(self.mode);
        // A quick failure is no quick answer, but a slow one is a slow answer.
        if !self.answered && latency.is_known() {
            latency.observe_at_least(waited, now, self.pool.settings.latency_decay);
        }
        let cooldown = match self.inner.among.failure(error) {
            Some(failure) => {
                known.failures += 1;
                known.health.failed(failure, now, &rules)
            }
            None => {
                // Whoever refuses a request is there.
                if error.status().is_some() {
                    known.health.answered(self.started, now, &rules);
                }
                None
            }
        };
        drop(known);
        // It is told, so dropping it has nothing to add.
        self.answered = true;
        if let Some(cooldown) = cooldown {
            self.inner.cooled(&target, cooldown);
        }
    }

    fn end_trial(&mut self) {
        if std::mem::take(&mut self.trial) {
            self.target().stats.known().health.trial_over();
            self.inner.changed.notify_waiters();
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.end_trial();
        if !self.answered {
            let now = Instant::now();
            let waited = now.saturating_duration_since(self.started);
            let decay = self.pool.settings.latency_decay;
            let mut known = self.target().stats.known();
            known.latency_mut(self.mode).observe_at_least(waited, now, decay);
        }
        self.target().stats.leave();
    }
}
