//! Watches a call from its beginning to the end of its answer, and changes nothing about it.

use std::sync::Arc;

use router_core::{Body, BoxFuture, Call, Capabilities, Provider, ProviderId, Reply, Result};
use tracing::Instrument as _;

use crate::layer::Shared;
use crate::watch::Watch;

/// A provider whose calls are seen: in spans, in logs, in metrics. Made by [`TelemetryLayer`](super::TelemetryLayer).
///
/// It stands outermost, where a call is what the caller made of it. A call that is dropped, before its answer or inside a
/// stream, is counted as cancelled.
#[derive(Clone, Debug)]
pub struct Telemetry<P> {
    inner: P,
    shared: Arc<Shared>,
}

impl<P> Telemetry<P> {
    pub(crate) fn new(inner: P, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }

    /// The provider inside.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.inner
    }
}

impl<P: Provider> Telemetry<P> {
    async fn reply(&self, call: &Call) -> Result<Reply> {
        let mut watch = Watch::begin(&self.shared, call);
        let calling = self.inner.call(call);
        let calling = if watch.span().is_disabled() {
            calling.await
        } else {
            calling.instrument(watch.span().clone()).await
        };
        let mut reply = match calling {
            Ok(reply) => reply,
            Err(error) => {
                watch.failed(&error);
                return Err(error);
            }
        };
        watch.answered(&reply);
        let Reply { head, body, .. } = &mut reply;
        match body {
            Body::Full(output) => watch.whole(head, output),
            Body::Stream(stream) => watch.follow(head, stream),
        }
        Ok(reply)
    }
}

impl<P: Provider> Provider for Telemetry<P> {
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
