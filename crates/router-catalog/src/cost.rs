//! Tokens of a call to dollars.

use router_core::Usage;

use crate::model::Price;

/// What a call cost in US dollars, by part. Parts add up to the total.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Cost {
    /// Input that was neither cached nor sound.
    pub input: f64,
    /// Input read from the vendor's cache.
    pub cache_read: f64,
    /// Input written to it.
    pub cache_write: f64,
    /// Sound in both directions.
    pub audio: f64,
    /// Output that was neither reasoning nor sound.
    pub output: f64,
    /// Reasoning.
    pub reasoning: f64,
}

impl Cost {
    /// All parts together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.input + self.cache_read + self.cache_write + self.audio + self.output + self.reasoning
    }
}

impl Price {
    /// What these tokens cost; `None` when a kind of token was used whose price is not known.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<Cost> {
        let tier = self
            .tiers
            .iter()
            .filter(|tier| usage.input_tokens > tier.above)
            .max_by_key(|tier| tier.above);
        let of = |field: fn(&Self) -> Option<f64>| tier.and_then(|tier| field(&tier.price)).or(field(self));
        let (input, output) = (of(|price| price.input), of(|price| price.output));

        let read = usage.cache_read_input_tokens.unwrap_or(0);
        let written = usage.cache_creation_input_tokens.unwrap_or(0);
        let hour = usage.cache_creation_1h_input_tokens.unwrap_or(0).min(written);
        let heard = usage.audio_input_tokens.unwrap_or(0);
        let reasoned = usage.reasoning_output_tokens.unwrap_or(0);
        let spoken = usage.audio_output_tokens.unwrap_or(0);
        let plain_input = usage.input_tokens.saturating_sub(read + written + heard);
        let plain_output = usage.output_tokens.saturating_sub(reasoned + spoken);

        let write = of(|price| price.cache_write).or(input);
        let write_hour = of(|price| price.cache_write_1h).or(write);
        Some(Cost {
            input: dollars(plain_input, input)?,
            cache_read: dollars(read, of(|price| price.cache_read).or(input))?,
            cache_write: dollars(written - hour, write)? + dollars(hour, write_hour)?,
            audio: dollars(heard, of(|price| price.audio_in).or(input))?
                + dollars(spoken, of(|price| price.audio_out).or(output))?,
            output: dollars(plain_output, output)?,
            reasoning: dollars(reasoned, of(|price| price.reasoning_out).or(output))?,
        })
    }
}

/// Tokens at a price per million; what was not used needs no price.
fn dollars(tokens: u64, price: Option<f64>) -> Option<f64> {
    if tokens == 0 {
        return Some(0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "no call has 2^53 tokens")]
    let tokens = tokens as f64;
    Some(tokens * price? / 1e6)
}
