//! Why an answer ended.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Why an answer ended, in one word for all vendors. The vendor's own word stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model was done, or a stop sequence matched.
    Stop,
    /// A token limit cut the answer.
    Length,
    /// The model waits for the results of tool calls.
    ToolCalls,
    /// The vendor's filter withheld the answer, or the model refused.
    ContentFilter,
    /// The vendor failed while answering.
    Error,
    /// Another word of the vendor; empty when the vendor gave none.
    Other(Text),
}

impl FinishReason {
    /// The word used in logs and results: `stop`, `length`, `tool_calls`, `content_filter`, `error`, `other`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Error => "error",
            Self::Other(_) => "other",
        }
    }
}

impl FinishReason {
    /// Whether the answer was withheld or failed.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        matches!(self, Self::ContentFilter | Self::Error)
    }
}

impl fmt::Display for FinishReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(word) if !word.is_empty() => f.write_str(word),
            _ => f.write_str(self.as_str()),
        }
    }
}
