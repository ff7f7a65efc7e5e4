//! Whether a target is fit to be asked: what its failures say, how long it is left alone, how it comes back.

use std::time::Duration;

use router_core::ErrorKind;
use router_core::human;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::window::Window;

/// The share of calls that a target gets at first when it comes back.
const FIRST_SHARE: f64 = 0.1;

/// Ends of cooldowns that are closer than this are one: they travel as times that are left.
const SAME_END: Duration = Duration::from_secs(1);

/// When a target is left alone, for how long, and how it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HealthConfig {
    /// Failures in a row that eject a target: 5. Zero: never for that.
    pub consecutive_failures: u32,
    /// The share of failed calls within `window` that ejects a target, 0 to 1: 0.5. Zero: never for that.
    pub error_ratio: f64,
    /// Fewer calls than this within `window` say nothing about a ratio: 10.
    pub min_calls: u32,
    /// How far back the ratio looks: 30 s.
    #[serde(with = "human::duration")]
    pub window: Duration,
    /// How long an ejected target is left alone the first time; each further time in a row once more as long: 30 s. Zero: a
    /// target is never left alone, whatever it says.
    #[serde(with = "human::duration")]
    pub cooldown: Duration,
    /// The longest that an ejection becomes: 5 min. A wait that the vendor asks for may be longer.
    #[serde(with = "human::duration")]
    pub max_cooldown: Duration,
    /// How long a target is left alone that says "too many requests" and no time: 5 s.
    #[serde(with = "human::duration")]
    pub rate_limit_cooldown: Duration,
    /// How long a target is left alone whose key is refused or has no credit: 5 min.
    #[serde(with = "human::duration")]
    pub set_aside: Duration,
    /// How long a target that comes back takes to get its whole share again, from a tenth of it: 30 s. Zero: at once.
    #[serde(with = "human::duration")]
    pub slow_start: Duration,
    /// When fewer than this share of the targets can be asked, 0 to 1: 0.5. Ejected targets are then tried before their
    /// time, one call each; and when none is left, calls go out all the same, so that the last target is never removed. Zero: a
    /// cooldown always holds, and calls fail with the soonest recovery as their wait.
    pub panic_threshold: f64,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            error_ratio: 0.5,
            min_calls: 10,
            window: Duration::from_secs(30),
            cooldown: Duration::from_secs(30),
            max_cooldown: Duration::from_secs(300),
            rate_limit_cooldown: Duration::from_secs(5),
            set_aside: Duration::from_secs(300),
            slow_start: Duration::from_secs(30),
            panic_threshold: 0.5,
        }
    }
}

/// What is known of a target's health.
#[derive(Debug, Default)]
pub(crate) struct Health {
    in_a_row: u32,
    window: Window,
    cooldown: Option<Cooldown>,
    /// Since when it has been coming back.
    growing: Option<Instant>,
    /// Ejections since it was last well.
    ejections: u32,
    /// Whether the one call is under way that tries it after a cooldown.
    trial: bool,
    last_error: Option<ErrorKind>,
    /// The end of the latest cooldown that other instances know of.
    shared: Option<Instant>,
}

/// A time in which a target is left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cooldown {
    pub(crate) since: Instant,
    pub(crate) until: Instant,
    pub(crate) cause: ErrorKind,
    /// Whether it is the vendor's word, and not our guess.
    pub(crate) asked: bool,
}

/// How a target stands when a call looks for one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    /// It is well.
    Ready,
    /// It comes back, and gets this share of what it would get.
    Growing(f64),
    /// Its cooldown is over, and one call may try it.
    Trial,
    /// That call is under way.
    OnTrial,
    /// It is left alone.
    Cooling(Cooldown),
}

impl Standing {
    /// Whether calls may go to it.
    pub(crate) fn is_usable(self) -> bool {
        matches!(self, Self::Ready | Self::Growing(_) | Self::Trial)
    }
}

/// A failure that says something about a target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// How long the vendor asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the target's key is of no use.
    pub(crate) dead_key: bool,
}

impl Health {
    pub(crate) fn standing(&self, now: Instant, rules: &HealthConfig) -> Standing {
        match (self.cooldown, self.growing) {
            (Some(cooldown), _) if cooldown.until > now => Standing::Cooling(cooldown),
            (Some(_), _) if self.trial => Standing::OnTrial,
            (Some(_), _) => Standing::Trial,
            (None, Some(since)) if !rules.slow_start.is_zero() => {
                let grown =
                    now.saturating_duration_since(since).as_secs_f64() / rules.slow_start.as_secs_f64();
                if grown >= 1.0 {
                    Standing::Ready
                } else {
                    Standing::Growing(grown.max(FIRST_SHARE))
                }
            }
            (None, _) => Standing::Ready,
        }
    }

    /// Whether it answers, and not all is well.
    pub(crate) fn is_degraded(&self, now: Instant, rules: &HealthConfig) -> bool {
        let (calls, failed) = self.window.counts(now, rules.window);
        let many = rules.error_ratio > 0.0
            && calls >= rules.min_calls
            && f64::from(failed) >= f64::from(calls) * rules.error_ratio / 2.0;
        self.in_a_row > 0 || many || self.standing(now, rules) != Standing::Ready
    }

    /// Whether the call is under way that tries it.
    pub(crate) fn is_on_trial(&self) -> bool {
        self.trial
    }

    pub(crate) fn last_error(&self) -> Option<ErrorKind> {
        self.last_error
    }

    /// A call goes out; `true` when it is the one that tries the target.
    pub(crate) fn begin(&mut self, now: Instant, rules: &HealthConfig) -> bool {
        let tries = matches!(self.standing(now, rules), Standing::Trial | Standing::Cooling(_));
        let first = tries && !self.trial;
        self.trial |= first;
        first
    }

    /// The call that tried the target is over, however it ended.
    pub(crate) fn trial_over(&mut self) {
        self.trial = false;
    }

    /// A call that went out at `started` was answered: whatever it was left alone for is over.
    pub(crate) fn answered(&mut self, started: Instant, now: Instant, rules: &HealthConfig) {
        if self.cooldown.is_some_and(|cooldown| started >= cooldown.since) {
            self.come_back(now, rules);
        }
    }

    /// A probe was answered: an ejection is over. What the vendor asked for holds, since a probe is no such call.
    pub(crate) fn probed(&mut self, started: Instant, now: Instant, rules: &HealthConfig) {
        if self.cooldown.is_some_and(|cooldown| !cooldown.asked) {
            self.answered(started, now, rules);
        }
    }

    /// Another instance leaves it alone for so much longer. Each of its cooldowns is taken over once: what this instance
    /// has tried since, it knows better.
    pub(crate) fn take_over(&mut self, left: Duration, now: Instant, rules: &HealthConfig) {
        if left.is_zero() || rules.cooldown.is_zero() {
            return;
        }
        let Some(until) = now.checked_add(left) else {
            return;
        };
        let known = self.shared.is_some_and(|shared| until <= shared + SAME_END);
        if !known {
            self.shared = Some(until);
            self.cool(Cooldown {
                since: now,
                until,
                cause: ErrorKind::Overloaded,
                asked: true,
            });
        }
    }

    /// A call ended well.
    pub(crate) fn succeeded(&mut self, now: Instant, rules: &HealthConfig) {
        self.window.add(true, now, rules.window);
        self.in_a_row = 0;
        if self.standing(now, rules) == Standing::Ready {
            self.growing = None;
            self.ejections = 0;
        }
    }

    /// A call failed; the cooldown that follows, where one does.
    pub(crate) fn failed(
        &mut self,
        failure: Failure,
        now: Instant,
        rules: &HealthConfig,
    ) -> Option<Cooldown> {
        self.window.add(false, now, rules.window);
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last_error = Some(failure.kind);
        let (wait, asked) = self.wait(failure, now, rules)?;
        if rules.cooldown.is_zero() {
            return None;
        }
        // A wait that no clock can hold is no wait that a vendor means.
        let until = now.checked_add(wait)?;
        let cooldown = self.cool(Cooldown {
            since: now,
            until,
            cause: failure.kind,
            asked,
        })?;
        self.shared = Some(until);
        Some(cooldown)
    }

    /// Leaves it alone, unless it is left alone for longer already; the cooldown when it changed.
    pub(crate) fn cool(&mut self, cooldown: Cooldown) -> Option<Cooldown> {
        match &mut self.cooldown {
            Some(known) if known.until >= cooldown.until => {
                known.since = cooldown.since;
                // What a vendor asks for holds, also where our own guess is longer.
                known.asked |= cooldown.asked;
                None
            }
            known => {
                let holds = known.is_some_and(|known| known.asked && known.until > cooldown.since);
                let cooldown = Cooldown {
                    asked: cooldown.asked || holds,
                    ..cooldown
                };
                *known = Some(cooldown);
                self.growing = None;
                Some(cooldown)
            }
        }
    }

    /// Ends a cooldown; the share of calls grows from here.
    pub(crate) fn come_back(&mut self, now: Instant, rules: &HealthConfig) {
        self.cooldown = None;
        self.growing = (!rules.slow_start.is_zero()).then_some(now);
        self.in_a_row = 0;
        self.window = Window::default();
    }

    /// How long a failure has the target left alone, and whether that is the vendor's word.
    fn wait(&mut self, failure: Failure, now: Instant, rules: &HealthConfig) -> Option<(Duration, bool)> {
        if let Some(wait) = failure.retry_after {
            return Some((wait, true));
        }
        if failure.dead_key {
            return Some((rules.set_aside, true));
        }
        if failure.kind == ErrorKind::RateLimited {
            return Some((rules.rate_limit_cooldown, true));
        }
        let (calls, failed) = self.window.counts(now, rules.window);
        let row = rules.consecutive_failures > 0 && self.in_a_row >= rules.consecutive_failures;
        let ratio = rules.error_ratio > 0.0
            && calls >= rules.min_calls
            && f64::from(failed) >= f64::from(calls) * rules.error_ratio;
        // A target on trial fails once.
        let again = self
            .cooldown
            .is_some_and(|cooldown| !cooldown.asked || cooldown.until <= now);
        if !(row || ratio || again) {
            return None;
        }
        // Calls that were under way together fail together; that is one ejection.
        let cooling = self.cooldown.is_some_and(|cooldown| cooldown.until > now);
        if !cooling || self.ejections == 0 {
            self.ejections = self.ejections.saturating_add(1);
        }
        let wait = rules.cooldown.saturating_mul(self.ejections);
        Some((wait.min(rules.max_cooldown.max(rules.cooldown)), false))
    }
}

#[cfg(test)]
mod tests;
