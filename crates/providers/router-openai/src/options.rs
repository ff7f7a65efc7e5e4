//! What only OpenAI has.

use serde::{Deserialize, Serialize};

/// Settings of OpenAI, given with `with_provider_options("openai", &…)`. Unknown fields go into the request as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OpenAiOptions {
    /// Which API answers a chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// `safety_identifier`: an id of the end user, at most 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_identifier: Option<String>,
    /// The id of a conversation that the vendor keeps. Responses answers then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
}

/// The options that steer the codec, in whatever form the others are.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Steering {
    pub(crate) api: Option<Api>,
    pub(crate) conversation: Option<serde::de::IgnoredAny>,
}

/// Which API answers a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Api {
    /// Chat completions, but Responses for models and requests that only Responses serves.
    #[default]
    Auto,
    /// Chat completions.
    ChatCompletions,
    /// Responses.
    Responses,
}
