//! Spans and events, under OpenTelemetry's names; what has none there is called `llm_router.…`.

use std::fmt;
use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::secret::mask_secrets;
use router_core::{Call, Error, ErrorKind, FinishReason, ModelId, ProviderId, Reply, Text, Usage, Warning};
use tracing::field::Empty;
use tracing::{Level, Span};

use crate::names;

/// The target of all of them.
pub(crate) const TARGET: &str = "llm_router";

/// The span of a call, as far as it is known when it begins.
pub(crate) fn of_call(call: &Call, operation: &'static str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "call",
        otel.name = format_args!("{operation} {}", Masked(&call.model)),
        otel.kind = "client",
        otel.status_code = Empty,
        gen_ai.operation.name = operation,
        gen_ai.provider.name = Empty,
        gen_ai.request.model = %Masked(&call.model),
        gen_ai.request.stream = call.is_stream(),
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.response.time_to_first_chunk = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.reasoning.output_tokens = Empty,
        error.type = Empty,
        http.response.status_code = Empty,
        llm_router.request.id = call.context.request_id().map(Text::as_str),
        llm_router.caller = call.context.caller().map(Text::as_str),
        llm_router.target.model = Empty,
        llm_router.vendor.request_id = Empty,
        llm_router.attempts = Empty,
        llm_router.outcome = Empty,
        llm_router.request.content = Empty,
        llm_router.response.content = Empty,
        llm_router.error.message = Empty,
    )
}

/// An answer is there, or the first content of one.
pub(crate) fn answered(span: &Span, reply: &Reply, first_content: Option<Duration>) {
    if span.is_disabled() {
        return;
    }
    let head = &reply.head;
    tracing::record_all!(
        span,
        gen_ai.provider.name = names::provider(&head.provider),
        llm_router.target.model = %Masked(&head.model),
        gen_ai.response.id = reply.answer_id().map(Text::as_str),
        gen_ai.response.model = reply.answer_model().map(Text::as_str),
        gen_ai.response.time_to_first_chunk = first_content.map(|first| first.as_secs_f64()),
        http.response.status_code = head.status(),
        llm_router.vendor.request_id = head.request_id.as_ref().map(Text::as_str),
    );
    for warning in &head.warnings {
        warned(span, warning);
    }
}

fn warned(span: &Span, warning: &Warning) {
    // Its message is made of what the caller has set.
    tracing::event!(
        target: TARGET,
        parent: span,
        Level::DEBUG,
        llm_router.setting = &*warning.setting,
        llm_router.became = ?warning.kind,
        "warning"
    );
}

/// Why the choices of an answer ended.
pub(crate) fn finished<'a>(span: &Span, reasons: impl Iterator<Item = &'a FinishReason>) {
    if !span.is_disabled() {
        let reasons: Vec<&str> = reasons.map(FinishReason::as_str).collect();
        span.record("gen_ai.response.finish_reasons", tracing::field::debug(reasons));
    }
}

/// Something that happened on the way.
pub(crate) fn happened(span: &Span, entry: &TrailEntry) {
    match entry {
        TrailEntry::Attempt {
            provider,
            model,
            duration,
            error: None,
            ..
        } => tracing::event!(
            target: TARGET,
            parent: span,
            Level::DEBUG,
            gen_ai.provider.name = names::provider(provider),
            gen_ai.request.model = %Masked(model),
            llm_router.duration_ms = millis(*duration),
            "attempt"
        ),
        TrailEntry::Attempt {
            provider,
            model,
            duration,
            error: Some(kind),
            ..
        } => tracing::event!(
            target: TARGET,
            parent: span,
            Level::INFO,
            gen_ai.provider.name = names::provider(provider),
            gen_ai.request.model = %Masked(model),
            llm_router.duration_ms = millis(*duration),
            error.type = kind.as_str(),
            "attempt failed"
        ),
        TrailEntry::Failed {
            balancer,
            target,
            error,
        } => tracing::event!(
            target: TARGET,
            parent: span,
            Level::INFO,
            llm_router.balancer = balancer.as_str(),
            llm_router.target = &**target,
            error.type = error.as_str(),
            "target failed"
        ),
        TrailEntry::Fallback { balancer, target } => tracing::event!(
            target: TARGET,
            parent: span,
            Level::INFO,
            llm_router.balancer = balancer.as_str(),
            llm_router.target = &**target,
            "fallback"
        ),
        TrailEntry::Decision { layer, what } => tracing::event!(
            target: TARGET,
            parent: span,
            Level::DEBUG,
            llm_router.layer = layer,
            llm_router.decision = &*mask_secrets(what),
            "decision"
        ),
        _ => {}
    }
}

/// A call that is over.
pub(crate) struct Line<'a> {
    pub(crate) request_id: Option<&'a Text>,
    pub(crate) caller: Option<&'a Text>,
    pub(crate) operation: &'static str,
    pub(crate) model: &'a ModelId,
    pub(crate) is_stream: bool,
    pub(crate) target: Option<(&'a ProviderId, &'a ModelId)>,
    pub(crate) outcome: &'static str,
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) error: Option<&'a Error>,
    pub(crate) duration: Duration,
    pub(crate) first_content: Option<Duration>,
    pub(crate) usage: Option<&'a Usage>,
    pub(crate) attempts: u32,
    pub(crate) request: Option<&'a str>,
    pub(crate) response: Option<&'a str>,
    pub(crate) message: Option<&'a str>,
}

impl Line<'_> {
    /// The level that it is told at: trouble is a warning.
    fn is_trouble(&self) -> bool {
        self.error.is_some()
    }

    /// Whether anybody is told.
    pub(crate) fn is_wanted(&self, span: &Span) -> bool {
        !span.is_disabled()
            || if self.is_trouble() {
                tracing::enabled!(target: TARGET, Level::WARN)
            } else {
                tracing::enabled!(target: TARGET, Level::INFO)
            }
    }

    /// Ends the span, and tells what became of the call in one line that stands for itself.
    pub(crate) fn tell(&self, span: &Span) {
        let count = |of: fn(&Usage) -> Option<u64>| self.usage.and_then(of);
        let input = count(|usage| Some(usage.input_tokens));
        let output = count(|usage| Some(usage.output_tokens));
        let kind = self.kind.map(|kind| kind.as_str());
        let status = self.error.and_then(Error::status);
        let vendor_id = self.error.and_then(Error::request_id);
        let provider = self.target.map(|(provider, _)| names::provider(provider));
        if !span.is_disabled() {
            tracing::record_all!(
                span,
                gen_ai.usage.input_tokens = input,
                gen_ai.usage.output_tokens = output,
                gen_ai.usage.cache_read.input_tokens = count(|usage| usage.cache_read_input_tokens),
                gen_ai.usage.cache_creation.input_tokens = count(|usage| usage.cache_creation_input_tokens),
                gen_ai.usage.reasoning.output_tokens = count(|usage| usage.reasoning_output_tokens),
                otel.status_code = self.error.map(|_| "ERROR"),
                error.type = kind,
                http.response.status_code = status,
                llm_router.vendor.request_id = vendor_id,
                llm_router.attempts = self.attempts,
                llm_router.outcome = self.outcome,
                llm_router.request.content = self.request,
                llm_router.response.content = self.response,
                llm_router.error.message = self.message,
            );
            if let (Some(provider), Some(_)) = (provider, self.error) {
                span.record("gen_ai.provider.name", provider);
            }
        }
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: TARGET,
                    // The span says the same: this line is for those who read lines.
                    parent: None,
                    $level,
                    llm_router.request.id = self.request_id.map(Text::as_str),
                    llm_router.caller = self.caller.map(Text::as_str),
                    gen_ai.operation.name = self.operation,
                    gen_ai.request.model = %Masked(self.model),
                    gen_ai.request.stream = self.is_stream,
                    gen_ai.provider.name = provider,
                    llm_router.target.model = self.target.map(|(_, model)| tracing::field::display(Masked(model))),
                    llm_router.outcome = self.outcome,
                    llm_router.attempts = self.attempts,
                    llm_router.duration_ms = millis(self.duration),
                    llm_router.first_content_ms = self.first_content.map(millis),
                    gen_ai.usage.input_tokens = input,
                    gen_ai.usage.output_tokens = output,
                    error.type = kind,
                    http.response.status_code = status,
                    llm_router.vendor.code = self.error.and_then(Error::code).map(|code| tracing::field::display(mask_secrets(code))),
                    llm_router.vendor.request_id = vendor_id,
                    llm_router.request.content = self.request,
                    llm_router.response.content = self.response,
                    llm_router.error.message = self.message,
                    "call"
                )
            };
        }
        if self.is_trouble() {
            line!(Level::WARN);
        } else {
            line!(Level::INFO);
        }
    }
}

/// A time for people, to the microsecond.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

/// The name of a model: callers write it, and some write a key there.
struct Masked<'a>(&'a ModelId);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_secrets(self.0.as_str()))
    }
}
