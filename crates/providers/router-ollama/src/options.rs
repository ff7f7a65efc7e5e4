//! Settings that only Ollama has.

use serde::Serialize;
use serde_json::{Map, Value};

/// Settings of Ollama, for [`ChatRequest::with_provider_options`](router_core::ChatRequest::with_provider_options) under
/// `ollama`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OllamaOptions {
    /// How long the model stays loaded, as a duration such as `5m`; `0` unloads it, `-1` keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<String>,
    /// Whether a prompt that is longer than the context loses its oldest messages. The vendor's default is yes, without a
    /// word; `false` makes it an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<bool>,
    /// Whether the context moves on when an answer fills it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<bool>,
    /// The runner's options: `num_ctx`, `min_p`, `repeat_penalty`, … They go beside those that the request's settings set.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}
