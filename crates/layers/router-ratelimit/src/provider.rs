//! Lets a call in when its limits have room, and settles what it used when it is over: a stream at its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use router_core::{Body, BoxFuture, Call, Capabilities, Provider, ProviderId, Reply, Result};

use crate::limiter::Limiter;
use crate::permit::{Permit, Spent};

/// A provider with limits. Made by [`RateLimitLayer`](crate::RateLimitLayer).
///
/// A call takes of all its limits or of none, before it is sent. When it is over it gives back: its time under way at the last
/// event of its stream, and what it did not use of the tokens that were reserved.
///
/// # Errors
/// Those of [`Limiter::acquire`], with this provider's id; otherwise the inner provider's.
///
/// # Cancellation
/// A call that is dropped leaves the line, or gives back.
#[derive(Clone, Debug)]
pub struct RateLimit<P> {
    inner: P,
    limiter: Arc<Limiter>,
}

impl<P> RateLimit<P> {
    pub(crate) fn new(inner: P, limiter: Arc<Limiter>) -> Self {
        Self { inner, limiter }
    }

    /// The provider inside.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.inner
    }

    /// The limits and their counts.
    #[must_use]
    pub fn limiter(&self) -> &Arc<Limiter> {
        &self.limiter
    }
}

impl Limiter {
    /// Calls a provider within these limits, as a [`RateLimit`] around it does: for whoever chooses limits call by call.
    ///
    /// # Errors
    /// Those of [`Limiter::acquire`], with the provider's id; otherwise the provider's.
    ///
    /// # Cancellation
    /// A call that is dropped leaves the line, or gives back.
    pub async fn call<P: Provider + ?Sized>(self: &Arc<Self>, inner: &P, call: &Call) -> Result<Reply> {
        let permit = self
            .acquire(call, inner.id())
            .await
            .map_err(|error| error.with_provider(inner.id()))?;
        match inner.call(call).await {
            Ok(reply) => Ok(hold(permit, reply)),
            Err(error) => {
                permit.settle(Spent::of_error(&error));
                Err(error)
            }
        }
    }
}

/// Holds a permit until the answer is over.
fn hold(permit: Permit, reply: Reply) -> Reply {
    if !permit.is_open() {
        return reply;
    }
    if !(permit.counts_tokens() && matches!(reply.body, Body::Stream(_))) {
        return reply.on_end(move |end| permit.settle(Spent::of_end(end, None)));
    }
    // A stream that nobody reads to its end has no counts: what has passed is counted here.
    let seen = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&seen);
    reply
        .on_event(move |event| {
            seen.fetch_add(event.token_estimate(), Ordering::Relaxed);
        })
        .on_end(move |end| permit.settle(Spent::of_end(end, Some(counted.load(Ordering::Relaxed)))))
}

impl<P: Provider> Provider for RateLimit<P> {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(self.limiter.call(&self.inner, call))
    }
}
