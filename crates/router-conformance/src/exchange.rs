//! One request of a case and the vendor's prepared answer to it.

use std::sync::Arc;

use router_core::{
    Answer, ChatRequest, ChatResponse, Context, Error, EventStream, Operation, Provider, ProviderExt as _,
    Result, StreamEvent,
};
use router_http::TransportRequest;
use router_http::replay::ReplayTransport;

use crate::fixtures::Answered;
use crate::subject::Subject;
use crate::suite::operation_of;

/// A provider over prepared answers.
pub(crate) struct Exchange {
    pub(crate) provider: Arc<dyn Provider>,
    transport: Arc<ReplayTransport>,
}

impl Exchange {
    pub(crate) fn over(subject: &Subject, transport: ReplayTransport) -> Self {
        Self::built(subject, transport, false)
    }

    /// Skipping what cannot be read.
    pub(crate) fn skipping(subject: &Subject, transport: ReplayTransport) -> Self {
        Self::built(subject, transport, true)
    }

    fn built(subject: &Subject, transport: ReplayTransport, skip_malformed: bool) -> Self {
        let transport = Arc::new(transport);
        let shared: Arc<dyn router_http::Transport> = Arc::<ReplayTransport>::clone(&transport);
        Self {
            provider: (subject.build)(shared, skip_malformed).provider,
            transport,
        }
    }

    pub(crate) fn of(subject: &Subject, answer: &Answered) -> Self {
        Self::over(subject, answer.on(ReplayTransport::new(), &[]))
    }

    pub(crate) fn sent(&self) -> Vec<TransportRequest> {
        self.transport.requests()
    }

    pub(crate) async fn chat(&self, subject: &Subject, request: ChatRequest) -> Result<Answer<ChatResponse>> {
        self.provider
            .send(subject.model.clone(), subject.prepared(request), Context::new())
            .await
    }

    pub(crate) async fn stream(
        &self,
        subject: &Subject,
        request: ChatRequest,
    ) -> Result<Answer<EventStream>> {
        self.provider
            .stream(
                subject.model.clone(),
                Operation::from(subject.prepared(request)),
                Context::new(),
            )
            .await
    }

    /// All events, and the error that ended them. Nothing may come after the end.
    pub(crate) async fn events(
        &self,
        subject: &Subject,
        request: ChatRequest,
    ) -> (Vec<StreamEvent>, Option<Error>) {
        let mut stream = match self.stream(subject, request).await {
            Ok(answer) => answer.into_value(),
            Err(error) => return (Vec::new(), Some(error)),
        };
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => events.push(event),
                Err(error) => {
                    assert!(
                        stream.next().await.is_none(),
                        "something came after the error {error}"
                    );
                    return (events, Some(error));
                }
            }
        }
        assert!(
            matches!(events.last(), Some(StreamEvent::Finish(_))),
            "the stream ended with {:?}",
            events.last()
        );
        assert_eq!(
            events
                .iter()
                .filter(|event| matches!(event, StreamEvent::Finish(_)))
                .count(),
            1,
            "a stream has one Finish"
        );
        (events, None)
    }
}

/// Sends a chat, checks the request against the case's fixture, and gives the answer.
pub(crate) async fn chat(subject: &Subject, cases: &[&str], request: ChatRequest) -> Answer<ChatResponse> {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(cases));
    let answer = exchange
        .chat(subject, request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", cases[0]));
    check_request(subject, cases[0], &exchange, true);
    answer
}

/// Streams a chat to its end.
pub(crate) async fn stream(subject: &Subject, cases: &[&str], request: ChatRequest) -> Vec<StreamEvent> {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(cases));
    let (events, error) = exchange.events(subject, request).await;
    if let Some(error) = error {
        panic!("{}: {error}", cases[0]);
    }
    check_request(subject, cases[0], &exchange, cases[0] == "stream_text");
    events
}

pub(crate) fn check_request(subject: &Subject, case: &str, exchange: &Exchange, needed: bool) {
    let sent = exchange.sent();
    assert_eq!(sent.len(), 1, "{case}: one call is one request");
    let model = subject.model_of(operation_of(case));
    subject.fixtures.check_request(case, &sent[0], model, needed);
}

/// The events folded into a response.
pub(crate) fn collected(events: &[StreamEvent]) -> ChatResponse {
    let mut collector = router_core::collect::Collector::new();
    for event in events {
        collector.push(event.clone());
    }
    collector.finish()
}
