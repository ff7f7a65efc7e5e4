//! Calls and failures of the last while, in ten slots of time.

use std::time::Duration;

use tokio::time::Instant;

const SLOTS: usize = 10;

/// What a breaker has seen lately.
#[derive(Debug)]
pub(super) struct Window {
    began: Instant,
    slot: Duration,
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u128,
    calls: u32,
    failures: u32,
}

impl Window {
    /// A window that goes back for `length`.
    pub(super) fn new(length: Duration, now: Instant) -> Self {
        Self {
            began: now,
            slot: (length / SLOTS as u32).max(Duration::from_millis(1)),
            slots: Default::default(),
        }
    }

    /// Sees a call.
    pub(super) fn add(&mut self, failed: bool, now: Instant) {
        let number = self.number(now);
        let slot = &mut self.slots[(number % SLOTS as u128) as usize];
        if slot.number != number {
            *slot = Slot {
                number,
                ..Slot::default()
            };
        }
        slot.calls += 1;
        slot.failures += u32::from(failed);
    }

    /// Calls and failures in it.
    pub(super) fn totals(&self, now: Instant) -> (u64, u64) {
        let number = self.number(now);
        let recent = self
            .slots
            .iter()
            .filter(|slot| number - slot.number.min(number) < SLOTS as u128);
        recent.fold((0, 0), |(calls, failures), slot| {
            (calls + u64::from(slot.calls), failures + u64::from(slot.failures))
        })
    }

    /// The number of the slot that holds a moment.
    fn number(&self, now: Instant) -> u128 {
        now.saturating_duration_since(self.began).as_nanos() / self.slot.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_is_forgotten() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::new(Duration::from_secs(10), start);
        window.add(true, at(0));
        window.add(false, at(0));
        window.add(true, at(5));
        assert_eq!(window.totals(at(5)), (3, 2));
        assert_eq!(window.totals(at(9)), (3, 2));
        assert_eq!(window.totals(at(10)), (1, 1));
        assert_eq!(window.totals(at(15)), (0, 0));
        window.add(false, at(10));
        assert_eq!(window.totals(at(10)), (2, 1));
        // A slot that comes round is a new one.
        window.add(true, at(1000));
        assert_eq!(window.totals(at(1000)), (1, 1));
    }
}
