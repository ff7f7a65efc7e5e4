//! What only OpenRouter has: which vendor answers, what stands in when it fails, what runs beside the model.

use router_core::{Json, Usage};
use serde::{Deserialize, Serialize};

/// Settings of OpenRouter, given with `with_provider_options("openrouter", &…)`. Unknown fields go into the request as they
/// are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OpenRouterOptions {
    /// `responses`: the Responses API answers instead of chat completions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Models that stand in, in this order, when the one asked for fails. The answer tells which one it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Which vendors may answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Routing>,
    /// What runs beside the model: web search, readers of files, mending of JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<Plugin>,
    /// Settings of pictures that a chat gives, such as `{"aspect_ratio": "16:9"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<Json>,
    /// A conversation's id: its calls go to the same vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// Which vendors may answer, and which of them first (<https://openrouter.ai/docs/features/provider-routing>, read 2026-11).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Routing {
    /// Those to try first, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// The only ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Those left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Whether another may stand in; the vendor's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_fallbacks: Option<bool>,
    /// Whether only those answer that have every setting of the request; the vendor's default is no, and settings are then
    /// dropped in silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_parameters: Option<bool>,
    /// `deny`: only those that keep no data; `allow` is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_collection: Option<String>,
    /// Whether only those with zero data retention answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zdr: Option<bool>,
    /// Precisions of the weights: `fp8`, `bf16`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quantizations: Vec<String>,
    /// What counts among them: `price`, `throughput`, `latency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The most that a call may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_price: Option<MaxPrice>,
}

/// The most that a call may cost: US dollars per million tokens, per picture or per request, as decimal texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MaxPrice {
    /// Of a million tokens of the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Of a million tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<String>,
    /// Of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// Something that runs beside the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plugin {
    /// `web`, `file-parser`, `response-healing`, `context-compression`, …
    pub id: String,
    /// Its settings, by name.
    #[serde(flatten)]
    pub settings: std::collections::BTreeMap<String, Json>,
}

impl Plugin {
    /// A plugin with its usual settings.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }
}

/// What a call cost in US dollars: what OpenRouter charges, and what the vendor behind it charges when the key is one's own
/// there.
#[must_use]
pub fn cost(usage: &Usage) -> Option<f64> {
    #[derive(Deserialize)]
    struct Charged {
        cost: f64,
        #[serde(default)]
        is_byok: Option<bool>,
        #[serde(default)]
        cost_details: Option<Details>,
    }
    #[derive(Default, Deserialize)]
    struct Details {
        #[serde(default)]
        upstream_inference_cost: Option<f64>,
    }
    let charged: Charged = usage.raw.as_ref()?.to().ok()?;
    let behind = charged
        .cost_details
        .unwrap_or_default()
        .upstream_inference_cost
        .filter(|_| charged.is_byok == Some(true));
    Some(charged.cost + behind.unwrap_or(0.0))
}
