//! What a family of models does differently, as data.

/// Differences between families of models. The default is that of current models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// How thinking is asked for.
    pub thinking: Thinking,
    /// Whether the model takes instructions apart from the conversation. Else they go in front of the first user text.
    pub system_instruction: bool,
    /// Whether penalties are taken.
    pub penalties: bool,
    /// Whether calls without a signature need the word that stands for one.
    pub needs_signatures: bool,
    /// Whether results of tools may hold media.
    pub result_media: bool,
    /// Whether media may be given by any address, and not only by that of an uploaded file.
    pub media_urls: bool,
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

impl Default for Rules {
    fn default() -> Self {
        Self {
            thinking: Thinking::Level { minimal: false },
            system_instruction: true,
            penalties: false,
            needs_signatures: true,
            result_media: true,
            media_urls: true,
        }
    }
}
