//! What is stored of a conversation: a log of records that only grows.
//!
//! Records name messages by ids and never by place, so that records of several writers mean the same in any order.

use router_core::{Message, Text};
use serde::{Deserialize, Serialize};

/// One thing that happened to a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// A message came.
    Message(Entry),
    /// Messages were taken back.
    Removed(Vec<Text>),
    /// Messages were pinned, or no longer are.
    Pinned {
        /// Which.
        ids: Vec<Text>,
        /// Whether they are now.
        pinned: bool,
    },
    /// Messages were summed up, with what an earlier summary said.
    Summary(Summary),
    /// The conversation is a branch of another.
    Branch {
        /// The other.
        of: Text,
        /// The last message of it that both have.
        at: Option<Text>,
    },
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its id, unique in the conversation.
    pub id: Text,
    /// The message. Its content is shared by all copies.
    pub message: Message,
    /// Whether it stays whatever is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// How much it matters, from 0 to 1, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importance: Option<f32>,
}

impl Entry {
    /// An entry with an id of its own.
    #[must_use]
    pub fn new(message: Message) -> Self {
        let id = format!("{:016x}", fastrand::u64(..));
        Self {
            id: id.into(),
            message,
            pinned: false,
            importance: None,
        }
    }
}

/// What stands for messages that are no longer sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// The summary.
    pub text: Text,
    /// The messages that it stands for, those of earlier summaries aside.
    pub of: Vec<Text>,
}

impl Summary {
    /// A summary of messages.
    #[must_use]
    pub fn new(text: impl Into<Text>, of: Vec<Text>) -> Self {
        Self {
            text: text.into(),
            of,
        }
    }
}
