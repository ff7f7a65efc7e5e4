//! A thousand targets, simulated: calls arrive evenly, targets slow down under load, and some are slow anyway.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use router_core::Scripted;

use super::*;

const TARGETS: usize = 1000;
const CALLS: u64 = 20_000;
/// Calls that are not counted, while nothing is known of most targets.
const WARM_UP: u64 = 8_000;

/// What a strategy makes of it.
struct Outcome {
    /// Seconds, sorted.
    latencies: Vec<f64>,
    /// The share of calls that went to the slow twentieth of the targets.
    slow_share: f64,
    /// The most calls that were under way at one target.
    most: u32,
}

impl Outcome {
    fn mean(&self) -> f64 {
        self.latencies.iter().sum::<f64>() / self.latencies.len() as f64
    }

    fn percentile(&self, share: f64) -> f64 {
        self.latencies[(share * (self.latencies.len() - 1) as f64) as usize]
    }
}

/// Seconds that a target takes when it has nothing else to do: 100 to 300 ms, and two to six seconds for every twentieth.
fn speed(place: usize, rng: &mut fastrand::Rng) -> f64 {
    let usual = 0.1 + 0.2 * rng.f64();
    if place.is_multiple_of(20) {
        usual * 20.0
    } else {
        usual
    }
}

fn simulate(strategy: Strategy) -> Outcome {
    let mut rng = fastrand::Rng::with_seed(11);
    let targets: Vec<Arc<Target>> = (0..TARGETS)
        .map(|place| Arc::new(Target::new(Scripted::new()).with_name(format!("{place}"))))
        .collect();
    let speeds: Vec<f64> = (0..TARGETS).map(|place| speed(place, &mut rng)).collect();
    let start = Instant::now();
    let decay = Duration::from_secs(10);
    // Half of what all of them could do.
    let between = Duration::from_micros(200);
    let mut under_way: BinaryHeap<Reverse<(Duration, usize, Duration)>> = BinaryHeap::new();
    let mut outcome = Outcome {
        latencies: Vec::new(),
        slow_share: 0.0,
        most: 0,
    };
    let (mut slow, mut candidates) = (0, Places::new());
    for call in 0..CALLS {
        let now = between * u32::try_from(call).expect("few calls");
        while let Some(Reverse((end, place, took))) = under_way.peek().copied().filter(|next| next.0.0 <= now)
        {
            under_way.pop();
            let stats = &targets[place].stats;
            stats.leave();
            stats
                .known()
                .latency_mut(Mode::Full)
                .observe(took, start + end, decay);
        }
        let choice = Choice {
            targets: &targets,
            strategy,
            mode: Mode::Full,
            now: start + now,
            decay,
            sticky: None,
            cost: &|_| None,
        };
        candidates.clear();
        candidates.extend(0..TARGETS);
        let place = choice.of(&mut candidates, &mut rng).expect("there are targets");
        let stats = &targets[place].stats;
        stats.enter();
        let load = stats.in_flight();
        let seconds = speeds[place] * (0.5 + rng.f64()) * (1.0 + f64::from(load - 1) / 4.0);
        let took = Duration::from_secs_f64(seconds);
        under_way.push(Reverse((now + took, place, took)));
        if call >= WARM_UP {
            outcome.latencies.push(seconds);
            outcome.most = outcome.most.max(load);
            slow += usize::from(place.is_multiple_of(20));
        }
    }
    outcome.slow_share = slow as f64 / outcome.latencies.len() as f64;
    outcome.latencies.sort_by(f64::total_cmp);
    outcome
}

#[test]
fn two_choices_of_a_thousand_targets_are_nearly_as_good_as_knowing_all() {
    let (random, informed) = (simulate(Strategy::Random), simulate(Strategy::LeastLatency));
    // 200 ms is the mean of an idle target that is not slow, and nothing can do better than the fast ones.
    println!(
        "mean {:.3} s by chance, {:.3} s by least latency; p99 {:.3} s and {:.3} s; slow ones get {:.3} and {:.4}; most {} and {}",
        random.mean(),
        informed.mean(),
        random.percentile(0.99),
        informed.percentile(0.99),
        random.slow_share,
        informed.slow_share,
        random.most,
        informed.most
    );
    assert!(informed.slow_share < 0.01, "{}", informed.slow_share);
    assert!((0.04..0.06).contains(&random.slow_share), "{}", random.slow_share);
    assert!(
        informed.mean() < random.mean() * 0.6,
        "{} and {}",
        informed.mean(),
        random.mean()
    );
    assert!(informed.percentile(0.99) < random.percentile(0.99) / 4.0);
    assert!(informed.most <= 10, "nobody is run over: {}", informed.most);
}
