//! What only Anthropic has.

use serde::{Deserialize, Serialize};

/// Settings of Anthropic, given with `with_provider_options("anthropic", &…)`. Unknown fields go into the request's body as
/// they are: `container`, `mcp_servers`, `context_management`, `cache_control`, and whatever comes next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AnthropicOptions {
    /// Betas to ask for, sent as the header `anthropic-beta`. The vendor refuses a name it does not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub betas: Vec<String>,
    /// Version of the API instead of `2023-06-01`. From `2026-10-21` on no model takes sampling settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Where the answer is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_geo: Option<String>,
    /// `standard` or `fast`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<String>,
}
