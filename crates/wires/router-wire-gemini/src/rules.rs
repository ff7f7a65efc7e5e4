//! What a model of the family takes, by its name, and what a service around it takes.

/// What a model takes. Facts from <https://ai.google.dev/gemini-api/docs/models> and the pages beside it, read 2026-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// How thinking is asked for.
    pub thinking: Thinking,
    /// Whether temperature, `top_p` and `top_k` have an effect.
    pub sampling: bool,
    /// Whether penalties are taken.
    pub penalties: bool,
    /// Whether instructions are taken apart from the conversation. Else they go in front of the first text of the user.
    pub system_instruction: bool,
    /// Whether calls without a signature need the word that stands for one.
    pub needs_signatures: bool,
    /// Whether results of tools may hold media.
    pub result_media: bool,
    /// Whether media may be given by any address, and not only by that of an uploaded file.
    pub media_urls: bool,
    /// Whether each picture says how closely it is to be looked at.
    pub media_detail: bool,
    /// Whether a function may have an object without fields as its parameters.
    pub empty_parameters: bool,
    /// Whether an answer may be held to JSON while there are tools.
    pub json_with_tools: bool,
    /// Whether functions may stand beside the vendor's own tools.
    pub mixed_tools: bool,
}

/// How thinking is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// The model does not think.
    None,
    /// By a number of tokens.
    Budget {
        /// The least, when it thinks.
        least: u64,
        /// The most.
        most: u64,
        /// Whether it can be turned off.
        off: bool,
    },
    /// By a level. It cannot be turned off.
    Level {
        /// Whether there is a level `minimal`.
        minimal: bool,
    },
}

/// From the third generation on.
const CURRENT: Rules = Rules {
    thinking: Thinking::Level { minimal: false },
    sampling: true,
    penalties: false,
    system_instruction: true,
    needs_signatures: true,
    result_media: true,
    media_urls: true,
    media_detail: true,
    empty_parameters: true,
    json_with_tools: true,
    mixed_tools: true,
};

/// The second generation and before, but for 2.5 that fetches media.
const OLD: Rules = Rules {
    thinking: Thinking::None,
    penalties: true,
    needs_signatures: false,
    result_media: false,
    media_urls: false,
    media_detail: false,
    empty_parameters: false,
    json_with_tools: false,
    mixed_tools: false,
    ..CURRENT
};

/// The open models.
const GEMMA: Rules = Rules {
    system_instruction: false,
    penalties: false,
    ..OLD
};

impl Default for Rules {
    fn default() -> Self {
        CURRENT
    }
}

impl Rules {
    /// The rules of a model, whatever stands before its name (`models/…`, `publishers/google/models/…`). A name that is not
    /// known has those of current models.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        if name.starts_with("gemma") {
            return GEMMA;
        }
        let Some(version) = name.strip_prefix("gemini-") else {
            return CURRENT;
        };
        let is = |line: &str| version.contains(line);
        let begins = |starts: &[&str]| starts.iter().any(|start| version.starts_with(start));
        if begins(&["1.", "2."]) {
            let thinking = match () {
                () if !begins(&["2.5"]) || is("image") || is("tts") => Thinking::None,
                () if is("pro") => Thinking::Budget {
                    least: 128,
                    most: 32_768,
                    off: false,
                },
                () => Thinking::Budget {
                    least: if is("lite") { 512 } else { 1 },
                    most: 24_576,
                    off: true,
                },
            };
            return Self {
                thinking,
                media_urls: begins(&["2.5"]),
                ..OLD
            };
        }
        let speaks = is("tts");
        Self {
            thinking: if speaks {
                Thinking::None
            } else {
                Thinking::Level {
                    minimal: is("flash") && begins(&["3-", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6"]),
                }
            },
            // Taken and without effect, and announced to be refused.
            sampling: !(begins(&["3.7", "3.8", "4"])
                || (is("flash") && begins(&["3.6"]))
                || (is("flash-lite") && begins(&["3.5"]))),
            ..CURRENT
        }
    }
}

/// How a service takes the wire: the Gemini API, or Vertex AI with the same messages at another address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Whether calls and results may bear ids.
    pub call_ids: bool,
    /// Whether calls that the vendor ran itself can be made part of the answer.
    pub own_calls: bool,
    /// Whether the body has a price class and whether the call may be kept.
    pub tier_in_body: bool,
    /// Whether pairs may be kept with the call, as labels.
    pub labels: bool,
    /// Whether media may be given by any address, whatever the model.
    pub media_urls: bool,
    /// Whether a count takes the chat as it is, and not inside a request of its own.
    pub plain_count: bool,
}

impl Service {
    /// The Gemini API.
    pub const GEMINI: Self = Self {
        call_ids: true,
        own_calls: true,
        tier_in_body: true,
        labels: false,
        media_urls: false,
        plain_count: false,
    };

    /// Vertex AI.
    pub const VERTEX: Self = Self {
        call_ids: false,
        own_calls: false,
        tier_in_body: false,
        labels: true,
        media_urls: true,
        plain_count: true,
    };
}

#[cfg(test)]
mod tests {
    use super::{Rules, Thinking};

    #[test]
    fn generations_differ() {
        let gemma = Rules::of("gemma-3-27b-it");
        assert!(gemma.thinking == Thinking::None && !gemma.system_instruction);
        let thinking = |model| Rules::of(model).thinking;
        assert!(matches!(
            thinking("gemini-2.5-pro"),
            Thinking::Budget { off: false, .. }
        ));
        assert!(matches!(
            thinking("models/gemini-2.5-flash-lite"),
            Thinking::Budget {
                least: 512,
                off: true,
                ..
            }
        ));
        assert_eq!(thinking("gemini-2.5-flash-image"), Thinking::None);
        assert_eq!(thinking("gemini-2.5-flash-preview-tts"), Thinking::None);
        assert_eq!(thinking("gemini-2.0-flash"), Thinking::None);
        assert_eq!(
            thinking("gemini-3-flash-preview"),
            Thinking::Level { minimal: true }
        );
        assert_eq!(
            thinking("gemini-3.1-pro-preview"),
            Thinking::Level { minimal: false }
        );
        assert_eq!(thinking("gemini-3.8-flash"), Thinking::Level { minimal: false });
        assert_eq!(
            thinking("gemini-flash-latest"),
            Thinking::Level { minimal: false }
        );
        let samples = |model| Rules::of(model).sampling;
        assert!(
            samples("gemini-2.5-flash") && samples("gemini-3-pro-preview") && samples("gemini-3.5-flash")
        );
        assert!(
            !samples("gemini-3.5-flash-lite") && !samples("gemini-3.6-flash") && !samples("gemini-4-argon")
        );
        assert!(Rules::of("gemini-flash-latest").needs_signatures);
        assert!(!Rules::of("publishers/google/models/gemini-2.5-pro").needs_signatures);
    }
}
