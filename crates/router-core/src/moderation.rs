//! Moderation: is a text or picture harmful.

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::message::Content;
use crate::options::ProviderOptions;
use crate::text::Text;

/// Inputs to judge, each on its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModerationRequest {
    /// Texts, or texts and pictures that are judged together.
    pub inputs: Vec<Content>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl ModerationRequest {
    /// Inputs to judge.
    #[must_use]
    pub fn new<T: Into<Content>>(inputs: impl IntoIterator<Item = T>) -> Self {
        Self {
            inputs: inputs.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

/// Judgements, in the order of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModerationResponse {
    /// The vendor's id.
    pub id: Option<Text>,
    /// The model that judged.
    pub model: Option<Text>,
    /// One per input.
    pub results: Vec<Moderation>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// The judgement on one input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Moderation {
    /// Whether any category applies.
    pub flagged: bool,
    /// Categories in the vendor's words: whether each applies, and its score from 0 to 1.
    pub categories: Vec<ModerationCategory>,
    /// Fields of the wire that are not named here.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Moderation {
    /// A judgement.
    #[must_use]
    pub fn new(flagged: bool, categories: Vec<ModerationCategory>) -> Self {
        Self {
            flagged,
            categories,
            extra: Extra::new(),
        }
    }
}

/// One category of a judgement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModerationCategory {
    /// The vendor's word: `self-harm/intent`.
    pub name: Text,
    /// Whether it applies.
    pub flagged: bool,
    /// Its score, where the vendor gives one.
    pub score: Option<f64>,
    /// The kinds of input that the score is about: `text`, `image`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_types: Vec<Text>,
}

impl ModerationCategory {
    /// A category.
    #[must_use]
    pub fn new(name: impl Into<Text>, flagged: bool, score: Option<f64>) -> Self {
        Self {
            name: name.into(),
            flagged,
            score,
            input_types: Vec::new(),
        }
    }
}
