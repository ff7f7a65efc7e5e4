//! Retries of all calls together: a part of the calls, and some each second, so that a vendor in trouble is not finished off.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Most retries that calls can save up for later.
const MOST_SAVED: u32 = 100;

/// A retry, in the parts that a call saves up.
const RETRY: u32 = 100;

/// How many retries all calls together may cause. Unknown fields are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetryBudget {
    /// Retries per hundred calls: 20.
    pub percent: u32,
    /// Retries per second beside that, so that few calls can be tried again as well: 10.
    pub per_second: u32,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self {
            percent: 20,
            per_second: 10,
        }
    }
}

impl RetryBudget {
    /// A budget of so many retries per hundred calls, and so many each second beside that.
    #[must_use]
    pub fn new(percent: u32, per_second: u32) -> Self {
        Self { percent, per_second }
    }
}

/// The retries there are. Calls put in, retries take out.
#[derive(Debug)]
pub(super) struct Purse {
    budget: RetryBudget,
    /// Hundredths of a retry.
    saved: AtomicU32,
    allowance: Mutex<Allowance>,
}

/// The retries that come with time. There are those of one second at most, and who takes the first of a full second has them
/// in advance: no more come until it is over. So from the first retry on there are never more than the rate allows.
#[derive(Debug)]
struct Allowance {
    left: f64,
    /// Up to when those that came are counted in; absent before the first was taken.
    counted: Option<Instant>,
}

impl Purse {
    pub(super) fn new(budget: RetryBudget) -> Self {
        Self {
            budget,
            saved: AtomicU32::new(0),
            allowance: Mutex::new(Allowance {
                left: f64::from(budget.per_second),
                counted: None,
            }),
        }
    }

    /// A call saves up its part.
    pub(super) fn save(&self) {
        // The closure always gives a number.
        let _ = self
            .saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| {
                Some(saved.saturating_add(self.budget.percent).min(MOST_SAVED * RETRY))
            });
    }

    /// Takes one retry; `false` when there is none. Those that come with time go first, since they do not keep.
    pub(super) fn spend(&self, now: Instant) -> bool {
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        if allowance.take(f64::from(self.budget.per_second), now) {
            return true;
        }
        drop(allowance);
        self.saved
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| {
                saved.checked_sub(RETRY)
            })
            .is_ok()
    }
}

impl Allowance {
    fn take(&mut self, per_second: f64, now: Instant) -> bool {
        if let Some(counted) = self.counted
            && now > counted
        {
            let came = (now - counted).as_secs_f64() * per_second;
            self.left = (self.left + came).min(per_second);
            self.counted = Some(now);
        }
        if self.left < 1.0 {
            return false;
        }
        if self.left >= per_second {
            self.counted = Some(now + Duration::from_secs(1));
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(purse: &Purse, now: Instant, tries: u32) -> usize {
        (0..tries).filter(|_| purse.spend(now)).count()
    }

    #[test]
    fn some_each_second_and_a_part_of_the_calls() {
        let purse = Purse::new(RetryBudget::default());
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(spent(&purse, at(0), 50), 10, "those of a second, in advance");
        (0..20).for_each(|_| purse.save());
        assert_eq!(spent(&purse, at(0), 50), 4, "a fifth of the calls");
        assert_eq!(spent(&purse, at(1000), 50), 0);
        assert_eq!(spent(&purse, at(1500), 50), 5);
        assert_eq!(spent(&purse, at(9000), 50), 10, "and not more after a long time");
        assert_eq!(spent(&purse, at(10_000), 50), 0, "again in advance");
        (0..100_000).for_each(|_| purse.save());
        assert_eq!(spent(&purse, at(10_000), 500), 100, "savings are bounded");
    }

    #[test]
    fn never_above_the_rate_from_the_first_on() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..200 {
            let purse = Purse::new(RetryBudget::new(0, 10));
            let start = Instant::now();
            let (mut at, mut total) = (0, 0);
            for _ in 0..300 {
                total += spent(&purse, start + Duration::from_millis(at), random.u32(0..15));
                assert!(total as u64 * 100 <= at.max(1000), "{total} after {at} ms");
                at += random.u64(0..400);
            }
        }
    }

    #[test]
    fn nothing_is_a_budget_too() {
        let purse = Purse::new(RetryBudget::new(0, 0));
        purse.save();
        assert_eq!(spent(&purse, Instant::now(), 10), 0);
    }
}
