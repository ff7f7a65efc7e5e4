//! Calls and failures of the last while, in slices of time.

use std::time::Duration;

use tokio::time::Instant;

/// In how many slices the time is cut: what is counted is up to a tenth of it too old.
const SLICES: usize = 10;

/// Counts over a time that moves along.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// When the first slice began.
    began: Option<Instant>,
    slices: [Slice; SLICES],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    number: u64,
    calls: u32,
    failed: u32,
}

impl Window {
    /// Counts a call.
    pub(crate) fn add(&mut self, well: bool, now: Instant, length: Duration) {
        let began = *self.began.get_or_insert(now);
        let number = number(began, now, length);
        let slice = &mut self.slices[number as usize % SLICES];
        if slice.number != number {
            *slice = Slice {
                number,
                ..Slice::default()
            };
        }
        slice.calls = slice.calls.saturating_add(1);
        slice.failed = slice.failed.saturating_add(u32::from(!well));
    }

    /// Calls, and how many of them failed.
    pub(crate) fn counts(&self, now: Instant, length: Duration) -> (u32, u32) {
        let Some(began) = self.began else {
            return (0, 0);
        };
        let current = number(began, now, length);
        self.slices
            .iter()
            .filter(|slice| slice.number + SLICES as u64 > current)
            .fold((0, 0), |(calls, failed), slice| {
                (calls + slice.calls, failed + slice.failed)
            })
    }
}

fn number(began: Instant, now: Instant, length: Duration) -> u64 {
    let slice = (length / SLICES as u32).as_nanos().max(1);
    let number = now.saturating_duration_since(began).as_nanos() / slice;
    u64::try_from(number).unwrap_or(u64::MAX - SLICES as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_is_forgotten() {
        let (start, length) = (Instant::now(), Duration::from_secs(30));
        let mut window = Window::default();
        assert_eq!(window.counts(start, length), (0, 0));
        window.add(false, start, length);
        window.add(true, start + Duration::from_secs(10), length);
        assert_eq!(window.counts(start + Duration::from_secs(29), length), (2, 1));
        assert_eq!(window.counts(start + Duration::from_secs(31), length), (1, 0));
        window.add(true, start + Duration::from_secs(90), length);
        assert_eq!(window.counts(start + Duration::from_secs(90), length), (1, 0));
    }
}
