//! Log probabilities of tokens.

use serde::{Deserialize, Deserializer, Serialize};

use crate::text::Text;

/// Log probabilities of the tokens of one choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Logprobs {
    /// Of the answer's text.
    pub content: Vec<TokenLogprob>,
    /// Of the refusal's text.
    pub refusal: Vec<TokenLogprob>,
    /// Of the reasoning's text.
    pub reasoning: Vec<TokenLogprob>,
}

impl Logprobs {
    /// Log probabilities of the answer's text.
    #[must_use]
    pub fn of_content(content: Vec<TokenLogprob>) -> Self {
        Self {
            content,
            ..Self::default()
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.content.is_empty() && self.refusal.is_empty() && self.reasoning.is_empty()
    }

    /// Appends those of a later piece of the answer.
    pub fn append(&mut self, mut later: Self) {
        self.content.append(&mut later.content);
        self.refusal.append(&mut later.refusal);
        self.reasoning.append(&mut later.reasoning);
    }
}

/// One token and its natural log probability.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenLogprob {
    /// The token's text.
    pub token: Text,
    /// Natural logarithm of its probability; not a number where the vendor gives none, as for the first token of a prompt.
    #[serde(deserialize_with = "number_or_null")]
    pub logprob: f64,
    /// Its bytes, where the vendor gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Vec<u8>>,
    /// The likeliest tokens at this place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TokenLogprob>,
}

/// What is not a number is `null` in JSON.
fn number_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Option::<f64>::deserialize(deserializer).map(|number| number.unwrap_or(f64::NAN))
}

impl TokenLogprob {
    /// A token without alternatives.
    #[must_use]
    pub fn new(token: impl Into<Text>, logprob: f64) -> Self {
        Self {
            token: token.into(),
            logprob,
            ..Self::default()
        }
    }
}
