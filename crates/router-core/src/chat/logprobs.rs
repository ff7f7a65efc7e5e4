//! Log probabilities of tokens.

use serde::{Deserialize, Serialize};

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
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// Its bytes, where the vendor gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Vec<u8>>,
    /// The likeliest tokens at this place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TokenLogprob>,
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
