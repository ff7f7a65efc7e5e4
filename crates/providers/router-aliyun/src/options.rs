//! What only Aliyun has.

use serde::{Deserialize, Serialize};

/// Settings of Aliyun, given with `with_provider_options("aliyun", &…)`. Unknown fields go into the request as they are, on the native
/// API into its `parameters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AliyunOptions {
    /// Which API answers a chat or an embedding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Whether the model may search the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_search: Option<bool>,
    /// Whether earlier reasoning goes back and is thought of; only some models take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preserve_thinking: Option<bool>,
    /// Whether a picture's prompt is rewritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_extend: Option<bool>,
    /// Whether pictures bear a watermark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watermark: Option<bool>,
    /// What an embedding is for, in one's own words; it is then made over the native API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruct: Option<String>,
}

/// Which API answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Api {
    /// OpenAI's form, and DashScope's own where only that has what is asked for.
    #[default]
    Auto,
    /// OpenAI's form.
    Compatible,
    /// DashScope's own.
    Native,
}

/// Fields that steer the codec and are not sent.
pub(crate) const OWN: &[&str] = &["api"];

/// The options of a request that the codec reads itself.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Steering {
    pub(crate) api: Api,
    pub(crate) preserve_thinking: bool,
    pub(crate) instruct: Option<String>,
}

impl Steering {
    pub(crate) fn of(options: &router_core::options::ProviderOptions, provider: &str) -> Self {
        options
            .get(provider)
            .and_then(|options| options.to::<Self>().ok())
            .unwrap_or_default()
    }
}
