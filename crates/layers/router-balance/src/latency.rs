//! How long a target takes: an average that jumps to peaks, and is forgotten while others are asked.

use std::time::Duration;

use tokio::time::Instant;

/// The most that one sample moves the average down: with few calls, time alone would make it the last sample.
const STEP: f64 = 0.3;

/// How often a target has to lose against others until its average has fallen to 1/e.
const LOSSES: f64 = 64.0;

/// A peak-sensitive moving average. A slow answer counts at once, a fast one little by little.
///
/// A target that is never asked gives no samples, so its average falls by itself: by time, but no further than by how often
/// others were preferred. So a target that was slow is tried again, and is neither tried all the time where calls are few,
/// nor by every second call where they are many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latency {
    /// Seconds, and when they were known.
    average: Option<(f64, Instant)>,
    losses: u32,
}

impl Latency {
    /// Takes in how long an answer took.
    pub(crate) fn observe(&mut self, took: Duration, now: Instant, decay: Duration) {
        let sample = took.as_secs_f64();
        let average = match (self.average, self.estimate(now, decay)) {
            (Some((_, at)), Some(estimate)) if sample < estimate => {
                let step = 1.0 - (-age(at, now, decay)).exp();
                estimate + (sample - estimate) * step.clamp(0.0, STEP)
            }
            _ => sample,
        };
        *self = Self {
            average: Some((average, now)),
            losses: 0,
        };
    }

    /// Takes in that an answer had not come after so long, when nobody waited any longer.
    pub(crate) fn observe_at_least(&mut self, waited: Duration, now: Instant, decay: Duration) {
        if self
            .estimate(now, decay)
            .is_none_or(|known| waited.as_secs_f64() > known)
        {
            self.observe(waited, now, decay);
        }
    }

    /// Seconds that an answer is expected to take; `None` before the first answer.
    pub(crate) fn estimate(&self, now: Instant, decay: Duration) -> Option<f64> {
        let (average, at) = self.average?;
        let forgotten = age(at, now, decay).min(f64::from(self.losses) / LOSSES);
        Some(average * (-forgotten).exp())
    }

    /// Whether there is an average.
    pub(crate) fn is_known(&self) -> bool {
        self.average.is_some()
    }

    /// Another target was preferred.
    pub(crate) fn lost(&mut self) {
        self.losses = self.losses.saturating_add(1);
    }

    /// The average as it was last known.
    pub(crate) fn average(&self) -> Option<Duration> {
        self.average
            .map(|(average, _)| Duration::try_from_secs_f64(average).unwrap_or(Duration::MAX))
    }
}

/// The time since `at`, in times of `decay`.
fn age(at: Instant, now: Instant, decay: Duration) -> f64 {
    let decay = decay.as_secs_f64().max(1e-9);
    now.saturating_duration_since(at).as_secs_f64() / decay
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECAY: Duration = Duration::from_secs(10);

    fn close(found: Option<f64>, expected: f64) {
        let found = found.expect("a known average");
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn peaks_count_at_once_and_fade_slowly() {
        let now = Instant::now();
        let mut latency = Latency::default();
        assert_eq!(latency.estimate(now, DECAY), None);
        latency.observe(Duration::from_millis(100), now, DECAY);
        latency.observe(Duration::from_secs(2), now, DECAY);
        close(latency.estimate(now, DECAY), 2.0);
        let later = now + DECAY;
        latency.observe(Duration::from_secs(1), later, DECAY);
        close(latency.estimate(later, DECAY), 2.0 - STEP);
    }

    #[test]
    fn neither_time_nor_losses_alone_forget() {
        let now = Instant::now();
        let mut latency = Latency::default();
        latency.observe(Duration::from_secs(1), now, DECAY);
        close(latency.estimate(now + DECAY * 100, DECAY), 1.0);
        for _ in 0..LOSSES as u32 * 100 {
            latency.lost();
        }
        close(latency.estimate(now, DECAY), 1.0);
        close(latency.estimate(now + DECAY, DECAY), (-1.0_f64).exp());
    }

    #[test]
    fn what_was_forgotten_does_not_come_back() {
        let now = Instant::now();
        let mut latency = Latency::default();
        latency.observe(Duration::from_secs(1), now, DECAY);
        for _ in 0..LOSSES as u32 * 3 {
            latency.lost();
        }
        let later = now + DECAY * 3;
        let estimate = (-3.0_f64).exp();
        latency.observe(Duration::ZERO, later, DECAY);
        close(latency.estimate(later, DECAY), estimate * (1.0 - STEP));
    }

    #[test]
    fn who_gives_up_tells_how_long_it_waited() {
        let now = Instant::now();
        let mut latency = Latency::default();
        latency.observe(Duration::from_secs(1), now, DECAY);
        latency.observe_at_least(Duration::from_millis(500), now, DECAY);
        close(latency.estimate(now, DECAY), 1.0);
        latency.observe_at_least(Duration::from_secs(5), now, DECAY);
        close(latency.estimate(now, DECAY), 5.0);
    }
}
