//! What becomes of a call when no target can be asked.

use std::cmp::Reverse;
use std::time::Duration;

use router_core::{Error, ErrorKind};
use tokio::time::Instant;

use super::{List, Next, Pass, Stage, shown};
use crate::bound::Bound;
use crate::health::Standing;
use crate::pool::config;

/// When to look again at a target that another call tries.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Pass<'_> {
    pub(super) fn when_none_is_ready(&mut self, now: Instant, rng: &mut fastrand::Rng) -> Next {
        let admitted = self.admitted();
        let mut fit = admitted.clone();
        fit.retain(|place| !self.is_unfit(*place));
        let Some(left) = self.soonest_recovery(&fit, now) else {
            return self.when_none_fits(&admitted, now, rng);
        };
        if left <= self.may_wait() {
            return Next::Wait(left);
        }
        let error = self.all_cool(&fit, left, now);
        if self.pool.settings.health.panic_threshold > 0.0
            && let Some(place) = self.one_of(List::Route, fit.into(), now, rng)
        {
            self.decide("asks all the same: no target can be asked");
            return Next::Fly(self.begin(place, now));
        }
        Next::Fail(error)
    }

    /// No target can take the call. A prompt that is only estimated to be too long goes to where it is most likely to fit.
    fn when_none_fits(&mut self, admitted: &[usize], now: Instant, rng: &mut fastrand::Rng) -> Next {
        let mut too_long = admitted.to_vec();
        too_long.retain(|place| {
            let lacks = self.unfit.iter().find(|(unfit, _)| unfit == place);
            lacks.is_some_and(|(_, lacks)| lacks.operation.is_none() && lacks.features.is_empty())
        });
        let longest = too_long
            .into_iter()
            .min_by_key(|place| Reverse(self.pool.targets[*place].window(&self.call)));
        let Some(longest) = longest else {
            return Next::Fail(self.none_fits(admitted));
        };
        if !self.alone {
            self.stage = Stage::Longer(Some(self.tokens));
            for list in [List::ContextLength, List::Any] {
                if let Some(place) = self.choose(list, true, now, rng) {
                    return Next::Fly(self.begin(place, now));
                }
            }
        }
        Next::Fly(self.begin(longest, now))
    }

    /// When the first of these can be asked; `None` when there are none.
    pub(super) fn soonest_recovery(&self, places: &[usize], now: Instant) -> Option<Duration> {
        let left = |place: &usize| match self.standing(*place, now) {
            Standing::Cooling(cooldown) => cooldown.until.saturating_duration_since(now),
            Standing::OnTrial => LOOK_AGAIN,
            Standing::Ready | Standing::Growing(_) | Standing::Trial => Duration::ZERO,
        };
        places.iter().map(left).min()
    }

    fn standing(&self, place: usize, now: Instant) -> Standing {
        let known = self.pool.targets[place].stats.known();
        known.health.standing(now, &self.pool.settings.health)
    }

    fn all_cool(&self, places: &[usize], left: Duration, now: Instant) -> Error {
        let limited = places.iter().all(|place| {
            matches!(self.standing(*place, now), Standing::Cooling(cooldown) if cooldown.cause == ErrorKind::RateLimited)
        });
        let kind = if limited {
            ErrorKind::RateLimited
        } else {
            ErrorKind::Overloaded
        };
        let (id, time) = (&self.inner.id, shown(left));
        let message = match &self.bound {
            Bound::To(maker, why) => {
                format!("the call goes to {maker} only, since {why}, and that is back in {time}")
            }
            _ => format!("all targets of {id} are left alone for a while; the first is back in {time}"),
        };
        Error::new(kind, message).with_provider(id).with_retry_after(left)
    }

    fn none_fits(&self, admitted: &[usize]) -> Error {
        let id = &self.inner.id;
        let unfit = self.unfit.iter().filter(|(place, _)| admitted.contains(place));
        let lacks: Vec<String> = unfit
            .map(|(place, lacks)| format!("{} lacks {lacks}", self.pool.targets[*place].name))
            .collect();
        let error = match &self.bound {
            _ if !lacks.is_empty() => Error::new(
                ErrorKind::Unsupported,
                format!("no target of {id} can take this call: {}", lacks.join("; ")),
            ),
            Bound::To(maker, why) => Error::new(
                ErrorKind::InvalidRequest,
                format!(
                    "the call goes to {maker} only, since {why}, and {id} has no target there that takes calls"
                ),
            ),
            Bound::Named(name) => Error::new(
                ErrorKind::InvalidRequest,
                format!("the target {name} of {id} takes no calls: it is being drained"),
            ),
            Bound::Free | Bound::Prefers(_) => config(format!(
                "no target of {id} takes calls: those with a weight are being drained"
            )),
        };
        error.with_provider(id)
    }
}
