//! How the model is to answer. Nothing is sent that was not set.

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::json::Json;
use crate::text::Text;

/// Sampling and limits. Every field is optional, and an absent one is the vendor's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Settings {
    /// Most tokens of the answer, reasoning included where the vendor counts it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Randomness; 0 to 2 at most vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Sampling from the k likeliest tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u64>,
    /// Seed for vendors that can repeat an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Penalty on tokens by how often they came, -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Penalty on tokens that came at all, -2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Texts that end the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<Text>,
    /// How many choices to give.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u32>,
    /// Whether to give log probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
    /// How many alternatives per token, 0 to 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_logprobs: Option<u32>,
    /// Bias per token id, -100 to 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logit_bias: Vec<(Text, f64)>,
    /// How much to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<ReasoningConfig>,
    /// How much to say, in the vendor's words: `low`, `medium`, `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<Text>,
    /// An id of the end user, for the vendor's abuse checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Text>,
    /// Pairs to keep with the call at the vendor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<(Text, Text)>,
    /// Speed and price class, in the vendor's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<Text>,
    /// Whether the vendor may keep the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<bool>,
    /// Key under which the vendor groups prompts for its cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_cache_key: Option<Text>,
    /// Kinds of output asked for, in the wire's words: `text`, `audio`, `image`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modalities: Vec<Text>,
    /// Voice and format of spoken output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioOutput>,
    /// The vendor's id of the answer that this one continues (OpenAI Responses).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_response_id: Option<Text>,
}

/// Spoken output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AudioOutput {
    /// The voice, in the vendor's form (a name, or an object).
    pub voice: Option<Json>,
    /// The format: `wav`, `mp3`, `pcm16`, …
    pub format: Option<Text>,
}

/// How much a model is to think, and what of it is to be shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReasoningConfig {
    /// A level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<ReasoningEffort>,
    /// A bound in tokens, for vendors that take one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_tokens: Option<u64>,
    /// Whether, and how, the thoughts are to be summarised, in the vendor's words: `auto`, `concise`, `detailed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// Whether thoughts are to be part of the answer, where the vendor asks for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_thoughts: Option<bool>,
    /// Fields of the wire that are not named here.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl ReasoningConfig {
    /// A level.
    #[must_use]
    pub fn effort(effort: ReasoningEffort) -> Self {
        Self {
            effort: Some(effort),
            ..Self::default()
        }
    }

    /// A bound in tokens.
    #[must_use]
    pub fn budget(tokens: u64) -> Self {
        Self {
            budget_tokens: Some(tokens),
            ..Self::default()
        }
    }
}

/// How hard to think.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReasoningEffort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More than that.
    XHigh,
    /// As much as possible.
    Max,
    /// A word of the vendor.
    #[serde(untagged)]
    Other(Text),
}

impl ReasoningEffort {
    /// The word on OpenAI's wire, which most vendors share.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
            Self::Other(word) => word,
        }
    }

    /// The level of a word, whatever its case.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "none" => Self::None,
            "minimal" => Self::Minimal,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "xhigh" => Self::XHigh,
            "max" => Self::Max,
            _ => Self::Other(Text::from(word)),
        }
    }

    /// The tokens that a level stands for at vendors that take a budget instead of a level.
    ///
    /// The steps are ours: doubling from the 1024 that Anthropic asks for at least.
    #[must_use]
    pub fn budget_tokens(&self) -> Option<u64> {
        match self {
            Self::None => Some(0),
            Self::Minimal => Some(1024),
            Self::Low => Some(4096),
            Self::Medium => Some(10_240),
            Self::High => Some(16_384),
            Self::XHigh => Some(24_576),
            Self::Max => Some(32_768),
            Self::Other(_) => None,
        }
    }

    /// The level that comes nearest to a budget in tokens.
    #[must_use]
    pub fn from_budget(tokens: u64) -> Self {
        match tokens {
            0 => Self::None,
            1..=2048 => Self::Minimal,
            2049..=6144 => Self::Low,
            6145..=12_288 => Self::Medium,
            12_289..=20_480 => Self::High,
            20_481..=28_672 => Self::XHigh,
            _ => Self::Max,
        }
    }
}
