//! Settings that only Gemini has.

use serde::Serialize;
use serde_json::{Map, Value};

/// Settings of Gemini, for [`ChatRequest::with_provider_options`](router_core::ChatRequest::with_provider_options) under
/// `gemini`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GeminiOptions {
    /// What to block from which likelihood on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub safety_settings: Vec<SafetySetting>,
    /// The name of cached content: `cachedContents/…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_content: Option<String>,
    /// Fields of `generationConfig` beside those that the request's settings set: `mediaResolution`, `speechConfig`,
    /// `imageConfig`, … One of the same name as a setting's wins.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub generation_config: Map<String, Value>,
}

/// What to block from which likelihood on, in the vendor's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SafetySetting {
    /// `HARM_CATEGORY_HARASSMENT`, …
    pub category: String,
    /// `BLOCK_ONLY_HIGH`, `BLOCK_NONE`, …
    pub threshold: String,
}
