//! When a breaker opens, and for how long.

use std::time::Duration;

use router_core::human::duration;
use serde::{Deserialize, Serialize};

/// Settings of [`Breaker`](super::Breaker). Every field has a default, and unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BreakerPolicy {
    /// Failures in a row that open it: 10; 0 turns this off.
    pub consecutive: u32,
    /// Failures per hundred calls of the window that open it: 50; 0 turns this off.
    pub percent: u32,
    /// Calls in the window before its percentage counts: 20.
    pub minimum: u32,
    /// How far back the window goes: 30 s.
    #[serde(with = "duration")]
    pub window: Duration,
    /// How long it stays open before a probe is let through: 10 s. A probe that has not ended after as long no longer keeps
    /// another from being sent.
    #[serde(with = "duration")]
    pub open: Duration,
    /// How long a call must have waited for its deadline to count as the vendor's failure and not as the caller's
    /// impatience: 10 s.
    #[serde(with = "duration")]
    pub patience: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            consecutive: 10,
            percent: 50,
            minimum: 20,
            window: Duration::from_secs(30),
            open: Duration::from_secs(10),
            patience: Duration::from_secs(10),
        }
    }
}

impl BreakerPolicy {
    /// Opening after so many failures in a row.
    #[must_use]
    pub fn with_consecutive(mut self, failures: u32) -> Self {
        self.consecutive = failures;
        self
    }

    /// Opening at so many failures per hundred calls of a window, once it has seen `minimum` calls.
    #[must_use]
    pub fn with_percent(mut self, percent: u32, minimum: u32, window: Duration) -> Self {
        self.percent = percent;
        self.minimum = minimum;
        self.window = window;
        self
    }

    /// Staying open for so long.
    #[must_use]
    pub fn with_open(mut self, open: Duration) -> Self {
        self.open = open;
        self
    }
}
