//! The shapes of events.

use router_core::Json;
use serde::Serialize;

use crate::logprobs::ResponseTokens;

#[derive(Serialize)]
pub(super) struct Event<'a, T> {
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) sequence_number: u64,
    #[serde(flatten)]
    pub(super) rest: T,
}

/// Where in a response something stands.
#[derive(Clone, Copy, Serialize)]
pub(super) struct At<'a> {
    item_id: &'a str,
    output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary_index: Option<usize>,
}

impl<'a> At<'a> {
    pub(super) fn item(item_id: &'a str, output_index: usize) -> Self {
        Self {
            item_id,
            output_index,
            content_index: None,
            summary_index: None,
        }
    }

    /// At a part of a message.
    pub(super) fn part(self, content_index: usize) -> Self {
        Self {
            content_index: Some(content_index),
            ..self
        }
    }

    /// At the one paragraph of a thought.
    pub(super) fn paragraph(self) -> Self {
        Self {
            summary_index: Some(0),
            ..self
        }
    }
}

#[derive(Serialize)]
pub(super) struct OfResponse<T> {
    pub(super) response: T,
}

#[derive(Serialize)]
pub(super) struct OfItem<T> {
    pub(super) output_index: usize,
    pub(super) item: T,
}

#[derive(Serialize)]
pub(super) struct OfPart<'a, T> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) part: T,
}

#[derive(Serialize)]
pub(super) struct Delta<'a> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) delta: &'a str,
    /// Only texts have it, if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<ResponseTokens<'a>>,
}

#[derive(Serialize)]
pub(super) struct TextDone<'a> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<ResponseTokens<'a>>,
}

#[derive(Serialize)]
pub(super) struct RefusalDone<'a> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) refusal: &'a str,
}

#[derive(Serialize)]
pub(super) struct Annotated<'a> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) annotation_index: usize,
    pub(super) annotation: &'a Json,
}

#[derive(Serialize)]
pub(super) struct ArgumentsDone<'a> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) name: &'a str,
    pub(super) arguments: &'a str,
}

#[derive(Serialize)]
pub(super) struct InputDone<'a> {
    #[serde(flatten)]
    pub(super) at: At<'a>,
    pub(super) input: &'a str,
}

/// An error as the schema has it, and once more as the vendor was seen to send it (2026-11): its clients look there.
#[derive(Serialize)]
pub(super) struct Failure<'a> {
    #[serde(flatten)]
    pub(super) cause: Cause<'a>,
    pub(super) error: Cause<'a>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Cause<'a> {
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    pub(super) param: Option<&'a str>,
}
