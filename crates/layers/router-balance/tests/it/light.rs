//! A provider that costs next to nothing, to measure what stands around it.

use std::sync::Arc;
use std::task::Poll;

use router_core::{
    BoxFuture, Call, Capabilities, EmbeddingResponse, EventStream, Feature, FinishReason, OperationKind,
    Provider, ProviderId, Reply, Result, StreamEvent, Text,
};

/// Answers at once, for as little as can be.
pub(crate) struct Light {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
}

impl Light {
    pub(crate) fn new(id: &'static str) -> Self {
        Self {
            id: ProviderId::from_static(id),
            capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
        }
    }
}

impl Provider for Light {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            if !call.is_stream() {
                return Ok(Reply::full(EmbeddingResponse::default()));
            }
            let mut left = 100;
            let events = futures_util::stream::poll_fn(move |_| {
                left -= 1;
                Poll::Ready(Some(Ok(match left {
                    0 => StreamEvent::finish(FinishReason::Stop, None),
                    _ => StreamEvent::text(Text::from_static("word")),
                })))
            });
            Ok(Reply::stream(EventStream::new(events).committed().await?))
        })
    }
}
