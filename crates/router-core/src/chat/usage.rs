//! Tokens that a call used.

use serde::{Deserialize, Serialize};

use crate::json::Json;

/// Tokens of one call. Totals are totals: input includes cached tokens, output includes reasoning.
///
/// An answer without counts has no `Usage` at all, never zeros.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// All tokens of the prompt, those read from and written to a cache included.
    pub input_tokens: u64,
    /// All tokens of the answer, reasoning included.
    pub output_tokens: u64,
    /// Input tokens read from the vendor's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_input_tokens: Option<u64>,
    /// Input tokens written to the vendor's cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_input_tokens: Option<u64>,
    /// Of the tokens written to the cache, those that stay for an hour: vendors that tell them apart charge more for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_creation_1h_input_tokens: Option<u64>,
    /// Output tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_output_tokens: Option<u64>,
    /// Input tokens of audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_input_tokens: Option<u64>,
    /// Output tokens of audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_output_tokens: Option<u64>,
    /// Input tokens of pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_input_tokens: Option<u64>,
    /// Output tokens of pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_output_tokens: Option<u64>,
    /// The vendor's own object, for counts that are not named here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Json>,
}

impl Usage {
    /// Totals only.
    #[must_use]
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            output_tokens,
            ..Self::default()
        }
    }

    /// Adds the counts of another call. The vendor's own object tells of one call only, and goes.
    pub fn add(&mut self, other: &Self) {
        let add = |one: &mut Option<u64>, other: Option<u64>| {
            *one = match (*one, other) {
                (None, None) => None,
                (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
            };
        };
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        add(&mut self.cache_read_input_tokens, other.cache_read_input_tokens);
        add(
            &mut self.cache_creation_input_tokens,
            other.cache_creation_input_tokens,
        );
        add(&mut self.reasoning_output_tokens, other.reasoning_output_tokens);
        add(&mut self.audio_input_tokens, other.audio_input_tokens);
        add(&mut self.audio_output_tokens, other.audio_output_tokens);
        add(&mut self.image_input_tokens, other.image_input_tokens);
        add(&mut self.image_output_tokens, other.image_output_tokens);
        self.raw = None;
    }

    /// Input and output together.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}
