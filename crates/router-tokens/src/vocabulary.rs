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
        Family::Gpt4 => &packed::CL100K,
        _ => &packed::O200K,
    };
    vocabulary.count_ordinary(text) as u64
}

/// Vocabularies as the build script packs them.
#[cfg(feature = "tiktoken")]
mod packed {
    use std::sync::LazyLock;

    use tiktoken_rs::{CoreBPE, O200K_BASE_PAT_STR};

    pub(super) static CL100K: LazyLock<CoreBPE> = LazyLock::new(|| {
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/cl100k_base"));
        unpacked(packed, CL100K_PATTERN)
    });

    pub(super) static O200K: LazyLock<CoreBPE> = LazyLock::new(|| {
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/o200k_base"));
        unpacked(packed, O200K_BASE_PAT_STR)
    });

    /// Where the older vocabulary may cut a text.
    /// <https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py>, 2025-06-01
    const CL100K_PATTERN: &str = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";

    /// Special tokens are left out: what users write is text.
    fn unpacked(packed: &[u8], pattern: &str) -> CoreBPE {
        let ranks = tokens(packed).zip(0..).collect();
        CoreBPE::new(ranks, Default::default(), pattern).expect("the pattern is a regular expression")
    }

    fn tokens(mut packed: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        std::iter::from_fn(move || {
            let (length, rest) = packed.split_first()?;
            let (token, rest) = rest.split_at_checked(usize::from(*length))?;
            packed = rest;
            Some(token.to_vec())
        })
    }
}

/// Tokens of a text by its characters.
#[cfg(not(feature = "tiktoken"))]
pub(crate) fn count(_family: Family, text: &str) -> u64 {
    use router_core::tokens::{EstimatingCounter, TokenCounter as _};
    EstimatingCounter.count_text(&router_core::ModelId::from_static(""), text)
}

#[cfg(all(test, feature = "tiktoken"))]
mod tests {
    use super::packed::{CL100K, O200K};

    #[test]
    fn packed_vocabularies_cut_texts_as_those_they_come_from() {
        let texts = [
            "Hello, world! It's 12345 o'clock.",
            "fn main() {\r\n\tprintln!(\"{}\", 1_000_000);\n}\n\n   ",
            "Größe 你好，世界 こんにちは 안녕하세요 🦀🦀 नमस्ते",
            "<|endoftext|> antidisestablishmentarianism    \t  x",
        ];
        let all = texts.concat();
        for text in texts.into_iter().chain([all.as_str()]) {
            let ours = [CL100K.encode_ordinary(text), O200K.encode_ordinary(text)];
            let theirs = [
                tiktoken_rs::cl100k_base_singleton().encode_ordinary(text),
                tiktoken_rs::o200k_base_singleton().encode_ordinary(text),
            ];
            assert_eq!(ours, theirs, "{text:?}");
        }
    }
}
