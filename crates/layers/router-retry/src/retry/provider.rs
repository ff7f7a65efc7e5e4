//! Calls, and calls again while that may help; the last error is the caller's, as it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use router_core::human::format_duration;
use router_core::{BoxFuture, Call, Capabilities, Error, Provider, ProviderId, Reply, Result};
use tokio::time::{Instant, sleep};

use super::backoff;
use super::budget::Purse;
use super::policy::RetryPolicy;

/// The layer's name in trails.
const NAME: &str = "retry";

/// A provider that tries again. Made by [`RetryLayer`](super::RetryLayer).
///
/// A stream is tried again until its first content, since `call` resolves there; after it, an error is the reader's.
///
/// **Invariant.** The error of a call is the last one that the inner provider gave, with its kind and the whole trail; only
/// attempts whose outcome is an error are ever repeated.
///
/// # Cancellation
/// Dropping the call ends the attempt or the wait; nothing is left behind.
#[derive(Clone, Debug)]
pub struct Retry<P> {
    inner: P,
    shared: Arc<Shared>,
}

/// What everything has in common that one layer wraps.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) policy: RetryPolicy,
    pub(super) purse: Purse,
    pub(super) random: Mutex<fastrand::Rng>,
}

impl<P> Retry<P> {
    pub(super) fn new(inner: P, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }

    /// The provider inside.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.inner
    }
}

impl<P: Provider> Retry<P> {
    async fn reply(&self, call: &Call) -> Result<Reply> {
        let Shared { policy, purse, .. } = &*self.shared;
        purse.save();
        call.context
            .budget()
            .set_default(policy.most_attempts(call.operation.kind()));
        let mut attempt = 1;
        loop {
            let error = match self.inner.call(call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let trail = call.context.trail();
            match self.shared.decide(call, attempt, &error) {
                Next::Pass => return Err(error.with_trail(trail.clone())),
                Next::GiveUp(why) => {
                    trail.decision(NAME, format!("gives up after attempt {attempt}: {why}"));
                    return Err(error.with_trail(trail.clone()));
                }
                Next::Wait(wait) => {
                    trail.decision(NAME, format!("waits {} after {}", shown(wait), error.kind()));
                    // A reply's body is not kept while nobody looks at it.
                    drop(error);
                    sleep(wait).await;
                    attempt += 1;
                }
            }
        }
    }
}

/// What follows a failure.
enum Next {
    /// Trying again is not meant for it.
    Pass,
    /// It is meant for it, and not to be had.
    GiveUp(String),
    /// Another attempt, after so long.
    Wait(Duration),
}

impl Shared {
    /// What follows when attempt number `attempt` failed. A wait is paid for.
    fn decide(&self, call: &Call, attempt: u32, error: &Error) -> Next {
        let Some(terms) = self.policy.terms(call.operation.kind(), error) else {
            return Next::Pass;
        };
        let budget = call.context.budget();
        if attempt >= terms.attempts || budget.left() == 0 {
            return Next::GiveUp("no attempts are left".to_owned());
        }
        let asked = error.retry_after();
        if let Some(asked) = asked.filter(|asked| *asked > self.policy.longest_wait) {
            let longest = self.policy.longest_wait;
            return Next::GiveUp(format!(
                "a wait of {} was asked for, and the longest allowed is {}",
                shown(asked),
                shown(longest)
            ));
        }
        let wait = {
            let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            backoff::wait(asked, terms.base, terms.cap, attempt, &mut random)
        };
        let now = Instant::now();
        if let Some(left) = call.context.time_left(now.into_std())
            && wait >= left
        {
            return Next::GiveUp(format!(
                "a wait of {} does not fit into the {} that are left",
                shown(wait),
                shown(left)
            ));
        }
        if !self.purse.spend(now) {
            return Next::GiveUp("the retry budget of all calls is spent".to_owned());
        }
        if !budget.take() {
            return Next::GiveUp("no attempts are left".to_owned());
        }
        Next::Wait(wait)
    }
}

/// A time to the millisecond.
fn shown(time: Duration) -> String {
    format_duration(Duration::from_millis(
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
    ))
}

impl<P: Provider> Provider for Retry<P> {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(self.reply(call))
    }
}
