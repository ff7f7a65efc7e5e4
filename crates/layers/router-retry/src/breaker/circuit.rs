//! The three states of a breaker, as a function of what it sees and when.

use std::time::Duration;

use tokio::time::Instant;

use super::policy::BreakerPolicy;
use super::verdict::Verdict;
use super::window::Window;

/// What those are told to wait who come while a probe is under way.
const WHILE_PROBING: Duration = Duration::from_secs(1);

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BreakerState {
    /// Everything.
    Closed,
    /// Nothing.
    Open,
    /// One call at a time, to see whether the vendor is well again.
    HalfOpen,
}

impl BreakerState {
    /// The word used in logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// One model's breaker.
#[derive(Debug)]
pub(super) struct Circuit {
    phase: Phase,
    /// Failures in a row.
    failures: u32,
    window: Window,
    /// How many probes there were.
    probes: u64,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open { until: Instant },
    HalfOpen { probe: Option<Probe> },
}

#[derive(Debug)]
struct Probe {
    number: u64,
    /// When it no longer keeps another from being sent.
    until: Instant,
}

/// A call that was let through: nothing special, or the probe of this number.
pub(super) type Admitted = Option<u64>;

impl Circuit {
    pub(super) fn new(policy: &BreakerPolicy, now: Instant) -> Self {
        Self {
            phase: Phase::Closed,
            failures: 0,
            window: Window::new(policy.window, now),
            probes: 0,
        }
    }

    /// What it lets through at the moment.
    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether nothing was let through since it opened.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// How long until a call may be let through; `None` when one may be now.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        match &self.phase {
            Phase::Open { until } if now < *until => Some(*until - now),
            Phase::HalfOpen { probe: Some(probe) } if now < probe.until => {
                Some(WHILE_PROBING.min(probe.until - now))
            }
            _ => None,
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_clean(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Closed) && self.failures == 0 && self.window.totals(now).1 == 0
    }

    /// Lets a call through, or says how long until the next one may be.
    pub(super) fn admit(&mut self, policy: &BreakerPolicy, now: Instant) -> Result<Admitted, Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        if matches!(self.phase, Phase::Closed) {
            return Ok(None);
        }
        self.probes += 1;
        self.phase = Phase::HalfOpen {
            probe: Some(Probe {
                number: self.probes,
                until: now + policy.open,
            }),
        };
        Ok(Some(self.probes))
    }

    /// Hears how a call ended that was let through.
    pub(super) fn hear(&mut self, policy: &BreakerPolicy, call: Admitted, verdict: Verdict, now: Instant) {
        match (&mut self.phase, call, verdict) {
            (Phase::Closed, _, Verdict::Success) => {
                self.failures = 0;
                self.window.add(false, now);
            }
            (Phase::Closed, _, Verdict::Failure) => {
                self.failures = self.failures.saturating_add(1);
                self.window.add(true, now);
                if self.is_too_much(policy, now) {
                    self.open(policy, now);
                }
            }
            (Phase::HalfOpen { .. }, Some(_), Verdict::Success) => *self = Self::new(policy, now),
            (Phase::HalfOpen { .. }, Some(_), Verdict::Failure) => self.open(policy, now),
            (Phase::HalfOpen { probe }, Some(number), Verdict::Nothing)
                if probe.as_ref().is_some_and(|probe| probe.number == number) =>
            {
                *probe = None;
            }
            // A call that was let through before the breaker opened: the probe decides.
            _ => {}
        }
    }

    fn is_too_much(&self, policy: &BreakerPolicy, now: Instant) -> bool {
        if policy.consecutive > 0 && self.failures >= policy.consecutive {
            return true;
        }
        let (calls, failures) = self.window.totals(now);
        policy.percent > 0
            && calls >= u64::from(policy.minimum)
            && failures * 100 >= calls * u64::from(policy.percent)
    }

    fn open(&mut self, policy: &BreakerPolicy, now: Instant) {
        self.failures = 0;
        self.window = Window::new(policy.window, now);
        self.phase = Phase::Open {
            until: now + policy.open,
        };
    }
}
