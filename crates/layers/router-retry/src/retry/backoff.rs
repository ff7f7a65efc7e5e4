//! How long to wait before the next attempt: what the vendor asks for, else a random part of a bound that doubles.

use std::time::Duration;

/// The part of a wait that was asked for which is added at most, so that those who were refused together do not come back
/// together: a twenty-fifth.
const SPREAD: u32 = 25;

/// The wait before retry number `retry`, counted from 1.
pub(super) fn wait(
    asked: Option<Duration>,
    base: Duration,
    cap: Duration,
    retry: u32,
    random: &mut fastrand::Rng,
) -> Duration {
    match asked {
        Some(asked) if !asked.is_zero() => asked.saturating_add(up_to(asked / SPREAD, random)),
        _ => {
            let doublings = retry.saturating_sub(1).min(31);
            up_to(base.saturating_mul(1 << doublings).min(cap), random)
        }
    }
}

/// A random time up to a bound: "full jitter"
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
fn up_to(bound: Duration, random: &mut fastrand::Rng) -> Duration {
    let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.u64(0..=nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn bounds_double_up_to_the_cap() {
        let mut random = fastrand::Rng::with_seed(1);
        for (retry, bound) in [(1, 1), (2, 2), (3, 4), (4, 5), (5, 5), (u32::MAX, 5)] {
            let waits: Vec<Duration> = (0..2000)
                .map(|_| wait(None, SECOND, 5 * SECOND, retry, &mut random))
                .collect();
            let bound = bound * SECOND;
            let mean = waits.iter().sum::<Duration>() / 2000;
            assert!(waits.iter().all(|wait| *wait <= bound));
            assert!(waits.iter().any(|wait| *wait < bound / 10), "from nothing on");
            assert!(waits.iter().any(|wait| *wait > bound * 9 / 10), "up to the bound");
            assert!(
                mean > bound * 45 / 100 && mean < bound * 55 / 100,
                "evenly: {mean:?} of {bound:?}"
            );
        }
    }

    #[test]
    fn what_is_asked_for_is_never_cut_short() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..1000 {
            let found = wait(Some(2 * SECOND), SECOND, SECOND, 3, &mut random);
            assert!(
                found >= 2 * SECOND && found <= 2 * SECOND + 2 * SECOND / SPREAD,
                "{found:?}"
            );
        }
        let longest = wait(Some(Duration::MAX), SECOND, SECOND, 1, &mut random);
        assert_eq!(longest, Duration::MAX, "absurd waits do not overflow");
        // "At once" is no reason to hammer.
        let found = (0..1000).map(|_| wait(Some(Duration::ZERO), SECOND, SECOND, 1, &mut random));
        assert!(found.max() > Some(SECOND / 2));
    }
}
