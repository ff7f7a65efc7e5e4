//! Asks a second target when the first is slow, and takes the answer that comes first.

use std::time::Duration;

use router_core::call::Mode;
use router_core::human;
use serde::{Deserialize, Serialize};

/// How many latencies are kept.
const KEPT: usize = 128;

/// Fewer latencies than this say nothing about a percentile.
const FEWEST: usize = 20;

/// The most second calls that a quiet time saves up.
const SAVED: f64 = 10.0;

/// When a second target is asked, and how often at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HedgeConfig {
    /// A second target is asked when the first takes longer than this share of the latest calls took, 0 to 1: 0.95. It takes 20
    /// calls to know; whole answers and streams (until their first content) are counted apart.
    pub percentile: f64,
    /// A second target is asked after this time, in the place of the percentile.
    #[serde(with = "human::optional_duration")]
    pub delay: Option<Duration>,
    /// The most second calls, as a share of all calls: 0.1.
    pub max_share: f64,
}

impl Default for HedgeConfig {
    fn default() -> Self {
        Self {
            percentile: 0.95,
            delay: None,
            max_share: 0.1,
        }
    }
}

/// What hedging knows: the latest latencies, and how many second calls are left.
#[derive(Debug, Default)]
pub(crate) struct Hedging {
    full: Latest,
    stream: Latest,
    saved: f64,
}

/// The latest latencies, in seconds.
#[derive(Debug, Default)]
struct Latest {
    seconds: Vec<f32>,
    next: usize,
}

impl Latest {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f32();
        if self.seconds.len() < KEPT {
            self.seconds.push(seconds);
        } else {
            self.seconds[self.next] = seconds;
            self.next = (self.next + 1) % KEPT;
        }
    }

    fn percentile(&self, share: f64) -> Option<Duration> {
        if self.seconds.len() < FEWEST {
            return None;
        }
        let mut sorted = [0.0; KEPT];
        let sorted = &mut sorted[..self.seconds.len()];
        sorted.copy_from_slice(&self.seconds);
        let rank = (share * (sorted.len() - 1) as f64).round() as usize;
        let (_, found, _) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
        Duration::try_from_secs_f32(*found).ok()
    }
}

impl Hedging {
    pub(crate) fn answered(&mut self, mode: Mode, took: Duration) {
        match mode {
            Mode::Full => self.full.add(took),
            Mode::Stream => self.stream.add(took),
        }
    }

    /// A call goes out: the time after which a second one does, where there is one.
    pub(crate) fn begin(&mut self, config: &HedgeConfig, mode: Mode) -> Option<Duration> {
        self.saved = (self.saved + config.max_share).min(SAVED);
        config.delay.or_else(|| match mode {
            Mode::Full => self.full.percentile(config.percentile),
            Mode::Stream => self.stream.percentile(config.percentile),
        })
    }

    /// Takes one second call from those that are left.
    pub(crate) fn take(&mut self) -> bool {
        let left = self.saved >= 1.0;
        if left {
            self.saved -= 1.0;
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_of_the_latest() {
        let mut hedging = Hedging::default();
        let config = HedgeConfig::default();
        for millis in 1..FEWEST as u64 {
            hedging.answered(Mode::Full, Duration::from_millis(millis));
        }
        assert_eq!(hedging.begin(&config, Mode::Full), None, "too few");
        for millis in 1..=100 {
            hedging.answered(Mode::Full, Duration::from_millis(millis));
        }
        for millis in 101..=100 + KEPT as u64 {
            hedging.answered(Mode::Full, Duration::from_millis(millis));
        }
        let delay = hedging.begin(&config, Mode::Full).expect("enough");
        assert_eq!(delay.as_millis(), 222, "of 101 to 228, the older ones are gone");
        assert_eq!(hedging.begin(&config, Mode::Stream), None, "streams are apart");
    }

    #[test]
    fn second_calls_are_a_share_of_all() {
        let mut hedging = Hedging::default();
        let config = HedgeConfig {
            delay: Some(Duration::ZERO),
            ..HedgeConfig::default()
        };
        let taken = (0..1000).filter(|_| {
            hedging.begin(&config, Mode::Full);
            hedging.take()
        });
        let taken = taken.count();
        assert!((99..=100).contains(&taken), "{taken} of 1000");
        for _ in 0..1000 {
            hedging.begin(&config, Mode::Full);
        }
        let burst = (0..100).filter(|_| hedging.take()).count();
        assert_eq!(burst, 10, "a quiet time saves up ten");
    }
}
