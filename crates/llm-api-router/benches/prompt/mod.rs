//! A vendor that costs next to nothing, to see what stands around it.

use std::sync::Arc;

use llm_api_router::{
    BoxFuture, Call, Capabilities, ChatResponse, EventStream, Feature, FinishReason, OperationKind, Provider,
    ProviderId, Reply, Result, StreamEvent, Text, Usage,
};

/// Answers at once; its streams have as many words as the model's name says.
pub(crate) struct Prompt {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
}

/// A vendor with a name, or with the one that it has anyway.
pub(crate) fn prompt(id: Option<ProviderId>) -> Prompt {
    Prompt {
        id: id.unwrap_or_else(|| ProviderId::from_static("prompt")),
        capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
    }
}

impl Provider for Prompt {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            if !call.is_stream() {
                let mut answer = ChatResponse::text_answer(Text::from_static("a word"));
                answer.usage = Some(Usage::new(3, 5));
                return Ok(Reply::full(answer));
            }
            let mut left: usize = call.model.as_str().parse().unwrap_or_default();
            let events = std::iter::from_fn(move || {
                left = left.checked_sub(1)?;
                Some(StreamEvent::text(Text::from_static("word ")))
            });
            let finish = StreamEvent::finish(FinishReason::Stop, Some(Usage::new(3, 5)));
            Ok(Reply::stream(
                EventStream::from_events(events.chain([finish]))
                    .committed()
                    .await?,
            ))
        })
    }
}
