//! Moderation: is a text or picture harmful.

use serde::{Deserialize, Serialize};

use crate::content::ContentPart;
use crate::extra::Extra;
use crate::text::Text;

/// Inputs to judge, each on its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ModerationRequest {
    /// Texts or pictures.
    pub inputs: Vec<ContentPart>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl ModerationRequest {
    /// Inputs to judge.
    #[must_use]
    pub fn new<T: Into<ContentPart>>(inputs: impl IntoIterator<Item = T>) -> Self {
        Self {
            inputs: inputs.into_iter().map(Into::into).collect(),
            extra: Extra::new(),
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
}

impl ModerationCategory {
    /// A category.
    #[must_use]
    pub fn new(name: impl Into<Text>, flagged: bool, score: Option<f64>) -> Self {
        Self {
            name: name.into(),
            flagged,
            score,
        }
    }
}
