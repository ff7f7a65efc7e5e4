//! The pieces of an answer.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::audio::Segment;
use crate::call::Output;
use crate::capability::OperationKind;
use crate::chat::{FinishReason, Logprobs, Usage};
use crate::content::{Citation, Media, Opaque, Riders};
use crate::extra::Extra;
use crate::image::GeneratedImage;
use crate::text::Text;
use crate::tokens::estimate_piece;
use crate::tool::{ServerToolCall, ToolCallKind};
use crate::warning::Warning;

/// One piece of an answer.
///
/// Deltas of one kind belong to the part that is open; a delta of another kind, or `PartEnd`, closes it.
/// `choice` is the index of the choice, never that of a block or part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamEvent {
    /// The answer has begun. Comes at most once, first; not content.
    Start(Box<StreamStart>),
    /// More text.
    TextDelta {
        /// Which choice.
        choice: u32,
        /// The text.
        text: Text,
    },
    /// More reasoning text.
    ReasoningDelta {
        /// Which choice.
        choice: u32,
        /// The text.
        text: Text,
    },
    /// More of a refusal.
    RefusalDelta {
        /// Which choice.
        choice: u32,
        /// The text.
        text: Text,
    },
    /// A tool call begins.
    ToolCallStart(Box<ToolCallStart>),
    /// More of a call's arguments.
    ToolCallDelta {
        /// Which choice.
        choice: u32,
        /// Which call.
        call: u32,
        /// The piece, to be appended.
        arguments: Text,
    },
    /// A call is complete.
    ToolCallEnd {
        /// Which choice.
        choice: u32,
        /// Which call.
        call: u32,
        /// What rides on the call.
        #[serde(default, skip_serializing_if = "Riders::is_empty")]
        riders: Riders,
    },
    /// Another part begins, and its vendor told something of it beforehand: the id of its item. Not content; a part begins
    /// without it too.
    PartStart {
        /// Which choice.
        choice: u32,
        /// What was told.
        riders: Riders,
    },
    /// A text, reasoning or refusal part is complete. With nothing open and riders to keep, an empty part of that kind.
    PartEnd {
        /// Which choice.
        choice: u32,
        /// What kind of part.
        kind: PartKind,
        /// What rides on the part: a signature, fields of the wire.
        #[serde(default, skip_serializing_if = "Riders::is_empty")]
        riders: Riders,
    },
    /// A source for the text part that is open, or was last.
    Citation {
        /// Which choice.
        choice: u32,
        /// The source.
        citation: Box<Citation>,
    },
    /// A call that the vendor ran itself.
    ServerToolCall {
        /// Which choice.
        choice: u32,
        /// The call.
        call: Box<ServerToolCall>,
    },
    /// Log probabilities of more tokens.
    Logprobs {
        /// Which choice.
        choice: u32,
        /// Of these tokens.
        logprobs: Box<Logprobs>,
    },
    /// A picture or sound, whole.
    Media {
        /// Which choice.
        choice: u32,
        /// The media.
        media: Box<Media>,
    },
    /// More of a sound: bytes to be appended to those before.
    AudioDelta {
        /// Which choice.
        choice: u32,
        /// The bytes. In JSON they are base64.
        #[serde(with = "crate::base64_bytes")]
        audio: Bytes,
    },
    /// A picture that was asked for, or what is to be seen of it so far.
    Image {
        /// Which of the pictures asked for.
        choice: u32,
        /// Which preview it is, from 0; absent for the picture itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preview: Option<u32>,
        /// The picture.
        image: Box<GeneratedImage>,
    },
    /// A piece of written-down speech with its times.
    Segment(Box<Segment>),
    /// An answer that is no chat, whole: where a provider does not stream it.
    Output(Box<Output>),
    /// A part that only its vendor knows.
    Opaque {
        /// Which choice.
        choice: u32,
        /// The part.
        part: Box<Opaque>,
    },
    /// The answer is complete. Comes once, last.
    Finish(Box<StreamFinish>),
}

/// The kind of a part that comes in deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartKind {
    /// Text.
    Text,
    /// Reasoning that is shown.
    Reasoning,
    /// Reasoning that the vendor hid; its signature holds it.
    RedactedReasoning,
    /// A refusal.
    Refusal,
}

/// The beginning of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamStart {
    /// The vendor's id of the answer.
    pub id: Option<Text>,
    /// The model that answers, in the vendor's words.
    pub model: Option<Text>,
    /// When, in seconds since 1970.
    pub created: Option<i64>,
    /// What is answered.
    #[serde(skip_serializing_if = "is_chat")]
    pub operation: OperationKind,
    /// The MIME type of a sound that comes in pieces, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<Text>,
    /// Settings that were dropped or changed.
    pub warnings: Vec<Warning>,
    /// Fields of the wire that are not named here, as far as they are known at the beginning. The answer's are those of the
    /// end.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

fn is_chat(operation: &OperationKind) -> bool {
    *operation == OperationKind::Chat
}

/// The beginning of a tool call.
///
/// It is kept apart because it would make every delta as large as itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCallStart {
    /// Which choice.
    pub choice: u32,
    /// The call's place among the calls of the choice, from 0.
    pub call: u32,
    /// Its id; unique in the answer.
    pub id: Text,
    /// The tool.
    pub name: Text,
    /// Function or free text.
    #[serde(default)]
    pub kind: ToolCallKind,
}

/// The end of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamFinish {
    /// Why each choice ended, in the order of their index.
    pub choices: Vec<ChoiceFinish>,
    /// Tokens used: the last counts that the vendor sent.
    pub usage: Option<Usage>,
    /// The vendor's id of the answer, where it came late or changed.
    pub id: Option<Text>,
    /// The model, where it came late.
    pub model: Option<Text>,
    /// The speed and price class that served the call.
    pub service_tier: Option<Text>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// Why a choice ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChoiceFinish {
    /// Which choice.
    pub index: u32,
    /// Why, in our word.
    pub reason: FinishReason,
    /// Why, in the vendor's word.
    pub raw: Option<Text>,
    /// The stop sequence that matched, where the vendor tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<Text>,
    /// Fields of the wire that are not named here.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl ChoiceFinish {
    /// A choice that ended.
    #[must_use]
    pub fn new(index: u32, reason: FinishReason, raw: Option<Text>) -> Self {
        Self {
            index,
            reason,
            raw,
            stop_sequence: None,
            extra: Extra::new(),
        }
    }
}

impl StreamFinish {
    /// Whether a choice was withheld or failed; see [`Output::is_negative`].
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.choices.iter().any(|choice| choice.reason.is_negative())
    }
}

impl StreamEvent {
    /// The beginning of an answer.
    #[must_use]
    pub fn start(id: Option<Text>, model: Option<Text>) -> Self {
        Self::Start(Box::new(StreamStart {
            id,
            model,
            ..StreamStart::default()
        }))
    }

    /// Text of the first choice.
    #[must_use]
    pub fn text(text: impl Into<Text>) -> Self {
        Self::TextDelta {
            choice: 0,
            text: text.into(),
        }
    }

    /// The beginning of a tool call; see [`ToolCallStart`].
    #[must_use]
    pub fn tool_call_start(choice: u32, call: u32, id: Text, name: Text, kind: ToolCallKind) -> Self {
        Self::ToolCallStart(Box::new(ToolCallStart {
            choice,
            call,
            id,
            name,
            kind,
        }))
    }

    /// The end of an answer with one choice.
    #[must_use]
    pub fn finish(reason: FinishReason, usage: Option<Usage>) -> Self {
        Self::Finish(Box::new(StreamFinish {
            choices: vec![ChoiceFinish::new(0, reason, None)],
            usage,
            ..StreamFinish::default()
        }))
    }

    /// The choice that the event is about, to change it.
    pub fn choice_mut(&mut self) -> Option<&mut u32> {
        match self {
            Self::TextDelta { choice, .. }
            | Self::ReasoningDelta { choice, .. }
            | Self::RefusalDelta { choice, .. }
            | Self::ToolCallDelta { choice, .. }
            | Self::ToolCallEnd { choice, .. }
            | Self::PartStart { choice, .. }
            | Self::PartEnd { choice, .. }
            | Self::Citation { choice, .. }
            | Self::ServerToolCall { choice, .. }
            | Self::Logprobs { choice, .. }
            | Self::Media { choice, .. }
            | Self::AudioDelta { choice, .. }
            | Self::Image { choice, .. }
            | Self::Opaque { choice, .. } => Some(choice),
            Self::ToolCallStart(start) => Some(&mut start.choice),
            Self::Start(_) | Self::Segment(_) | Self::Output(_) | Self::Finish(_) => None,
        }
    }

    /// Whether the event commits the stream: content, or the end. Everything but `Start`, `PartStart` and empty deltas.
    #[must_use]
    pub fn commits(&self) -> bool {
        match self {
            Self::Start(_) | Self::PartStart { .. } => false,
            Self::TextDelta { text, .. }
            | Self::ReasoningDelta { text, .. }
            | Self::RefusalDelta { text, .. } => !text.is_empty(),
            Self::AudioDelta { audio, .. } => !audio.is_empty(),
            _ => true,
        }
    }

    /// Estimated tokens of the piece, for those who must know before the vendor counts: of a stream that nobody reads to
    /// its end. See [`estimate_piece`].
    #[must_use]
    pub fn token_estimate(&self) -> u64 {
        match self {
            Self::TextDelta { text, .. }
            | Self::ReasoningDelta { text, .. }
            | Self::RefusalDelta { text, .. } => estimate_piece(text),
            Self::ToolCallStart(start) => estimate_piece(&start.name),
            Self::ToolCallDelta { arguments, .. } => estimate_piece(arguments),
            _ => 0,
        }
    }
}
