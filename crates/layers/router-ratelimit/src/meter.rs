//! The arithmetic of a limit: whether an amount fits, and what it leaves behind. Pure, in time that is given.
//!
//! `take.lua` and `settle.lua` do the same in Redis, operation by operation in the same floating point numbers, so that both
//! decide alike. Amounts are whole numbers, times microseconds.

use std::collections::VecDeque;

use crate::rate::{Algorithm, Rate};

/// An amount fits if it is over by less than this: what sums of fractions are off by.
pub(crate) const TOLERANCE: f64 = 0.000_001;

/// Parts of a period in which a window slides.
pub(crate) const SLOTS: f64 = 60.0;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Calls.
    Requests,
    /// Tokens.
    Tokens,
    /// Calls under way.
    Concurrency,
}

impl Unit {
    /// Its word in messages and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Concurrency => "concurrency",
        }
    }
}

/// How much of a unit there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meter {
    /// Runs out at `rate` a microsecond and holds `burst`: GCRA, told as a leaky bucket.
    Bucket { rate: f64, burst: f64 },
    /// Holds `limit` in a window of [`SLOTS`] slots of so many microseconds, and the one that is under way.
    Window { slot: f64, limit: f64 },
    /// Holds `most` until they are given back.
    Gauge { most: f64 },
}

/// What has been counted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    Bucket(Bucket),
    /// Slots in order, with what fell into them.
    Window(VecDeque<(f64, f64)>),
    Gauge(f64),
}

/// A bucket as a queue: what came in last stands at `tail`, what runs out next at `front`.
///
/// Where in the queue an amount stands tells how much of it has run out already, so that giving back the rest of an estimate
/// never gives back what is gone: that would be room made for others out of nothing. Amounts given back leave gaps; the front
/// passes them at the gaps' average.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) level: f64,
    pub(crate) front: f64,
    pub(crate) tail: f64,
    pub(crate) at: f64,
}

/// Why an amount does not fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Full {
    /// Microseconds until it fits, if nothing else comes: 1 at least. 0 where that is not known, for calls under way.
    pub(crate) wait: f64,
}

impl Meter {
    pub(crate) fn of_rate(rate: Rate) -> Self {
        let period = rate.period.as_micros() as f64;
        let limit = rate.limit as f64;
        match rate.algorithm {
            Algorithm::TokenBucket => Self::Bucket {
                rate: limit / period,
                burst: rate.capacity() as f64,
            },
            Algorithm::SlidingWindow => Self::Window {
                slot: period / SLOTS,
                limit,
            },
        }
    }

    /// The most that fits at once.
    pub(crate) fn capacity(&self) -> f64 {
        match self {
            Self::Bucket { burst, .. } => *burst,
            Self::Window { limit, .. } => *limit,
            Self::Gauge { most } => *most,
        }
    }

    pub(crate) fn new_state(&self, now: f64) -> State {
        match self {
            Self::Bucket { .. } => State::Bucket(Bucket {
                at: now,
                ..Bucket::default()
            }),
            Self::Window { .. } => State::Window(VecDeque::new()),
            Self::Gauge { .. } => State::Gauge(0.0),
        }
    }

    /// Whether an amount fits.
    pub(crate) fn check(&self, state: &State, amount: f64, now: f64) -> Result<(), Full> {
        let over = self.level(state, now) + amount - self.capacity();
        if over <= TOLERANCE {
            return Ok(());
        }
        Err(Full {
            wait: match (self, state) {
                (Self::Bucket { rate, .. }, _) => (over / rate).ceil().max(1.0),
                (Self::Window { slot, .. }, State::Window(slots)) => {
                    let last = last_to_leave(slots, oldest(*slot, now), over);
                    ((last + SLOTS + 1.0) * slot - now).ceil().max(1.0)
                }
                _ => 0.0,
            },
        })
    }

    /// Counts an amount, and gives its place: what [`Meter::settle`] finds it by.
    pub(crate) fn take(&self, state: &mut State, amount: f64, now: f64) -> f64 {
        self.bring_to_present(state, now);
        match (self, state) {
            (Self::Window { slot, .. }, State::Window(slots)) => {
                let current = (now / slot).floor();
                match slots.back_mut() {
                    Some((last, count)) if *last == current => *count += amount,
                    _ => slots.push_back((current, amount)),
                }
                current
            }
            (_, State::Bucket(bucket)) => {
                let place = bucket.tail;
                bucket.add(amount);
                place
            }
            (_, State::Gauge(count)) => {
                *count += amount;
                0.0
            }
            // A state is made by its meter.
            (_, State::Window(_)) => 0.0,
        }
    }

    /// Puts what was used in the place of what was taken.
    pub(crate) fn settle(&self, state: &mut State, place: f64, taken: f64, used: f64, now: f64) {
        self.bring_to_present(state, now);
        match state {
            State::Bucket(bucket) => bucket.settle(place, taken, used),
            State::Window(slots) => {
                // What has left the window is gone.
                if let Some((_, count)) = slots.iter_mut().find(|(slot, _)| *slot == place) {
                    *count += used - taken;
                }
            }
            State::Gauge(count) => *count -= taken - used,
        }
    }

    /// The same for a count that has begun anew since: nothing of what was taken is in it, so that nothing can be given back.
    /// What went beyond it is owed all the same; in a window it has long left.
    pub(crate) fn settle_anew(&self, state: &mut State, taken: f64, used: f64, now: f64) {
        self.bring_to_present(state, now);
        if let State::Bucket(bucket) = state
            && used > taken
        {
            bucket.add(used - taken);
        }
    }

    /// What counts now.
    pub(crate) fn level(&self, state: &State, now: f64) -> f64 {
        match (self, state) {
            (Self::Bucket { rate, .. }, State::Bucket(bucket)) => bucket.at_present(*rate, now).level,
            (Self::Window { slot, .. }, State::Window(slots)) => {
                let oldest = oldest(*slot, now);
                let within = slots.iter().filter(|(slot, _)| *slot >= oldest);
                within.fold(0.0, |sum, (_, count)| sum + count)
            }
            (_, State::Gauge(count)) => *count,
            _ => 0.0,
        }
    }

    fn bring_to_present(&self, state: &mut State, now: f64) {
        match (self, state) {
            (Self::Bucket { rate, .. }, State::Bucket(bucket)) => *bucket = bucket.at_present(*rate, now),
            (Self::Window { slot, .. }, State::Window(slots)) => {
                let oldest = oldest(*slot, now);
                while slots.front().is_some_and(|(slot, _)| *slot < oldest) {
                    slots.pop_front();
                }
            }
            _ => {}
        }
    }
}

/// The oldest slot that is still in the window: not all of it may be.
fn oldest(slot: f64, now: f64) -> f64 {
    (now / slot).floor() - SLOTS
}

/// The slot with which enough has left the window.
fn last_to_leave(slots: &VecDeque<(f64, f64)>, oldest: f64, mut over: f64) -> f64 {
    let mut last = 0.0;
    for (slot, count) in slots.iter().filter(|(slot, _)| *slot >= oldest) {
        last = *slot;
        over -= count;
        if over <= TOLERANCE {
            break;
        }
    }
    last
}

impl Bucket {
    fn at_present(&self, rate: f64, now: f64) -> Self {
        let gone = (now - self.at).max(0.0) * rate;
        let (level, front) = if gone >= self.level {
            (0.0, self.tail)
        } else {
            let passed = gone * (self.tail - self.front) / self.level;
            (self.level - gone, self.front + passed)
        };
        Self {
            level,
            front,
            tail: self.tail,
            at: now,
        }
    }

    fn add(&mut self, amount: f64) {
        self.level += amount;
        self.tail += amount;
    }

    fn settle(&mut self, place: f64, taken: f64, used: f64) {
        if used >= taken {
            self.add(used - taken);
            return;
        }
        let left = (place + taken - self.front).clamp(0.0, taken);
        self.level -= (taken - used).min(left).min(self.level);
    }
}

#[cfg(test)]
mod tests;
