//! Failures by model name: `sim-fault-429`, `sim-fault-cut3-x2-order17`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What every name of a failing model begins with.
const PREFIX: &str = "sim-fault-";

/// A failure that a model's name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What fails.
    pub kind: FaultKind,
    /// How many calls fail before one is answered; all when absent.
    pub times: Option<u32>,
    /// The `Retry-After` that goes with a status.
    pub retry_after: Option<Duration>,
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// An HTTP status with the wire's error body.
    Status(u16),
    /// The answer comes late.
    Slow(Duration),
    /// An error in the stream after so many events.
    Error(u32),
    /// The body ends after so many events, as if it were complete.
    Cut(u32),
    /// The terminal marker is missing.
    NoEnd,
    /// The connection breaks after so many events.
    Reset(u32),
    /// Nothing more comes after so many events.
    Stall(u32),
    /// An event that cannot be read comes after so many others.
    Garbage(u32),
    /// A proxy's HTML page with this status.
    Html(u16),
    /// An empty body with status 200.
    Empty,
}

impl Fault {
    /// The failure that a name asks for; `None` for every other name, also for a misspelt one.
    #[must_use]
    pub fn parse(model: &str) -> Option<Self> {
        let mut words = model.strip_prefix(PREFIX)?.split('-');
        let mut fault = Self {
            kind: FaultKind::parse(words.next()?)?,
            times: None,
            retry_after: None,
        };
        for word in words {
            if let Some(seconds) = word.strip_prefix("after").and_then(|word| word.parse().ok()) {
                fault.retry_after = Some(Duration::from_secs(seconds));
            } else if let Some(times) = word.strip_prefix('x').and_then(|word| word.parse().ok()) {
                fault.times = Some(times);
                // What follows only makes the name a new one.
                break;
            } else {
                return None;
            }
        }
        Some(fault)
    }

    /// Whether it happens below a provider: in the bytes of the response.
    pub(crate) fn is_in_bytes(self) -> bool {
        !matches!(
            self.kind,
            FaultKind::Status(_) | FaultKind::Slow(_) | FaultKind::Error(_)
        )
    }
}

impl FaultKind {
    fn parse(word: &str) -> Option<Self> {
        let digits = word
            .find(|character: char| character.is_ascii_digit())
            .unwrap_or(word.len());
        let (name, number) = word.split_at(digits);
        let count = || number.parse().ok();
        Some(match name {
            "" => Self::Status(number.parse().ok().filter(|status| (400..600).contains(status))?),
            "slow" => Self::Slow(Duration::from_millis(number.parse().ok()?)),
            "error" => Self::Error(count()?),
            "cut" => Self::Cut(count()?),
            "reset" => Self::Reset(count()?),
            "stall" => Self::Stall(count()?),
            "garbage" => Self::Garbage(count()?),
            "noend" if number.is_empty() => Self::NoEnd,
            "empty" if number.is_empty() => Self::Empty,
            "html" if number.is_empty() => Self::Html(502),
            "html" => Self::Html(number.parse().ok().filter(|status| (200..600).contains(status))?),
            _ => return None,
        })
    }
}

/// Counts the calls of names that fail only so often.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<HashMap<String, u32>>);

impl Faults {
    /// The failure of this call; `None` when the name asks for none, or has failed often enough.
    pub(crate) fn next(&self, model: &str) -> Option<Fault> {
        let fault = Fault::parse(model)?;
        let Some(times) = fault.times else {
            return Some(fault);
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(model.to_owned()).or_default();
        if *count >= times {
            return None;
        }
        *count += 1;
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_fails() {
        let fault = Fault::parse("sim-fault-429-after7-x2-abc-x9").unwrap();
        assert_eq!(fault.kind, FaultKind::Status(429));
        assert_eq!(fault.times, Some(2));
        assert_eq!(fault.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(
            Fault::parse("sim-fault-stall3").unwrap().kind,
            FaultKind::Stall(3)
        );
        for name in [
            "sim-model",
            "sim-fault-",
            "sim-fault-200",
            "sim-fault-cut",
            "sim-fault-429-y",
        ] {
            assert_eq!(Fault::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_fails_only_so_often() {
        let faults = Faults::default();
        assert!(faults.next("sim-fault-503-x2-a").is_some());
        assert!(faults.next("sim-fault-503-x2-a").is_some());
        assert!(faults.next("sim-fault-503-x2-a").is_none());
        assert!(faults.next("sim-fault-503-x2-b").is_some());
    }
}
