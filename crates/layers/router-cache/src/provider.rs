//! Answers a call from what is kept, or lets it through, alone or together with equal calls, and keeps the answer.

use std::future::Future as _;
use std::sync::Arc;
use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::{
    Body, BoxFuture, Call, Capabilities, Error, ErrorKind, Provider, ProviderId, Reply, Result, Text,
};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::alone;
use crate::control::CacheControl;
use crate::flight::{Flight, Ticket};
use crate::handle::CacheHandle;
use crate::policy::LeaderError;
use crate::shared::{Place, Shared};
use crate::stats::count;
use crate::store::Lookup;

/// The layer's name in trails.
const NAME: &str = "cache";

/// A provider whose answers are kept. Made by [`CacheLayer`](crate::CacheLayer).
///
/// **Invariant.** An answer is given again only for a call that is equal in everything that it depends on, within its time to
/// live, and with [`Head::age`](router_core::Head::age) set. Kept are answers that came to their end, and no errors.
///
/// # Cancellation
/// A call that is dropped leaves the call at the provider to those that share it; the last one ends it.
#[derive(Debug)]
pub struct Cache<P> {
    inner: Arc<P>,
    shared: Arc<Shared>,
}

impl<P> Clone for Cache<P> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<P> Cache<P> {
    pub(crate) fn new(inner: Arc<P>, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }

    /// The provider inside.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.inner
    }

    /// Shows and empties the cache.
    #[must_use]
    pub fn handle(&self) -> CacheHandle {
        CacheHandle::new(Arc::clone(&self.shared))
    }
}

impl<P: Provider> Cache<P> {
    async fn reply(&self, call: &Call) -> Result<Reply> {
        let shared = &self.shared;
        let control = call.context.extension::<CacheControl>();
        let wants = |f: fn(&CacheControl) -> bool| control.is_some_and(f);
        let passes = wants(|control| control.bypass) || shared.lets_pass(call);
        let key = if passes {
            None
        } else {
            shared.key(call, self.inner.id()).ok()
        };
        let Some(key) = key else {
            count(&shared.counts.bypassed);
            decide(call, "passed by");
            return self.inner.call(call).await;
        };
        let ttl = control
            .and_then(|control| control.ttl)
            .unwrap_or(shared.policy.ttl);
        let place = Place {
            shared: Arc::clone(shared),
            key,
            ttl: (!wants(|control| control.no_store) && !ttl.is_zero()).then_some(ttl),
        };
        if wants(|control| control.refresh) {
            return self.alone(call, place).await;
        }
        let landed = shared.flights.landed();
        if let Some(reply) = self.kept(call, &place).await? {
            return Ok(reply);
        }
        if !shared.policy.single_flight {
            return self.alone(call, place).await;
        }
        let mut may_ask_again = true;
        loop {
            let start = || Flight::new(Arc::clone(&self.inner), call, place.clone());
            let (ticket, is_leader) = shared.flights.board((place.key, call.mode), start);
            if is_leader && shared.flights.landed() != landed {
                // Another one landed since the store was asked.
                if let Some(reply) = self.kept(call, &place).await? {
                    return Ok(reply);
                }
            }
            decide(call, if is_leader { "miss" } else { "shares another call" });
            count(if is_leader {
                &shared.counts.misses
            } else {
                &shared.counts.collapsed
            });
            may_ask_again &= !is_leader;
            match self.fly(&ticket, call).await {
                Err(_)
                    if may_ask_again
                        && (shared.policy.leader_error == LeaderError::Again
                            || ticket.had_less_time_than(call)) =>
                {
                    may_ask_again = false;
                }
                result => return result,
            }
        }
    }

    /// The answer that is kept.
    async fn kept(&self, call: &Call, place: &Place) -> Result<Option<Reply>> {
        let found = match self.shared.store.get(&place.key) {
            Lookup::Now(entry) => entry,
            Lookup::Later(entry) => entry.await,
        };
        let Some(entry) = found else {
            return Ok(None);
        };
        let reply = entry.reply(call.mode).await?;
        count(&self.shared.counts.hits);
        decide(call, "hit");
        Ok(Some(reply))
    }

    async fn alone(&self, call: &Call, place: Place) -> Result<Reply> {
        count(&self.shared.counts.misses);
        decide(call, "miss");
        let reply = self.inner.call(call).await?;
        Ok(alone::keep(reply, place, call.context.trail().clone()))
    }

    /// Waits for an answer that others may wait for as well. Each keeps to its own deadline.
    async fn fly(&self, ticket: &Ticket, call: &Call) -> Result<Reply> {
        let Some(deadline) = call.context.deadline().map(Instant::from_std) else {
            return ticket.landed(call).await;
        };
        let late = {
            let (id, model, name) = (self.inner.id().clone(), call.model.clone(), call.operation.name());
            let trail = call.context.trail().clone();
            move || {
                late(&id)
                    .with_model(&model)
                    .with_operation(name)
                    .with_trail(trail.clone())
            }
        };
        let landed = timeout_at(deadline, ticket.landed(call)).await;
        let mut reply = match landed {
            Ok(reply) => reply?,
            Err(_) => {
                call.context.trail().append(ticket.trail());
                return Err(late());
            }
        };
        if let Body::Stream(stream) = &mut reply.body {
            let mut timer = Box::pin(sleep_until(deadline));
            stream.on_wait(move |task, _| timer.as_mut().poll(task).map(|()| late()));
        }
        Ok(reply)
    }
}

fn late(provider: &ProviderId) -> Error {
    Error::new(
        ErrorKind::Timeout(TimeoutKind::Deadline),
        "the call's deadline passed",
    )
    .with_provider(provider)
}

/// Puts a decision into the trail.
fn decide(call: &Call, what: &'static str) {
    call.context.trail().decision(NAME, Text::from_static(what));
}

/// How old an answer is that is made now, for another call.
pub(crate) const JUST_NOW: Duration = Duration::ZERO;

impl<P: Provider> Provider for Cache<P> {
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
