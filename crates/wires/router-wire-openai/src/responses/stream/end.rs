//! The end of a response: why, with how many tokens, or with which error.

use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::{Error, Extra, FinishReason, Json, Result, StreamEvent, Text, Usage};
use router_wire::Events;
use router_wire::classify;
use router_wire::error_body::ErrorBody;
use router_wire::object::Object;
use serde_json::value::RawValue;

use super::ResponsesStreamDecoder;
use crate::responses::WIRE;
use crate::responses::wire::Whole;

/// Fields of a response that are read; what else there is rides on the answer.
const NAMED: &[&str] = &[
    "id",
    "object",
    "model",
    "created_at",
    "status",
    "error",
    "incomplete_details",
    "output",
    "output_text",
    "usage",
    "service_tier",
];

impl ResponsesStreamDecoder {
    pub(super) fn end(&mut self, whole: Whole<'_>, raw: &RawValue, events: &mut Events) -> Result<()> {
        if whole.status.filled() == Some("failed") {
            return Err(failed(&whole));
        }
        self.start(&whole, events);
        self.settle_all(events);
        let (reason, word) = self.reason(&whole);
        let mut finish = StreamFinish::default();
        finish.choices.push(ChoiceFinish::new(0, reason, word));
        finish.usage = whole.usage.and_then(usage);
        finish.id = whole.id.to_text();
        finish.model = whole.model.to_text();
        finish.service_tier = whole.service_tier.to_text();
        finish.extra = unnamed(raw);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        self.done = true;
        Ok(())
    }

    fn reason(&self, whole: &Whole<'_>) -> (FinishReason, Option<Text>) {
        let why = Object::lenient(whole.incomplete_details).word("reason");
        let status = whole.status.to_text();
        if why.is_some() || status.as_deref() == Some("incomplete") {
            let word = why.unwrap_or_else(|| Text::from_static("incomplete"));
            let reason = match word.as_str() {
                "max_output_tokens" | "max_tokens" | "length" => FinishReason::Length,
                "content_filter" => FinishReason::ContentFilter,
                _ => FinishReason::Other(word.clone()),
            };
            return (reason, Some(word));
        }
        let reason = match status.as_deref() {
            None | Some("completed") if self.calls > 0 => FinishReason::ToolCalls,
            None | Some("completed") if self.refused => FinishReason::ContentFilter,
            None | Some("completed") => FinishReason::Stop,
            Some(word) => FinishReason::Other(Text::from(word)),
        };
        (reason, status)
    }
}

fn unnamed(raw: &RawValue) -> Extra {
    let Ok(mut fields) = Object::of(raw, "response") else {
        return Extra::new();
    };
    for name in NAMED {
        fields.take(name);
    }
    fields.rest(WIRE)
}

/// The error of a response that failed, with the tokens that were counted all the same.
pub(super) fn failed(whole: &Whole<'_>) -> Error {
    let error = whole.error.map_or("null", RawValue::get);
    let error = failure(&ErrorBody::read(format!("{{\"error\":{error}}}").as_bytes()));
    match whole.usage.and_then(usage) {
        Some(usage) => error.with_usage(usage),
        None => error,
    }
}

pub(super) fn failure(body: &ErrorBody) -> Error {
    classify::of_body(None, &http::HeaderMap::new(), None, body, &[])
}

fn usage(raw: &RawValue) -> Option<Usage> {
    let counts = Object::lenient(Some(raw));
    let (from, to) = (
        counts.number("input_tokens").count(),
        counts.number("output_tokens").count(),
    );
    if from.is_none() && to.is_none() {
        return None;
    }
    let mut usage = Usage::new(from.unwrap_or(0), to.unwrap_or(0));
    let input = counts.inner("input_tokens_details");
    usage.cache_read_input_tokens = input.number("cached_tokens").count();
    usage.cache_creation_input_tokens = input.number("cache_write_tokens").count();
    let output = counts.inner("output_tokens_details");
    usage.reasoning_output_tokens = output.number("reasoning_tokens").count();
    usage.raw = Some(Json::from_raw(raw));
    Some(usage)
}
