//! Chooses the target that a call goes to next.

use std::sync::Arc;
use std::time::Duration;

use router_core::Usage;
use tokio::time::Instant;

use super::{List, Next, Pass, Stage};
use crate::bound::Bound;
use crate::flight::Flight;
use crate::health::Standing;
use crate::pick::{Choice, Places};
use crate::strategy::Strategy;
use crate::target::Target;

/// The tokens that an answer is taken to have when costs are compared, where the request allows so many.
const EXPECTED_OUTPUT_TOKENS: u64 = 500;

impl Pass<'_> {
    /// What comes next; `None` when targets have failed and no other can be asked.
    pub(super) fn next(&mut self) -> Option<Next> {
        let inner = self.inner;
        let mut rng = inner.rng();
        let now = Instant::now();
        // What failed before is asked again only when nothing else is left.
        for again in [false, true] {
            for list in self.lists() {
                if let Some(place) = self.choose(*list, again, now, &mut rng) {
                    return Some(Next::Fly(self.begin(place, now)));
                }
            }
            if self.failed_before.is_empty() {
                break;
            }
        }
        self.tried
            .is_empty()
            .then(|| self.when_none_is_ready(now, &mut rng))
    }

    pub(super) fn begin(&self, place: usize, now: Instant) -> Flight {
        let (inner, pool) = (Arc::clone(self.inner), Arc::clone(&self.pool));
        let mut flight = Flight::begin(inner, pool, place, self.call.mode, now);
        flight.stands_in = self.stands_in(place, self.pool.settings.strategy == Strategy::Failover);
        flight
    }

    fn lists(&self) -> &'static [List] {
        match self.stage {
            _ if self.alone => &[List::Route],
            Stage::Any => &[List::Route, List::Any],
            Stage::Longer(_) => &[List::Route, List::ContextLength, List::Any],
            Stage::Unfiltered => &[List::ContentFiltered],
        }
    }

    fn members(&self, list: List) -> &[usize] {
        match list {
            List::Route => &self.pool.route,
            List::Any => &self.pool.fallbacks.any,
            List::ContextLength => &self.pool.fallbacks.context_length,
            List::ContentFiltered => &self.pool.fallbacks.content_filtered,
        }
    }

    /// The route's own targets that may be asked, their health and the call's needs aside.
    pub(super) fn admitted(&self) -> Vec<usize> {
        let route = self.members(List::Route).iter().copied();
        route.filter(|place| self.admits(List::Route, *place)).collect()
    }

    /// Whether a target may be asked, its health and the call's needs aside.
    fn admits(&self, list: List, place: usize) -> bool {
        let target = &self.pool.targets[place];
        let named = matches!(self.bound, Bound::Named(_));
        if target.stats.is_draining() || (target.weight == 0 && !named) || !self.bound.allows(target) {
            return false;
        }
        // With no other allowed, a call stays with the one that it went to first.
        let other = self.alone && !self.failed_before.is_empty() && !self.failed_before.contains(&place);
        if other || self.tried.contains(&place) {
            return false;
        }
        match self.stage {
            Stage::Longer(than) if list != List::ContextLength => {
                let known = than.zip(target.window(&self.call));
                known.is_some_and(|(than, window)| window > than)
            }
            _ => true,
        }
    }

    pub(super) fn is_unfit(&self, place: usize) -> bool {
        self.unfit.iter().any(|(unfit, _)| *unfit == place)
    }

    /// One of a list that can be asked now.
    pub(super) fn choose(
        &mut self,
        list: List,
        again: bool,
        now: Instant,
        rng: &mut fastrand::Rng,
    ) -> Option<usize> {
        self.tell_unfit(list);
        let health = &self.pool.settings.health;
        let (mut ready, mut spare, mut ejected) = (Places::new(), Places::new(), Places::new());
        let (mut open, mut usable) = (0_u32, 0_u32);
        for place in self.members(list).iter().copied() {
            let failed = self.failed_before.contains(&place) && !again && !self.alone;
            if failed || !self.admits(list, place) || self.is_unfit(place) {
                continue;
            }
            open += 1;
            let target = &self.pool.targets[place];
            let known = target.stats.known();
            let standing = known.health.standing(now, health);
            usable += u32::from(standing.is_usable());
            match standing {
                Standing::Ready | Standing::Trial => ready.push(place),
                Standing::Growing(share) if rng.f64() < share => ready.push(place),
                Standing::Growing(_) | Standing::OnTrial => spare.push(place),
                Standing::Cooling(cooldown) if cooldown.asked || known.health.is_on_trial() => {}
                Standing::Cooling(_) => ejected.push(place),
            }
        }
        if f64::from(usable) < f64::from(open) * health.panic_threshold {
            ready.append(&mut ejected);
            ready.sort_unstable();
        }
        if ready.is_empty() {
            // While one call tries a target, those that may wait do so.
            let waits = usable == 0 && self.tried.is_empty() && !self.may_wait().is_zero();
            if waits {
                return None;
            }
            ready = spare;
        }
        self.one_of(list, ready, now, rng)
    }

    /// One of these, which are in a list.
    pub(super) fn one_of(
        &self,
        list: List,
        mut places: Places,
        now: Instant,
        rng: &mut fastrand::Rng,
    ) -> Option<usize> {
        let preferred = |place: &usize| self.bound.prefers(&self.pool.targets[*place]);
        if places.iter().any(preferred) {
            places.retain(|place| preferred(place));
        }
        if list != List::Route {
            // Fallbacks are an order.
            let mut order = self.members(list).iter().copied();
            return order.find(|place| places.contains(place));
        }
        let settings = &self.pool.settings;
        let choice = Choice {
            targets: &self.pool.targets,
            strategy: settings.strategy,
            mode: self.call.mode,
            now,
            decay: settings.latency_decay,
            sticky: self.sticky,
            cost: &|target| self.cost(target),
        };
        choice.of(&mut places, rng)
    }

    /// What the call is expected to cost at a target.
    fn cost(&self, target: &Target) -> Option<f64> {
        let most = self.call.operation.max_output_tokens();
        let output = most.map_or(EXPECTED_OUTPUT_TOKENS, |most| most.min(EXPECTED_OUTPUT_TOKENS));
        let usage = Usage::new(self.tokens, output);
        match target.price {
            Some(price) => Some(price * usage.total_tokens() as f64 / 1e6),
            None => {
                let prices = self.pool.settings.prices.as_ref()?;
                prices.price(target.provider.id(), target.model_of(&self.call), &usage)
            }
        }
    }

    /// How long the call may still wait for a recovery.
    pub(super) fn may_wait(&self) -> Duration {
        let left = self.pool.settings.wait.saturating_sub(self.waited);
        self.time_left().map_or(left, |deadline| deadline.min(left))
    }

    /// Whether a target stands in for others: it is of a list of fallbacks, or of the route and others come before it. Those are
    /// of an earlier tier, or, where the route is an order, earlier in it.
    pub(super) fn stands_in(&self, place: usize, is_order: bool) -> bool {
        let targets = &self.pool.targets;
        let rank = |place: usize| (targets[place].priority, if is_order { place } else { 0 });
        let is_before = |other: &usize| {
            rank(*other) < rank(place)
                && targets[*other].weight > 0
                && !targets[*other].stats.is_draining()
                && !self.is_unfit(*other)
        };
        let route = self.members(List::Route);
        !route.contains(&place) || route.iter().any(is_before)
    }

    /// Puts into the trail which targets of a list cannot take the call.
    fn tell_unfit(&mut self, list: List) {
        let bit = 1 << list as u8;
        if self.told & bit != 0 || self.unfit.is_empty() {
            return;
        }
        self.told |= bit;
        for (place, lacks) in &self.unfit {
            if self.members(list).contains(place) {
                self.decide(format!("skipped {}: {lacks}", self.pool.targets[*place].name));
            }
        }
    }
}
