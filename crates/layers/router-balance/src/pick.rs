//! Chooses one target of several that can be asked.

use std::sync::Arc;
use std::time::Duration;

use router_core::call::Mode;
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::sticky;
use crate::strategy::Strategy;
use crate::target::Target;

/// Places of targets in their list. There are seldom more than eight.
pub(crate) type Places = SmallVec<[usize; 8]>;

/// What a choice is made by.
pub(crate) struct Choice<'a> {
    pub(crate) targets: &'a [Arc<Target>],
    pub(crate) strategy: Strategy,
    pub(crate) mode: Mode,
    pub(crate) now: Instant,
    pub(crate) decay: Duration,
    /// Calls of one key go to one target.
    pub(crate) sticky: Option<u64>,
    /// What the call costs at a target, in US dollars.
    pub(crate) cost: &'a dyn Fn(&Target) -> Option<f64>,
}

/// Prices closer than this are the same.
const SAME_PRICE: f64 = 1e-12;

impl Choice<'_> {
    /// One of `candidates`, which are places in `targets`; `None` when there are none.
    pub(crate) fn of(&self, candidates: &mut Places, rng: &mut fastrand::Rng) -> Option<usize> {
        let first = candidates
            .iter()
            .map(|place| self.targets[*place].priority)
            .min()?;
        candidates.retain(|place| self.targets[*place].priority == first);
        if candidates.len() == 1 {
            return candidates.first().copied();
        }
        if let Some(key) = self.sticky {
            return sticky::rendezvous(key, self.targets, candidates);
        }
        match self.strategy {
            Strategy::RoundRobin => self.in_turn(candidates, |_| 1),
            Strategy::Weighted => self.in_turn(candidates, |target| target.weight),
            Strategy::Random => self.by_chance(candidates, rng),
            Strategy::LeastLatency => self.less_waiting(candidates, rng),
            Strategy::LeastBusy => self.least_busy(candidates, rng),
            Strategy::LowestCost => self.cheapest(candidates),
            Strategy::Failover => candidates.first().copied(),
        }
    }

    /// Smooth weighted round robin, as nginx does it: each gains its weight, who has most is chosen and pays for all.
    fn in_turn(&self, candidates: &[usize], weight: impl Fn(&Target) -> u32) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<(usize, i64)> = None;
        for place in candidates {
            let target = &self.targets[*place];
            let weight = i64::from(weight(target));
            total += weight;
            let mut known = target.stats.known();
            known.turn += weight;
            if best.is_none_or(|(_, most)| known.turn > most) {
                best = Some((*place, known.turn));
            }
        }
        let (place, _) = best?;
        self.targets[place].stats.known().turn -= total;
        Some(place)
    }

    fn by_chance(&self, candidates: &[usize], rng: &mut fastrand::Rng) -> Option<usize> {
        let weight = |place: &usize| u64::from(self.targets[*place].weight);
        let total: u64 = candidates.iter().map(weight).sum();
        let mut left = rng.u64(0..total.max(1));
        candidates.iter().copied().find(|place| {
            let weight = weight(place);
            let found = left < weight;
            left = left.saturating_sub(weight);
            found
        })
    }

    /// The power of two choices: nearly as good as the best of all, and not everybody runs to the same one.
    fn less_waiting(&self, candidates: &[usize], rng: &mut fastrand::Rng) -> Option<usize> {
        let one = rng.usize(0..candidates.len());
        let other = (one + rng.usize(1..candidates.len())) % candidates.len();
        let (one, other) = (candidates[one], candidates[other]);
        let latency = |place: usize| {
            self.targets[place]
                .stats
                .known()
                .latency(self.mode)
                .estimate(self.now, self.decay)
        };
        let (of_one, of_other) = (latency(one), latency(other));
        // A target that nothing is known of counts as fast as the other, so that calls under way decide.
        let known = of_one.or(of_other).unwrap_or(1.0);
        let waiting = |place: usize, latency: Option<f64>| {
            let target = &self.targets[place];
            latency.unwrap_or(known) * f64::from(target.stats.in_flight() + 1) / f64::from(target.weight)
        };
        let (for_one, for_other) = (waiting(one, of_one), waiting(other, of_other));
        // At equal terms it is the one to learn of.
        let takes_one =
            for_one < for_other || (for_one == for_other && (of_one.is_none() || of_other.is_some()));
        let (winner, loser) = if takes_one { (one, other) } else { (other, one) };
        self.targets[loser].stats.known().latency_mut(self.mode).lost();
        Some(winner)
    }

    fn least_busy(&self, candidates: &[usize], rng: &mut fastrand::Rng) -> Option<usize> {
        let busy = |place: &usize| {
            let target = &self.targets[*place];
            f64::from(target.stats.in_flight() + 1) / f64::from(target.weight)
        };
        let least = candidates.iter().map(busy).min_by(f64::total_cmp)?;
        let idle = candidates.iter().filter(|place| busy(place) <= least);
        let chosen = rng.usize(0..idle.clone().count().max(1));
        idle.copied().nth(chosen)
    }

    fn cheapest(&self, candidates: &mut Places) -> Option<usize> {
        let cost = |place: &usize| (self.cost)(&self.targets[*place]).unwrap_or(f64::INFINITY);
        let least = candidates.iter().map(cost).min_by(f64::total_cmp)?;
        candidates.retain(|place| cost(place) <= least + SAME_PRICE);
        self.in_turn(candidates, |target| target.weight)
    }
}

#[cfg(test)]
mod tests;
