//! Lets a call through or refuses it, and hears how it ended: a stream at its end.

use std::sync::Arc;
use std::time::Duration;

use router_core::human::format_duration;
use router_core::{BoxFuture, Call, Capabilities, Error, ErrorKind, Provider, ProviderId, Reply, Result};
use tokio::time::Instant;

use super::handle::BreakerHandle;
use super::verdict::Verdict;

/// The layer's name in trails.
const NAME: &str = "breaker";

/// A provider that is left alone while it keeps failing. Made by [`BreakerLayer`](super::BreakerLayer).
///
/// Each model has a breaker, since vendors run short of one model and not of another. What the caller did wrong, a limit that
/// was hit, a call or stream that was dropped say nothing about the vendor. A stream is a success at its end, and a failure
/// when it breaks after any number of events.
///
/// # Errors
/// While it is open, `Overloaded` with the code `breaker_open` and the time until the next probe.
///
/// # Cancellation
/// A probe that is dropped makes way for another.
#[derive(Clone, Debug)]
pub struct Breaker<P> {
    inner: P,
    handle: BreakerHandle,
}

impl<P> Breaker<P> {
    pub(super) fn new(inner: P, handle: BreakerHandle) -> Self {
        Self { inner, handle }
    }

    /// The provider inside.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.inner
    }

    /// What its breakers let through.
    #[must_use]
    pub fn handle(&self) -> &BreakerHandle {
        &self.handle
    }
}

impl<P: Provider> Breaker<P> {
    async fn reply(&self, call: &Call) -> Result<Reply> {
        let pass = match self.handle.admit(&call.model) {
            Ok(pass) => pass,
            Err(wait) => return Err(self.refuse(call, wait)),
        };
        let started = Instant::now();
        match self.inner.call(call).await {
            Ok(reply) => Ok(reply.on_end(move |end| pass.end(Verdict::of_end(end)))),
            Err(error) => {
                let patience = self.handle.policy().patience;
                pass.end(Verdict::of_error(&error, started.elapsed(), patience));
                Err(error)
            }
        }
    }

    fn refuse(&self, call: &Call, wait: Duration) -> Error {
        // In whole seconds, and never sooner than it is.
        let shown = format_duration(Duration::from_secs((wait + Duration::from_millis(999)).as_secs()));
        call.context.trail().decision(
            NAME,
            format!("open for {}: asks again in {shown}", self.inner.id()),
        );
        Error::new(
            ErrorKind::Overloaded,
            format!("it failed too often lately and is left alone; the next probe is in {shown}"),
        )
        .unsent()
        .with_code("breaker_open")
        .with_retry_after(wait)
        .with_provider(self.inner.id())
        .with_model(&call.model)
        .with_operation(call.operation.name())
        .with_trail(call.context.trail().clone())
    }
}

impl<P: Provider> Provider for Breaker<P> {
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
