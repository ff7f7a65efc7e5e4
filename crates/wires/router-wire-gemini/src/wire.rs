//! The words of an answer.

use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Answer<'a> {
    #[serde(borrow)]
    pub(crate) candidates: List<Candidate<'a>>,
    #[serde(borrow)]
    pub(crate) prompt_feedback: Option<Feedback<'a>>,
    #[serde(borrow)]
    pub(crate) usage_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) model_version: Str<'a>,
    #[serde(borrow)]
    pub(crate) response_id: Str<'a>,
    #[serde(borrow)]
    pub(crate) error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Feedback<'a> {
    #[serde(borrow)]
    pub(crate) block_reason: Str<'a>,
    #[serde(borrow)]
    pub(crate) block_reason_message: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Candidate<'a> {
    pub(crate) index: Num,
    #[serde(borrow)]
    pub(crate) content: Option<Content<'a>>,
    #[serde(borrow)]
    pub(crate) finish_reason: Str<'a>,
    #[serde(borrow)]
    pub(crate) finish_message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) safety_ratings: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) citation_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) grounding_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) url_context_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) logprobs_result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) avg_logprobs: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Content<'a> {
    #[serde(borrow)]
    pub(crate) parts: List<Part<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Part<'a> {
    #[serde(borrow)]
    pub(crate) text: Option<Str<'a>>,
    pub(crate) thought: Option<bool>,
    #[serde(borrow)]
    pub(crate) thought_signature: Str<'a>,
    #[serde(borrow)]
    pub(crate) function_call: Option<FunctionCall<'a>>,
    #[serde(borrow)]
    pub(crate) inline_data: Option<InlineData<'a>>,
    #[serde(borrow)]
    pub(crate) file_data: Option<FileData<'a>>,
    #[serde(borrow)]
    pub(crate) executable_code: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) code_execution_result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) tool_call: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) tool_response: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FunctionCall<'a> {
    #[serde(borrow)]
    pub(crate) id: Str<'a>,
    #[serde(borrow)]
    pub(crate) name: Str<'a>,
    #[serde(borrow)]
    pub(crate) args: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) partial_args: List<PartialArg<'a>>,
    pub(crate) will_continue: Option<bool>,
}

/// A piece of arguments that Vertex streams: a value at a JSON path.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct PartialArg<'a> {
    #[serde(borrow)]
    pub(crate) json_path: Str<'a>,
    #[serde(borrow)]
    pub(crate) string_value: Option<Str<'a>>,
    #[serde(borrow)]
    pub(crate) number_value: Option<&'a RawValue>,
    pub(crate) bool_value: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct InlineData<'a> {
    #[serde(borrow)]
    pub(crate) mime_type: Str<'a>,
    #[serde(borrow)]
    pub(crate) data: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FileData<'a> {
    #[serde(borrow)]
    pub(crate) mime_type: Str<'a>,
    #[serde(borrow)]
    pub(crate) file_uri: Str<'a>,
}

/// Counts; every chunk repeats what it knows.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct UsageMetadata {
    pub(crate) prompt_token_count: Num,
    pub(crate) candidates_token_count: Num,
    pub(crate) thoughts_token_count: Num,
    pub(crate) tool_use_prompt_token_count: Num,
    pub(crate) cached_content_token_count: Num,
}
