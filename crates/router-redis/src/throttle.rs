//! How often something may be said.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Most lines in [`WINDOW`].
const MOST_LINES: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// Lets ten lines a minute through, and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    said: VecDeque<Instant>,
    kept_back: u64,
}

impl Throttle {
    /// Whether a line may be written now: `Some` with how many were not since the last one.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while lines
            .said
            .front()
            .is_some_and(|said| now.duration_since(*said) >= WINDOW)
        {
            lines.said.pop_front();
        }
        if lines.said.len() >= MOST_LINES {
            lines.kept_back += 1;
            return None;
        }
        lines.said.push_back(now);
        Some(std::mem::take(&mut lines.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_lines_in_any_minute() {
        let throttle = Throttle::default();
        let start = Instant::now();
        let mut said = Vec::new();
        for second in 0..300 {
            if throttle.admit(start + Duration::from_secs(second)).is_some() {
                said.push(second);
            }
        }
        for from in 0..300 {
            let within = said
                .iter()
                .filter(|second| (from..from + 60).contains(*second))
                .count();
            assert!(within <= 10, "{within} lines from second {from}");
        }
        assert_eq!(said.len(), 50);
        let kept_back = throttle.admit(start + Duration::from_secs(400));
        assert_eq!(kept_back, Some(50), "what was not said is told");
    }
}
