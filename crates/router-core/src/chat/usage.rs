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
        // Named one by one, so that a count which is added later cannot be forgotten here.
        let Self {
            input_tokens,
            output_tokens,
            cache_read_input_tokens,
            cache_creation_input_tokens,
            cache_creation_1h_input_tokens,
            reasoning_output_tokens,
            audio_input_tokens,
            audio_output_tokens,
            image_input_tokens,
            image_output_tokens,
            raw: _,
        } = other;
        self.input_tokens = self.input_tokens.saturating_add(*input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(*output_tokens);
        for (one, other) in [
            (&mut self.cache_read_input_tokens, cache_read_input_tokens),
            (&mut self.cache_creation_input_tokens, cache_creation_input_tokens),
            (
                &mut self.cache_creation_1h_input_tokens,
                cache_creation_1h_input_tokens,
            ),
            (&mut self.reasoning_output_tokens, reasoning_output_tokens),
            (&mut self.audio_input_tokens, audio_input_tokens),
            (&mut self.audio_output_tokens, audio_output_tokens),
            (&mut self.image_input_tokens, image_input_tokens),
            (&mut self.image_output_tokens, image_output_tokens),
        ] {
            if let Some(other) = other {
                *one = Some(one.unwrap_or(0).saturating_add(*other));
            }
        }
        self.raw = None;
    }

    /// Input and output together.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A usage with a count in every field.
    fn counted() -> Usage {
        Usage {
            input_tokens: 1,
            output_tokens: 2,
            cache_read_input_tokens: Some(3),
            cache_creation_input_tokens: Some(4),
            cache_creation_1h_input_tokens: Some(5),
            reasoning_output_tokens: Some(6),
            audio_input_tokens: Some(7),
            audio_output_tokens: Some(8),
            image_input_tokens: Some(9),
            image_output_tokens: Some(10),
            raw: None,
        }
    }

    fn counts(usage: &Usage) -> Vec<(String, u64)> {
        let fields = serde_json::to_value(usage).expect("JSON");
        let fields = fields.as_object().expect("an object").iter();
        fields
            .map(|(name, count)| (name.clone(), count.as_u64().expect("a count")))
            .collect()
    }

    #[test]
    fn every_count_is_added() {
        let mut sum = counted();
        sum.add(&counted());
        let twice: Vec<_> = counts(&counted())
            .into_iter()
            .map(|(name, count)| (name, 2 * count))
            .collect();
        assert_eq!(counts(&sum), twice);
        let mut sum = Usage::default();
        sum.add(&counted());
        assert_eq!(sum, counted(), "what was not counted before is the other's");
        sum.add(&Usage::default());
        assert_eq!(sum, counted(), "what the other has not counted stays");
    }
}
