//! The arithmetic against others' and against what it promises.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};
use proptest::prelude::*;

use super::*;

fn bucket(limit: u64, period: Duration, burst: u64) -> Meter {
    Meter::of_rate(Rate::new(limit, period).with_burst(burst))
}

/// Takes if it fits.
fn ask(meter: &Meter, state: &mut State, amount: f64, now: f64) -> Option<f64> {
    meter.check(state, amount, now).ok()?;
    Some(meter.take(state, amount, now))
}

proptest! {
    /// The leaky bucket and the theoretical arrival time of GCRA are the same thing.
    #[test]
    fn buckets_decide_as_governor(
        per_minute in prop::sample::select(vec![1_u64, 6, 60, 600, 60_000]),
        burst in 1_u64..50,
        arrivals in prop::collection::vec((0_u64..3_000, 1_u64..5), 1..200),
    ) {
        let clock = FakeRelativeClock::default();
        let quota = Quota::with_period(Duration::from_secs(60) / per_minute as u32)
            .unwrap()
            .allow_burst(NonZeroU32::new(burst as u32).unwrap());
        let theirs = RateLimiter::direct_with_clock(quota, clock.clone());
        let ours = bucket(per_minute, Duration::from_secs(60), burst);
        let mut state = ours.new_state(0.0);
        let mut now = 0;
        for (wait, amount) in arrivals {
            clock.advance(Duration::from_millis(wait));
            now += wait;
            let amount = amount.min(burst);
            let theirs = theirs.check_n(NonZeroU32::new(amount as u32).unwrap()).unwrap().is_ok();
            let ours = ask(&ours, &mut state, amount as f64, (now * 1000) as f64).is_some();
            prop_assert_eq!(ours, theirs, "at {} ms", now);
        }
    }

    /// What is said to be the wait is the wait: then it fits, and a moment earlier it does not.
    #[test]
    fn waits_are_exact(
        is_window: bool,
        limit in 1_u64..1_000,
        arrivals in prop::collection::vec((0_u64..20_000_000, 1_u64..50), 1..100),
    ) {
        let rate = Rate::per_minute(limit);
        let meter = Meter::of_rate(if is_window { rate.sliding_window() } else { rate });
        let mut state = meter.new_state(0.0);
        let mut now = 0.0;
        for (elapsed, amount) in arrivals {
            now += elapsed as f64;
            let amount = amount.min(limit) as f64;
            if let Err(full) = meter.check(&state, amount, now) {
                prop_assert!(full.wait >= 1.0);
                // A millionth is let pass, and takes this long to run out.
                let moment = 1.0 + 1.1 * TOLERANCE * 60e6 / limit as f64;
                if full.wait > moment {
                    prop_assert!(meter.check(&state, amount, now + full.wait - moment).is_err());
                }
                now += full.wait;
                // A slot begins at a fraction of a microsecond; then it is the next one.
                if meter.check(&state, amount, now).is_err() {
                    now += 1.0;
                }
                prop_assert!(meter.check(&state, amount, now).is_ok(), "after the wait");
            }
            meter.take(&mut state, amount, now);
        }
    }

    /// Over any window of the period: a sliding window lets through its limit, a bucket its limit and its burst.
    #[test]
    fn windows_hold(
        is_window: bool,
        limit in 1_u64..100,
        arrivals in prop::collection::vec((0_u64..3_000_000, 1_u64..10), 1..300),
    ) {
        let rate = Rate::per_minute(limit);
        let meter = Meter::of_rate(if is_window { rate.sliding_window() } else { rate });
        let most = if is_window { limit } else { 2 * limit };
        let mut state = meter.new_state(0.0);
        let mut passed: Vec<(f64, f64)> = Vec::new();
        let mut now = 0.0;
        for (elapsed, amount) in arrivals {
            now += elapsed as f64;
            if ask(&meter, &mut state, amount as f64, now).is_some() {
                passed.push((now, amount as f64));
            }
        }
        for (from, _) in &passed {
            let within = passed.iter().filter(|(at, _)| (*from..from + 60e6).contains(at));
            let sum: f64 = within.map(|(_, amount)| amount).sum();
            prop_assert!(sum <= most as f64, "{} from {}", sum, from);
        }
    }

    /// Estimates that are settled let no more through than the limit, the burst, and what one call used beyond its estimate.
    #[test]
    fn settling_makes_no_room_out_of_nothing(
        is_window: bool,
        calls in prop::collection::vec((0_u64..2_000_000, 1_u64..300, 0_u64..300, 0_u64..90_000_000), 1..300),
    ) {
        let limit = 1_000;
        let rate = Rate::per_minute(limit);
        let meter = Meter::of_rate(if is_window { rate.sliding_window() } else { rate });
        let most = if is_window { limit } else { 2 * limit };
        let mut state = meter.new_state(0.0);
        let mut open: Vec<(f64, f64, f64, f64)> = Vec::new();
        let mut used_at: Vec<(f64, f64)> = Vec::new();
        let mut now = 0.0;
        for (elapsed, estimate, used, duration) in calls {
            now += elapsed as f64;
            open.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
            while open.first().is_some_and(|(ends, ..)| *ends <= now) {
                let (ends, place, estimate, used) = open.remove(0);
                meter.settle(&mut state, place, estimate, used, ends);
            }
            let (estimate, used) = (estimate as f64, (used.min(estimate)) as f64);
            if let Some(place) = ask(&meter, &mut state, estimate, now) {
                open.push((now + duration as f64, place, estimate, used));
                used_at.push((now, used));
            }
        }
        for (from, _) in &used_at {
            let within = used_at.iter().filter(|(at, _)| (*from..from + 60e6).contains(at));
            let sum: f64 = within.map(|(_, used)| used).sum();
            prop_assert!(sum <= most as f64 + 0.001, "{} from {}", sum, from);
        }
        // All is given back: in the end nothing counts.
        for (ends, place, estimate, used) in open {
            meter.settle(&mut state, place, estimate, used, now.max(ends));
        }
        let level = meter.level(&state, now + 1e12);
        prop_assert!(level == 0.0, "{}", level);
    }
}

/// Places in the queue: what has run out cannot be given back, what has not can, and nobody else's is touched.
#[test]
fn only_what_is_left_is_given_back() {
    let meter = bucket(1_000, Duration::from_secs(60), 1_000);
    let mut state = meter.new_state(0.0);
    let first = ask(&meter, &mut state, 1_000.0, 0.0).unwrap();
    // After half a minute half of the first has run out.
    let second = ask(&meter, &mut state, 500.0, 30e6).unwrap();
    meter.settle(&mut state, first, 1_000.0, 0.0, 30e6);
    assert_eq!(
        meter.level(&state, 30e6),
        500.0,
        "the second is still there, and all of it"
    );
    meter.settle(&mut state, second, 500.0, 100.0, 30e6);
    assert_eq!(meter.level(&state, 30e6), 100.0);
    // Long after, there is nothing of the third to give back, and the fourth stays whole.
    let third = ask(&meter, &mut state, 900.0, 30e6).unwrap();
    let fourth = ask(&meter, &mut state, 1_000.0, 100e6).unwrap();
    meter.settle(&mut state, third, 900.0, 0.0, 100e6);
    assert_eq!(meter.level(&state, 100e6), 1_000.0);
    meter.settle(&mut state, fourth, 1_000.0, 1_200.0, 100e6);
    assert_eq!(
        meter.level(&state, 100e6),
        1_200.0,
        "what went beyond the estimate is owed"
    );
}
