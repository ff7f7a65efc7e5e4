//! One call, from its beginning to its end, however it ends: it is told and counted once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use router_core::context::{Trail, TrailEntry};
use router_core::stream::End;
use router_core::{
    Call, Error, ErrorKind, EventStream, Head, ModelId, Operation, Output, ProviderId, Reply, StreamEvent,
    Text, Usage,
};
use tokio::time::Instant;
use tracing::Span;

use crate::content::{self, Heard};
use crate::layer::Shared;
use crate::metrics::{Ended, InFlight};
use crate::names;
use crate::span::{self, Line};
use crate::story::{Story, length};

/// A call under way. Dropping it is its end as well: nobody waited for the answer.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    span: Span,
    operation: &'static str,
    model: ModelId,
    request_id: Option<Text>,
    caller: Option<Text>,
    is_stream: bool,
    /// What is asked, where it is to be told.
    content: Option<Operation>,
    trail: Trail,
    /// Entries of the trail that were there before.
    seen: usize,
    started: Instant,
    answered: Option<Answered>,
    is_over: bool,
    _in_flight: InFlight,
}

/// What is known since the answer, or its first content, is there.
struct Answered {
    at: Instant,
    /// Whether it was made for another call, which has paid for it.
    is_shared: bool,
}

/// How a call ended.
struct Outcome<'a> {
    /// Who answered.
    target: Option<(&'a ProviderId, &'a ModelId)>,
    error: Option<&'a Error>,
    usage: Option<&'a Usage>,
    is_cancelled: bool,
    /// What was answered, fit to be written down.
    said: &'a dyn Fn() -> Option<String>,
}

impl Default for Outcome<'_> {
    fn default() -> Self {
        Self {
            target: None,
            error: None,
            usage: None,
            is_cancelled: false,
            said: &|| None,
        }
    }
}

impl Watch {
    pub(crate) fn begin(shared: &Arc<Shared>, call: &Call) -> Self {
        let operation = names::operation(call.operation.name());
        let trail = call.context.trail();
        Self {
            span: span::of_call(call, operation),
            operation,
            model: call.model.clone(),
            request_id: call.context.request_id().cloned(),
            caller: call.context.caller().cloned(),
            is_stream: call.is_stream(),
            content: shared.policy.content.then(|| call.operation.clone()),
            seen: if trail.is_empty() { 0 } else { length(trail) },
            trail: trail.clone(),
            started: Instant::now(),
            answered: None,
            is_over: false,
            _in_flight: shared.metrics.enter(operation),
            shared: Arc::clone(shared),
        }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// It failed before there was an answer.
    pub(crate) fn failed(mut self, error: &Error) {
        self.over(&Outcome {
            error: Some(error),
            usage: error.usage(),
            ..Outcome::default()
        });
    }

    /// There is an answer, or the first content of one.
    pub(crate) fn answered(&mut self, reply: &Reply) {
        let at = Instant::now();
        let first_content = self.is_stream.then(|| at - self.started);
        span::answered(&self.span, reply, first_content);
        self.answered = Some(Answered {
            at,
            is_shared: reply.head.age.is_some(),
        });
    }

    /// The answer is whole.
    pub(crate) fn whole(mut self, head: &Head, output: &Output) {
        span::finished(&self.span, output.finish_reasons());
        let most = self.shared.policy.max_content_bytes;
        self.over(&Outcome {
            target: Some((&head.provider, &head.model)),
            usage: output.usage(),
            said: &|| Some(content::answered(output, most)),
            ..Outcome::default()
        });
    }

    /// The answer comes in pieces, which are looked at only where somebody wants to know what they say.
    pub(crate) fn follow(self, head: &Head, stream: &mut EventStream) {
        let heard = self.content.is_some().then(|| {
            let heard = Heard::new(self.shared.policy.max_content_bytes);
            Arc::new(Mutex::new(heard))
        });
        if heard.is_some() || !self.span.is_disabled() {
            let (span, heard) = (self.span.clone(), heard.clone());
            stream.on_event(move |event| {
                if let Some(heard) = &heard {
                    heard.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
                }
                if let StreamEvent::Finish(finish) = event {
                    span::finished(&span, finish.choices.iter().map(|choice| &choice.reason));
                }
            });
        }
        let (provider, model) = (head.provider.clone(), head.model.clone());
        stream.on_end(move |end| self.ended(end, (&provider, &model), heard.as_deref()));
    }

    fn ended(mut self, end: End<'_>, target: (&ProviderId, &ModelId), heard: Option<&Mutex<Heard>>) {
        let mut outcome = Outcome {
            target: Some(target),
            said: &|| heard.map(|heard| heard.lock().unwrap_or_else(PoisonError::into_inner).text()),
            ..Outcome::default()
        };
        match end {
            End::Finished(usage) => outcome.usage = usage,
            End::Failed(error) => {
                outcome.error = Some(error);
                outcome.usage = error.usage();
            }
            End::Dropped => outcome.is_cancelled = true,
        }
        self.over(&outcome);
    }

    /// Tells and counts it.
    fn over(&mut self, outcome: &Outcome<'_>) {
        self.is_over = true;
        let metrics = &self.shared.metrics;
        let duration = self.started.elapsed();
        let story = Story::read(&self.trail, self.seen, |entry| {
            self.count(entry);
            if !self.span.is_disabled() {
                span::happened(&self.span, entry);
            }
        });
        let answered = self.answered.as_ref();
        let target = match (outcome.target, outcome.error) {
            (Some(target), _) => Some(target),
            (None, Some(error)) => error.provider().zip(error.model()),
            (None, None) => story.last.as_ref().map(|(provider, model)| (provider, model)),
        };
        let kind = match outcome.error {
            Some(error) => Some(error.kind()),
            None => outcome.is_cancelled.then_some(ErrorKind::Cancelled),
        };
        let word = match (answered, kind) {
            (_, None) => "ok",
            (_, Some(ErrorKind::Cancelled)) => "cancelled",
            (Some(_), Some(_)) => "incomplete",
            (None, Some(_)) => "error",
        };
        let first_content = answered
            .filter(|_| self.is_stream)
            .map(|answered| answered.at - self.started);
        metrics.ended(&Ended {
            operation: self.operation,
            target,
            outcome: word,
            error: kind,
            duration,
            first_content,
            usage: outcome
                .usage
                .filter(|_| answered.is_none_or(|answered| !answered.is_shared)),
        });
        if let Some(answered) = answered.filter(|answered| !answered.is_shared && !story.has_waited) {
            metrics.overhead(self.own_time(answered, &story));
        }
        let mut line = Line {
            request_id: self.request_id.as_ref(),
            caller: self.caller.as_ref(),
            operation: self.operation,
            model: &self.model,
            is_stream: self.is_stream,
            target,
            outcome: word,
            kind,
            error: outcome.error,
            duration,
            first_content,
            usage: outcome.usage,
            attempts: story.attempts,
            request: None,
            response: None,
            message: None,
        };
        if !line.is_wanted(&self.span) {
            return;
        }
        let most = self.shared.policy.max_content_bytes;
        let (mut asked, mut said, mut message) = (None, None, None);
        if let Some(operation) = &self.content {
            asked = Some(content::asked(operation, most));
            said = (outcome.said)();
            message = outcome.error.map(|error| content::fit(error.message(), most));
        }
        line.request = asked.as_deref();
        line.response = said.as_deref();
        line.message = message.as_deref();
        line.tell(&self.span);
    }

    fn count(&self, entry: &TrailEntry) {
        let metrics = &self.shared.metrics;
        match entry {
            TrailEntry::Attempt {
                provider,
                model,
                duration,
                error,
                ..
            } => metrics.attempt(self.operation, provider, model, *duration, *error),
            TrailEntry::Failed { balancer, error, .. } => metrics.failed(balancer, *error),
            TrailEntry::Fallback { .. } => metrics.decision("balance", &Text::from_static("fallback")),
            TrailEntry::Decision { layer, what } => metrics.decision(layer, what),
            _ => {}
        }
    }

    /// The time up to the answer in which no vendor was asked; between attempts is a pause that was meant.
    fn own_time(&self, answered: &Answered, story: &Story) -> Duration {
        let (started, over) = (self.started.into_std(), answered.at.into_std());
        match story.asked {
            None => over - started,
            Some((first, last)) => {
                first.saturating_duration_since(started) + over.saturating_duration_since(last)
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.is_over {
            self.over(&Outcome {
                is_cancelled: true,
                ..Outcome::default()
            });
        }
    }
}
