//! Settings that only Bedrock has.

use router_core::{ChatRequest, ModelId, ProviderId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::WIRE;
use crate::models::Family;

/// Settings of Bedrock, for [`ChatRequest::with_provider_options`] under `bedrock`, by the vendor's names.
///
/// See <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct BedrockOptions {
    /// Which API answers a chat: Converse, unless set. Claude answers over its own wire as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Whose model it is, where the name does not tell: that of a custom model, or of an inference profile of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// What only the model takes: `{"top_k": 5}`. Its fields win over those that the request's settings set.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub additional_model_request_fields: Map<String, Value>,
    /// JSON pointers to fields of the model's answer that are wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_model_response_field_paths: Vec<String>,
    /// A guardrail: `guardrailIdentifier`, `guardrailVersion`, `trace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guardrail_config: Option<Value>,
    /// `{"latency": "optimized"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_config: Option<Value>,
    /// Values of a stored prompt's variables.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub prompt_variables: Map<String, Value>,
}

/// Which API answers a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Api {
    /// Converse, which all chat models have.
    #[default]
    Converse,
    /// InvokeModel, with the body of the model's maker: Claude's messages, Nova's, OpenAI's form for its open models and those of Qwen,
    /// Moonshot, DeepSeek and Mistral, and conversations as text for Titan, Llama, Mistral's first models and Command R.
    Invoke,
}

/// Fields of the options that steer the codec and are not sent.
pub(crate) const OWN: &[&str] = &["api", "family"];

/// The options that steer a request.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Steering {
    pub(crate) api: Option<Api>,
    family: Option<Family>,
}

impl Steering {
    pub(crate) fn of(request: &ChatRequest, provider: &ProviderId) -> Self {
        let options = &request.provider_options;
        let json = options.get(provider.as_str()).or_else(|| options.get(WIRE));
        json.and_then(|json| json.to().ok()).unwrap_or_default()
    }

    pub(crate) fn family(self, model: &ModelId) -> Family {
        self.family.unwrap_or_else(|| Family::of(model.as_str()))
    }
}
