//! The simulated model as a provider.

use std::sync::Arc;
use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::error::TimeoutKind;
use router_core::model::{ModelInfo, ModelList};
use router_core::stream::End;
use router_core::tokens::TokenCount;
use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, EventStream, Feature, Head, ModelId, Operation,
    OperationKind, Output, Provider, ProviderId, Reply, Result, StreamEvent,
};
use tokio::time::Instant;

use crate::answer::answer;
use crate::embed::embed;
use crate::fault::{Fault, FaultKind, Faults};
use crate::ledger::{Ended, Ledger};
use crate::media::judgement::judgements;
use crate::media::picture::picture;
use crate::media::ranking::ranking;
use crate::media::sound;
use crate::{pieces, tokens};

static ID: ProviderId = ProviderId::from_static("sim");

/// The models that are listed; every other name that begins with `sim-` works too.
const LISTED: [&str; 3] = ["sim-model", "sim-alt", "sim-embed"];

/// The simulated model. Clones share the ledger and the counts of failures.
#[derive(Clone, Debug, Default)]
pub struct SimModel {
    ledger: Ledger,
    faults: Arc<Faults>,
}

impl SimModel {
    /// A model with an empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What it did.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    async fn reply(&self, call: &Call, number: usize) -> Result<Reply> {
        let fault = Fault::parse(call.model.as_str())
            .filter(|fault| !fault.is_in_bytes())
            .and_then(|_| self.faults.next(call.model.as_str()));
        let mut error_after = None;
        if let Some(fault) = fault {
            self.ledger.fault(number, format!("{:?}", fault.kind));
            match fault.kind {
                FaultKind::Status(status) => return Err(failure(status, fault.retry_after)),
                FaultKind::Slow(wait) => tokio::time::sleep(wait).await,
                FaultKind::Error(events) => error_after = Some(events),
                _ => {}
            }
        }
        let is_known = match call.operation {
            Operation::ListModels(_) => true,
            // What clients ask that name no model.
            Operation::Moderate(_) if call.model.as_str() == "omni-moderation-latest" => true,
            _ => call.model.as_str().starts_with("sim-"),
        };
        if !is_known {
            return Err(not_found(&call.model));
        }
        let output = match &call.operation {
            Operation::Chat(request) => Output::Chat(answer(&call.model, request)?),
            Operation::Embed(request) => Output::Embed(embed(&call.model, request)?),
            Operation::CountTokens(request) => {
                Output::CountTokens(TokenCount::new(tokens::count_prompt(&request.chat)))
            }
            Operation::ListModels(_) => Output::ListModels(ModelList::new(LISTED.map(listed).into())),
            Operation::GenerateImage(request) => Output::GenerateImage(picture(&call.model, request)?),
            Operation::Rerank(request) => Output::Rerank(ranking(&call.model, request)?),
            Operation::Speak(request) => Output::Speak(sound::speech(&call.model, request)?),
            Operation::Transcribe(request) => Output::Transcribe(sound::transcript(&call.model, request)?),
            Operation::Moderate(request) => Output::Moderate(judgements(&call.model, request)?),
            other => return Err(Error::unsupported(other.name())),
        };
        if call.is_stream() {
            let events = pieces::events(&call.operation, output);
            let stream = match error_after {
                Some(after) => breaking(events, after),
                None => EventStream::from_events(events),
            };
            return Ok(Reply::stream(stream.committed().await?));
        }
        match error_after {
            Some(_) => Err(failure(500, None)),
            None => Ok(Reply::full(output)),
        }
    }
}

impl Provider for SimModel {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new(
            OperationKind::ALL,
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ParallelToolCalls,
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::DocumentInput,
                Feature::AudioInput,
                Feature::VideoInput,
                Feature::SeveralChoices,
                Feature::Dimensions,
                Feature::ImageEdit,
            ],
        ))
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let number = self
                .ledger
                .open(&call.model, call.operation.name(), call.is_stream());
            // A caller that goes away while the answer is slow leaves the entry as dropped.
            self.ledger.close(number, Ended::Dropped, None);
            let started = Instant::now();
            let reply = self.reply(call, number).await;
            call.context.trail().push(TrailEntry::Attempt {
                provider: ID.clone(),
                model: call.model.clone(),
                started: started.into_std(),
                duration: started.elapsed(),
                error: reply.as_ref().err().map(Error::kind),
            });
            match reply {
                Ok(reply) => {
                    let mut head = Head::default();
                    head.provider = ID.clone();
                    head.model = call.model.clone();
                    let ledger = self.ledger.clone();
                    ledger.close(number, Ended::Open, None);
                    Ok(reply.with_head(head).on_end(move |end| match end {
                        End::Finished(usage) => ledger.close(number, Ended::Answered, usage.cloned()),
                        End::Failed(_) => ledger.close(number, Ended::Failed, None),
                        End::Dropped => ledger.close(number, Ended::Dropped, None),
                    }))
                }
                Err(error) => {
                    self.ledger.close(number, Ended::Failed, None);
                    Err(error.with_provider(&ID).with_model(&call.model))
                }
            }
        })
    }
}

fn listed(id: &'static str) -> ModelInfo {
    let mut model = ModelInfo::new(ModelId::from_static(id));
    model.created = Some(1_767_225_600);
    model.owner = Some("sim".into());
    model.context_window = Some(128_000);
    model.max_output_tokens = Some(16_384);
    model
}

fn not_found(model: &ModelId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("The model `{model}` does not exist; the simulated vendor has `sim-model` and every name that begins with `sim-`"),
    )
    .with_status(404)
    .with_code("model_not_found")
}

/// The stream up to so many events, then an error.
fn breaking(events: Vec<StreamEvent>, after: u32) -> EventStream {
    let mut events = events
        .into_iter()
        .take(after as usize)
        .map(Ok)
        .chain([Err(failure(500, None))]);
    EventStream::new(Ready(move || events.next()))
}

/// A source that never waits.
struct Ready<F>(F);

impl<F> Unpin for Ready<F> {}

impl<F: FnMut() -> Option<Result<StreamEvent>>> futures_core::Stream for Ready<F> {
    type Item = Result<StreamEvent>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready((self.0)())
    }
}

/// The error that vendors give with a status.
fn failure(status: u16, retry_after: Option<Duration>) -> Error {
    let (kind, message) = match status {
        401 => (ErrorKind::Authentication, "Incorrect API key provided"),
        402 => (ErrorKind::QuotaExceeded, "Insufficient credit"),
        403 => (ErrorKind::PermissionDenied, "The key has no access to this model"),
        404 => (ErrorKind::NotFound, "The model does not exist"),
        408 => (
            ErrorKind::Timeout(TimeoutKind::Vendor),
            "The request took too long",
        ),
        413 => (ErrorKind::InvalidRequest, "The request is too large"),
        429 => (ErrorKind::RateLimited, "Rate limit reached, try again later"),
        503 => (ErrorKind::Overloaded, "The model is overloaded, try again later"),
        504 => (
            ErrorKind::Timeout(TimeoutKind::Vendor),
            "The model did not answer in time",
        ),
        529 => (ErrorKind::Overloaded, "Overloaded"),
        400..500 => (ErrorKind::InvalidRequest, "The request is invalid"),
        _ => (
            ErrorKind::Server,
            "The server had an error while processing the request",
        ),
    };
    let error = Error::new(kind, format!("{message} (simulated)")).with_status(status);
    match retry_after {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}
