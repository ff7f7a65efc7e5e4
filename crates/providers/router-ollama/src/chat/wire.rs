//! The words of a line of `/api/chat`.

use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A line of a stream, or a whole answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) model: Str<'a>,
    #[serde(borrow)]
    pub(super) created_at: Str<'a>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    /// The text and the thoughts of `/api/generate`, which has no messages.
    #[serde(borrow)]
    pub(super) response: Str<'a>,
    #[serde(borrow)]
    pub(super) thinking: Str<'a>,
    pub(super) done: Option<bool>,
    #[serde(borrow)]
    pub(super) done_reason: Str<'a>,
    pub(super) prompt_eval_count: Num,
    pub(super) eval_count: Num,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) logprobs: List<Token<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) content: Str<'a>,
    #[serde(borrow)]
    pub(super) thinking: Str<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: List<ToolCall<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow)]
    pub(super) id: Str<'a>,
    #[serde(borrow)]
    pub(super) function: Option<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub(super) name: Str<'a>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Token<'a> {
    #[serde(borrow)]
    pub(super) token: Str<'a>,
    pub(super) logprob: Num,
    pub(super) bytes: List<Num>,
    #[serde(borrow)]
    pub(super) top_logprobs: List<Token<'a>>,
}
