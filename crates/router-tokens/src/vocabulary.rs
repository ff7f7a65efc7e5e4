//! OpenAI's vocabularies, built when first asked for and shared from then on; without them, a guess by characters.

use crate::family::Family;

/// Tokens of a text in the vocabulary of a family of OpenAI's; for other families in the newest of these, which estimates
/// are scaled from.
#[cfg(feature = "tiktoken")]
pub(crate) fn count(family: Family, text: &str) -> u64 {
    if text.is_empty() {
        return 0;
    }
    let vocabulary = match family {
        Family::Gpt4 => tiktoken_rs::cl100k_base_singleton(),
        _ => tiktoken_rs::o200k_base_singleton(),
    };
    vocabulary.count_ordinary(text) as u64
}

/// Tokens of a text by its characters.
#[cfg(not(feature = "tiktoken"))]
pub(crate) fn count(_family: Family, text: &str) -> u64 {
    use router_core::tokens::{EstimatingCounter, TokenCounter as _};
    EstimatingCounter.count_text(&router_core::ModelId::from_static(""), text)
}
