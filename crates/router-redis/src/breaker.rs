//! Decides whether Redis is asked at all, so that calls cost nothing while it is down.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long answers may all be bad before Redis counts as down.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long Redis is left alone before it is tried again.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

/// Whether Redis is asked.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// Longest time of a probe. One that has not told by then is lost, with the runtime that it ran on.
    probe_limit: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Asked; bad answers only since then.
    Closed { bad_since: Option<Instant> },
    /// Not asked; tried again then.
    Open { since: Instant, next_probe: Instant },
}

/// What to do with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Send it.
    Send,
    /// Refuse it.
    Refuse,
    /// Refuse it, and try Redis beside the call.
    RefuseAndProbe,
}

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An answer in time.
    Good,
    /// None, or too late.
    Bad,
    /// No connection could be made.
    Unreachable,
}

impl Breaker {
    pub(crate) fn new(probe_limit: Duration) -> Self {
        Self {
            probe_limit,
            state: Mutex::new(State::Closed { bad_since: None }),
        }
    }

    pub(crate) fn admit(&self, now: Instant) -> Admission {
        match &mut *self.state() {
            State::Closed { .. } => Admission::Send,
            State::Open { next_probe, .. } if now >= *next_probe => {
                *next_probe = now + self.probe_limit + PROBE_INTERVAL;
                Admission::RefuseAndProbe
            }
            State::Open { .. } => Admission::Refuse,
        }
    }

    /// Takes note of an answer; `true` when Redis counts as down from now on.
    pub(crate) fn note(&self, answer: Answer, now: Instant) -> bool {
        let mut state = self.state();
        let State::Closed { bad_since } = &mut *state else {
            return false;
        };
        match answer {
            Answer::Good => *bad_since = None,
            Answer::Bad if now.duration_since(*bad_since.get_or_insert(now)) < PATIENCE => {}
            Answer::Bad | Answer::Unreachable => {
                *state = State::Open {
                    since: now,
                    next_probe: now + PROBE_INTERVAL,
                };
                return true;
            }
        }
        false
    }

    /// Takes note of a probe; `Some` with how long Redis was down when it is up again.
    pub(crate) fn probed(&self, is_good: bool, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        let State::Open { since, next_probe } = &mut *state else {
            return None;
        };
        if !is_good {
            *next_probe = now + PROBE_INTERVAL;
            return None;
        }
        let down = now.duration_since(*since);
        *state = State::Closed { bad_since: None };
        Some(down)
    }

    /// How long Redis has been down.
    pub(crate) fn down_for(&self, now: Instant) -> Option<Duration> {
        match &*self.state() {
            State::Closed { .. } => None,
            State::Open { since, .. } => Some(now.duration_since(*since)),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(100);

    #[test]
    fn bad_answers_alone_open_it() {
        let breaker = Breaker::new(STEP * 3);
        let start = Instant::now();
        assert!(!breaker.note(Answer::Bad, start));
        assert!(!breaker.note(Answer::Good, start + STEP), "a good answer between");
        assert!(!breaker.note(Answer::Bad, start + STEP * 2));
        assert!(!breaker.note(Answer::Bad, start + STEP * 4));
        assert_eq!(breaker.admit(start + STEP * 4), Admission::Send);
        assert!(breaker.note(Answer::Bad, start + STEP * 5));
        assert!(!breaker.note(Answer::Bad, start + STEP * 5), "told once");
        assert_eq!(breaker.admit(start + STEP * 6), Admission::Refuse);
    }

    #[test]
    fn one_probe_at_a_time_and_a_good_one_closes_it() {
        let breaker = Breaker::new(STEP * 3);
        let start = Instant::now();
        assert!(
            breaker.note(Answer::Unreachable, start),
            "no connection opens it at once"
        );
        assert_eq!(breaker.admit(start + STEP * 4), Admission::Refuse);
        let due = start + PROBE_INTERVAL;
        assert_eq!(breaker.admit(due), Admission::RefuseAndProbe);
        assert_eq!(
            breaker.admit(due + PROBE_INTERVAL),
            Admission::Refuse,
            "one at a time"
        );
        let lost = due + STEP * 3 + PROBE_INTERVAL;
        assert_eq!(
            breaker.admit(lost),
            Admission::RefuseAndProbe,
            "a lost one is replaced"
        );
        let due = lost;
        assert_eq!(breaker.probed(false, due + STEP), None);
        assert_eq!(breaker.admit(due + STEP * 2), Admission::Refuse);
        let again = due + STEP + PROBE_INTERVAL;
        assert_eq!(breaker.admit(again), Admission::RefuseAndProbe);
        assert_eq!(breaker.down_for(again), Some(again - start));
        assert_eq!(breaker.probed(true, again), Some(again - start));
        assert_eq!(breaker.admit(again), Admission::Send);
        assert_eq!(breaker.down_for(again), None);
    }
}
