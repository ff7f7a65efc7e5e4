//! The breakers of one provider, shared by the calls, and by all who want to see them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use router_core::{ModelId, ProviderId};
use tokio::time::Instant;

use super::circuit::{Admitted, BreakerState, Circuit};
use super::policy::BreakerPolicy;
use super::verdict::Verdict;

/// Most models that are remembered at once. Callers name models, and memory must not grow with them.
const MOST_MODELS: usize = 1024;

/// A breaker that changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerChange {
    /// Whose it is.
    pub provider: ProviderId,
    /// For which model.
    pub model: ModelId,
    /// What it was.
    pub from: BreakerState,
    /// What it is.
    pub to: BreakerState,
}

/// Called at each change, outside of any lock.
pub(super) type Watcher = Arc<dyn Fn(&BreakerChange) + Send + Sync>;

/// The breakers of one provider, one for each model that failed lately. Clones see the same.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use router_core::{Error, ErrorKind, Layer, ProviderExt, Scripted};
/// use router_retry::{BreakerLayer, BreakerPolicy, BreakerState};
///
/// let inner = Scripted::new().error(Error::new(ErrorKind::Server, "out of order"));
/// let policy = BreakerPolicy::default().with_consecutive(1);
/// let provider = BreakerLayer::new(policy).layer(inner);
/// let breaker = provider.handle().clone();
/// assert_eq!(breaker.state(&"a-model".into()), BreakerState::Closed);
///
/// provider.chat("a-model", "Hello").await.unwrap_err();
/// assert_eq!(breaker.state(&"a-model".into()), BreakerState::Open);
/// assert!(breaker.wait(&"a-model".into()).is_some());
/// # });
/// ```
#[derive(Clone)]
pub struct BreakerHandle(Arc<Inner>);

struct Inner {
    provider: ProviderId,
    policy: BreakerPolicy,
    watcher: Option<Watcher>,
    circuits: Mutex<HashMap<ModelId, Circuit>>,
}

impl BreakerHandle {
    pub(super) fn new(provider: ProviderId, policy: BreakerPolicy, watcher: Option<Watcher>) -> Self {
        Self(Arc::new(Inner {
            provider,
            policy,
            watcher,
            circuits: Mutex::default(),
        }))
    }

    /// Whose breakers these are.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.0.provider
    }

    /// What is let through for a model.
    #[must_use]
    pub fn state(&self, model: &ModelId) -> BreakerState {
        let now = Instant::now();
        self.lock()
            .get(model)
            .map_or(BreakerState::Closed, |circuit| circuit.state(now))
    }

    /// How long until a call for a model may be let through; `None` when one may be now.
    #[must_use]
    pub fn wait(&self, model: &ModelId) -> Option<Duration> {
        let now = Instant::now();
        self.lock().get(model).and_then(|circuit| circuit.wait(now))
    }

    /// The models whose breakers are not closed, and what they let through, by name.
    #[must_use]
    pub fn tripped(&self) -> Vec<(ModelId, BreakerState)> {
        let now = Instant::now();
        let mut tripped: Vec<_> = self
            .lock()
            .iter()
            .map(|(model, circuit)| (model.clone(), circuit.state(now)))
            .filter(|(_, state)| *state != BreakerState::Closed)
            .collect();
        tripped.sort_by(|(one, _), (other, _)| one.cmp(other));
        tripped
    }

    pub(super) fn policy(&self) -> &BreakerPolicy {
        &self.0.policy
    }

    /// Lets a call through, or says how long until the next one may be.
    pub(super) fn admit(&self, model: &ModelId) -> Result<Pass, Duration> {
        let (admitted, was_open) = {
            let mut circuits = self.lock();
            // A model that did not fail lately has none: the way of nearly all calls.
            let Some(circuit) = circuits.get_mut(model) else {
                return Ok(self.pass(model, None));
            };
            let was_open = circuit.is_open();
            (circuit.admit(&self.0.policy, Instant::now())?, was_open)
        };
        if was_open {
            self.tell(model, BreakerState::Open, BreakerState::HalfOpen);
        }
        Ok(self.pass(model, admitted))
    }

    fn pass(&self, model: &ModelId, admitted: Admitted) -> Pass {
        Pass {
            handle: self.clone(),
            model: model.clone(),
            admitted,
            heard: false,
        }
    }

    fn hear(&self, model: &ModelId, admitted: Admitted, verdict: Verdict) {
        let changed = {
            let mut circuits = self.lock();
            if circuits.is_empty() && verdict != Verdict::Failure {
                return;
            }
            let now = Instant::now();
            let policy = &self.0.policy;
            if !circuits.contains_key(model) {
                if verdict != Verdict::Failure || !make_room(&mut circuits, now) {
                    return;
                }
                circuits.insert(model.clone(), Circuit::new(policy, now));
            }
            let Some(circuit) = circuits.get_mut(model) else {
                return;
            };
            let from = circuit.state(now);
            circuit.hear(policy, admitted, verdict, now);
            let to = circuit.state(now);
            if circuit.is_clean(now) {
                circuits.remove(model);
            }
            (from != to).then_some((from, to))
        };
        if let Some((from, to)) = changed {
            self.tell(model, from, to);
        }
    }

    fn tell(&self, model: &ModelId, from: BreakerState, to: BreakerState) {
        if let Some(watcher) = &self.0.watcher {
            watcher(&BreakerChange {
                provider: self.0.provider.clone(),
                model: model.clone(),
                from,
                to,
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ModelId, Circuit>> {
        self.0.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for one more model; `false` when all that there are have tripped.
fn make_room(circuits: &mut HashMap<ModelId, Circuit>, now: Instant) -> bool {
    if circuits.len() >= MOST_MODELS {
        circuits.retain(|_, circuit| circuit.state(now) != BreakerState::Closed);
    }
    circuits.len() < MOST_MODELS
}

impl fmt::Debug for BreakerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerHandle")
            .field("provider", &self.0.provider)
            .field("tripped", &self.tripped())
            .finish_non_exhaustive()
    }
}

/// A call that was let through. Dropped without a verdict, it says nothing, and a probe makes way for the next.
pub(super) struct Pass {
    handle: BreakerHandle,
    model: ModelId,
    admitted: Admitted,
    heard: bool,
}

impl Pass {
    /// Says how the call ended.
    pub(super) fn end(mut self, verdict: Verdict) {
        self.heard = true;
        self.handle.hear(&self.model, self.admitted, verdict);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.heard && self.admitted.is_some() {
            self.handle.hear(&self.model, self.admitted, Verdict::Nothing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model that is well again is forgotten, once its failure is too old for the window.
    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten() {
        let policy = BreakerPolicy::default();
        let window = policy.window;
        let handle = BreakerHandle::new(ProviderId::from_static("vendor"), policy, None);
        let model = ModelId::from_static("a-model");
        let end = |verdict| match handle.admit(&model) {
            Ok(pass) => pass.end(verdict),
            Err(wait) => panic!("it is open for {wait:?}"),
        };
        let known = || handle.lock().len();
        end(Verdict::Success);
        assert_eq!(known(), 0, "success alone is nothing to remember");
        end(Verdict::Failure);
        end(Verdict::Success);
        assert_eq!(known(), 1);
        tokio::time::advance(window).await;
        end(Verdict::Success);
        assert_eq!(known(), 0);
    }
}
