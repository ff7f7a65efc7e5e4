//! Speech from text, and text from speech.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::chat::Usage;
use crate::content::Media;
use crate::extra::Extra;
use crate::options::ProviderOptions;
use crate::text::Text;

/// A text to speak.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SpeechRequest {
    /// The text.
    pub input: Text,
    /// The voice, in the vendor's words.
    pub voice: Option<Text>,
    /// How to speak.
    pub instructions: Option<Text>,
    /// File format: `mp3`, `wav`, `opus`, …
    pub format: Option<Text>,
    /// Speed, 1 is normal.
    pub speed: Option<f64>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl SpeechRequest {
    /// A text to speak.
    #[must_use]
    pub fn new(input: impl Into<Text>) -> Self {
        Self {
            input: input.into(),
            ..Self::default()
        }
    }
}

/// Spoken text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SpeechResponse {
    /// The sound file.
    pub audio: Bytes,
    /// Its MIME type.
    pub media_type: Option<Text>,
    /// Tokens used.
    pub usage: Option<Usage>,
}

impl SpeechResponse {
    /// A sound file.
    #[must_use]
    pub fn new(audio: Bytes, media_type: Option<Text>) -> Self {
        Self {
            audio,
            media_type,
            usage: None,
        }
    }
}

/// Speech to write down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TranscriptionRequest {
    /// The sound file, with a name that has an extension.
    pub audio: Media,
    /// The language, as ISO 639-1.
    #[serde(default)]
    pub language: Option<Text>,
    /// Words that help with names and spelling.
    #[serde(default)]
    pub prompt: Option<Text>,
    /// Randomness.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Form of the answer in the vendor's words: `json`, `verbose_json`, `srt`, …
    #[serde(default)]
    pub format: Option<Text>,
    /// Settings of single vendors.
    #[serde(default)]
    pub provider_options: ProviderOptions,
    /// Fields of the wire that are not named here.
    #[serde(default)]
    pub extra: Extra,
}

impl TranscriptionRequest {
    /// A sound file to write down.
    #[must_use]
    pub fn new(audio: Media) -> Self {
        Self {
            audio,
            language: None,
            prompt: None,
            temperature: None,
            format: None,
            provider_options: ProviderOptions::new(),
            extra: Extra::new(),
        }
    }
}

/// Written-down speech.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TranscriptionResponse {
    /// All of it.
    pub text: Text,
    /// The language.
    pub language: Option<Text>,
    /// Length of the sound, in seconds.
    pub duration: Option<f64>,
    /// Pieces with their times.
    pub segments: Vec<Segment>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// A piece of written-down speech.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Segment {
    /// Begin, in seconds.
    pub start: f64,
    /// End, in seconds.
    pub end: f64,
    /// The words.
    pub text: Text,
    /// Who speaks, where the vendor tells speakers apart.
    pub speaker: Option<Text>,
}
