//! Which of OpenAI's APIs a request travels by: each frames tools and schemas otherwise.

/// One of OpenAI's APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenAiApi {
    /// `/v1/chat/completions`.
    ChatCompletions,
    /// `/v1/responses`.
    Responses,
}
