//! Sends a share of the calls to a shadow target as well, whose answers nobody sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use router_core::Call;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use crate::target::Target;

/// A shadow target. It never delays or fails a caller: its calls run beside, with a context of their own, and are left out
/// when too many are under way. Clones share the counts.
#[derive(Clone, Debug)]
pub struct Mirror {
    target: Target,
    share: f64,
    max_concurrent: u32,
    timeout: Duration,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    under_way: AtomicU32,
    sent: AtomicU64,
    failed: AtomicU64,
    left_out: AtomicU64,
}

/// What a mirror did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MirrorStatus {
    /// Calls sent.
    pub sent: u64,
    /// Calls that failed, among those sent.
    pub failed: u64,
    /// Calls left out since too many were under way.
    pub left_out: u64,
    /// Calls under way.
    pub under_way: u32,
}

impl Mirror {
    /// A shadow of every call; at most 16 at a time, 60 seconds each.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            share: 1.0,
            max_concurrent: 16,
            timeout: Duration::from_secs(60),
            counts: Arc::default(),
        }
    }

    /// Of a share of the calls, 0 to 1.
    #[must_use]
    pub fn with_share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }

    /// With another number of calls at a time.
    #[must_use]
    pub fn with_max_concurrent(mut self, calls: u32) -> Self {
        self.max_concurrent = calls;
        self
    }

    /// With another time that a call may take.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(crate) fn share(&self) -> f64 {
        self.share
    }

    pub(crate) fn status(&self) -> MirrorStatus {
        MirrorStatus {
            sent: self.counts.sent.load(Ordering::Relaxed),
            failed: self.counts.failed.load(Ordering::Relaxed),
            left_out: self.counts.left_out.load(Ordering::Relaxed),
            under_way: self.counts.under_way.load(Ordering::Relaxed),
        }
    }

    /// Sends a call, where there is room.
    pub(crate) fn send(&self, call: &Call) {
        let counts = &self.counts;
        let room = counts
            .under_way
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |calls| {
                (calls < self.max_concurrent).then_some(calls + 1)
            });
        // Without a runtime there is nothing to run beside the caller.
        let (Ok(_), Ok(runtime)) = (room, Handle::try_current()) else {
            if room.is_ok() {
                counts.under_way.fetch_sub(1, Ordering::AcqRel);
            }
            counts.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        };
        counts.sent.fetch_add(1, Ordering::Relaxed);
        let end = Instant::now() + self.timeout;
        // The caller's attempts are not the shadow's to spend.
        let context = call.context.fork().with_attempts(1).with_deadline(end.into_std());
        let mut call = call.with_context(context);
        if let Some(model) = &self.target.model {
            call.model = model.clone();
        }
        let (provider, held) = (Arc::clone(&self.target.provider), Held(Arc::clone(counts)));
        runtime.spawn(async move {
            let answer = async { provider.call(&call).await?.into_output().await };
            let answered = matches!(timeout_at(end, answer).await, Ok(Ok(_)));
            if !answered {
                held.0.failed.fetch_add(1, Ordering::Relaxed);
            }
            drop(held);
        });
    }
}

/// A place among the calls under way.
struct Held(Arc<Counts>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}
