//! The parts a message is made of: text, media, reasoning, tool calls and results, and what no type here names.

mod media;
mod riders;

pub use media::{Media, MediaKind, MediaSource};
pub use riders::{CacheMark, Riders, Signature};
use serde::{Deserialize, Serialize};

use crate::json::Json;
use crate::model::ProviderId;
use crate::text::Text;
use crate::tool::{ServerToolCall, ToolCall, ToolResult};

/// One part of a message or of an answer.
///
/// Serialized under its name, `{"text": {…}}`, and not with a tag inside: serde would take such a value apart before it
/// knows the part, and JSON that is kept as text could not be read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContentPart {
    /// Text.
    Text(TextPart),
    /// An image, document, audio or video.
    Media(Media),
    /// What the model thought before it answered.
    Reasoning(Reasoning),
    /// Why the model did not answer.
    Refusal(Refusal),
    /// A call that the caller has to run.
    ToolCall(ToolCall),
    /// What a call gave.
    ToolResult(ToolResult),
    /// A call that the vendor ran itself.
    ServerToolCall(ServerToolCall),
    /// A part that only its vendor knows.
    Opaque(Opaque),
}

impl ContentPart {
    /// A text part.
    #[must_use]
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(TextPart {
            text: text.into(),
            citations: Vec::new(),
            riders: Riders::default(),
        })
    }

    /// The text of a text part.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }

    /// What rides on the part, for the kinds that can carry it.
    #[must_use]
    pub fn riders(&self) -> Option<&Riders> {
        match self {
            Self::Text(part) => Some(&part.riders),
            Self::Media(part) => Some(&part.riders),
            Self::Reasoning(part) => Some(&part.riders),
            Self::ToolCall(part) => Some(&part.riders),
            Self::ToolResult(part) => Some(&part.riders),
            Self::ServerToolCall(part) => Some(&part.riders),
            Self::Refusal(_) | Self::Opaque(_) => None,
        }
    }

    /// What rides on the part, to change it.
    pub fn riders_mut(&mut self) -> Option<&mut Riders> {
        match self {
            Self::Text(part) => Some(&mut part.riders),
            Self::Media(part) => Some(&mut part.riders),
            Self::Reasoning(part) => Some(&mut part.riders),
            Self::ToolCall(part) => Some(&mut part.riders),
            Self::ToolResult(part) => Some(&mut part.riders),
            Self::ServerToolCall(part) => Some(&mut part.riders),
            Self::Refusal(_) | Self::Opaque(_) => None,
        }
    }

    /// The part with a cache mark: the prompt up to and including it is worth keeping at the vendor.
    #[must_use]
    pub fn with_cache(mut self, mark: CacheMark) -> Self {
        if let Some(riders) = self.riders_mut() {
            riders.set_cache(Some(mark));
        }
        self
    }
}

impl From<&str> for ContentPart {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for ContentPart {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<Text> for ContentPart {
    fn from(text: Text) -> Self {
        Self::text(text)
    }
}

impl From<Media> for ContentPart {
    fn from(media: Media) -> Self {
        Self::Media(media)
    }
}

impl From<ToolCall> for ContentPart {
    fn from(call: ToolCall) -> Self {
        Self::ToolCall(call)
    }
}

impl From<ToolResult> for ContentPart {
    fn from(result: ToolResult) -> Self {
        Self::ToolResult(result)
    }
}

impl From<Reasoning> for ContentPart {
    fn from(reasoning: Reasoning) -> Self {
        Self::Reasoning(reasoning)
    }
}

/// Text, and the sources it names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextPart {
    /// The text.
    pub text: Text,
    /// Sources that the vendor attached to this text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
    /// What rides on the part.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

impl TextPart {
    /// Text without sources.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A refusal in the model's words, where the vendor keeps it apart from the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusal {
    /// The words.
    pub text: Text,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self { text: text.into() }
    }
}

/// What the model thought, as far as the vendor shows it.
///
/// A vendor may hide the text and give only a signature or encrypted data; such a part has an empty text and must be
/// sent back all the same. Parts without a signature of the vendor called are left out with a warning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reasoning {
    /// The visible text, possibly empty.
    pub text: Text,
    /// Whether the vendor hid the text on purpose; the signature then holds it in encrypted form.
    #[serde(default, skip_serializing_if = "is_false")]
    pub redacted: bool,
    /// Signature and vendor fields.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

impl Reasoning {
    /// Reasoning text without a signature.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The same with a signature.
    #[must_use]
    pub fn with_signature(mut self, signature: Signature) -> Self {
        self.riders.set_signature(Some(signature));
        self
    }
}

/// A part or item in its vendor's own JSON, sent back to that vendor only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opaque {
    /// Who made it.
    pub provider: ProviderId,
    /// The vendor's JSON, untouched.
    pub raw: Json,
}

impl Opaque {
    /// A part of `provider`.
    #[must_use]
    pub fn new(provider: impl Into<ProviderId>, raw: Json) -> Self {
        Self {
            provider: provider.into(),
            raw,
        }
    }
}

/// A source for a piece of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Citation {
    /// Address of the source.
    pub url: Option<Text>,
    /// Title of the source.
    pub title: Option<Text>,
    /// The words that were cited.
    pub cited_text: Option<Text>,
    /// First and last position in the answer's text that the source supports, in the vendor's unit.
    pub range: Option<(u64, u64)>,
    /// The vendor's own object.
    pub raw: Option<Opaque>,
}

fn is_false(value: &bool) -> bool {
    !value
}
