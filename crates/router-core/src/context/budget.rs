//! How often a call may still be tried.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::record::Record;

/// Attempts that a call may make in all where nobody says otherwise: the first, retries, failovers, key rotations and
/// hedges together.
pub const DEFAULT_ATTEMPTS: u32 = 4;

/// What a budget holds before anybody has set it.
pub(super) const UNSET: u32 = u32::MAX;

/// Further attempts that one call may make, drawn on by everything that tries again. Clones share it.
///
/// **Invariant.** The first attempt is free; whoever calls a provider one more time for the same call (retry, failover, key
/// rotation, hedge) takes one attempt before, and leaves it when none is left. So three retries over three targets are four
/// attempts, and not twelve.
#[derive(Clone, Default)]
pub struct AttemptBudget(pub(super) Arc<Record>);

impl AttemptBudget {
    /// A budget of so many attempts in all, the first included.
    #[must_use]
    pub fn new(attempts: u32) -> Self {
        Self(Arc::new(Record::new(further(attempts))))
    }

    /// Sets the number of attempts in all where nobody has, and none was taken: a caller's number goes before an outer
    /// layer's, and that before an inner layer's.
    pub fn set_default(&self, attempts: u32) {
        // Failing means that it is set already.
        let _ = self.0.attempts_left.compare_exchange(
            UNSET,
            further(attempts),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }

    /// Takes one further attempt; `false` when none is left.
    #[must_use]
    pub fn take(&self) -> bool {
        self.0
            .attempts_left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| {
                known(left).checked_sub(1)
            })
            .is_ok()
    }

    /// Further attempts left.
    #[must_use]
    pub fn left(&self) -> u32 {
        known(self.0.attempts_left.load(Ordering::Acquire))
    }
}

impl fmt::Debug for AttemptBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AttemptBudget").field(&self.left()).finish()
    }
}

/// Attempts beside the first.
fn further(attempts: u32) -> u32 {
    attempts.saturating_sub(1).min(UNSET - 1)
}

fn known(left: u32) -> u32 {
    match left {
        UNSET => DEFAULT_ATTEMPTS - 1,
        left => left,
    }
}
