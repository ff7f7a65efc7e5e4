//! What only Zhipu has.

use router_core::content::Opaque;
use router_core::{Json, ProviderId, ToolDefinition};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Settings of Zhipu, given with `with_provider_options("zhipu", &…)`. Unknown fields go into the request as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ZhipuOptions {
    /// Thinking, in the place of what the request's settings say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    /// Whether arguments of tools are streamed (GLM-4.6 on); a call comes in one piece otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_stream: Option<bool>,
    /// An id of the request, of one's own; one that was used before is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether to sample at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub do_sample: Option<bool>,
    /// Whether pictures bear a watermark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watermark_enabled: Option<bool>,
}

/// Thinking in Zhipu's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Thinking {
    /// `enabled` or `disabled`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether earlier reasoning is dropped, which is the default; `false` keeps what goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_thinking: Option<bool>,
}

impl Thinking {
    /// Turned on, keeping the reasoning of earlier turns.
    #[must_use]
    pub fn preserved() -> Self {
        Self {
            kind: "enabled".to_owned(),
            clear_thinking: Some(false),
        }
    }
}

/// The search of the web that Zhipu runs itself. What it found comes as citations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WebSearch {
    /// Which engine: `search_std`, `search_pro`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_engine: Option<String>,
    /// What to search for, in the place of what the model makes of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// How many pages, 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How recent: `oneDay`, `oneWeek`, `oneMonth`, `oneYear`, `noLimit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_recency_filter: Option<String>,
    /// How much of each page: `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_size: Option<String>,
}

impl WebSearch {
    /// The search as a tool of a request. It tells what it found.
    #[must_use]
    pub fn tool(&self) -> ToolDefinition {
        let mut search = json!(self);
        search["enable"] = true.into();
        search["search_result"] = true.into();
        let raw = Json::from(json!({"type": "web_search", "web_search": search}));
        ToolDefinition::Provider(Opaque::new(ProviderId::from_static("zhipu"), raw))
    }
}
