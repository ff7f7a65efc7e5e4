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
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    pub strict: bool,
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

    /// With a voice, in the vendor's words.
    #[must_use]
    pub fn with_voice(mut self, voice: impl Into<Text>) -> Self {
        self.voice = Some(voice.into());
        self
    }

    /// With a file format: `mp3`, `wav`, `opus`, …
    #[must_use]
    pub fn with_format(mut self, format: impl Into<Text>) -> Self {
        self.format = Some(format.into());
        self
    }
}

/// Spoken text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SpeechResponse {
    /// The sound file. In JSON it is base64.
    #[serde(with = "crate::base64_bytes")]
    pub audio: Bytes,
    /// Its MIME type.
    pub media_type: Option<Text>,
    /// The model that answered, in the vendor's words.
    pub model: Option<Text>,
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
            ..Self::default()
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
    /// Whether to write it down in English, whatever the language.
    #[serde(default)]
    pub translate: bool,
    /// Words that help with names and spelling.
    #[serde(default)]
    pub prompt: Option<Text>,
    /// Randomness.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Form of the answer in the vendor's words: `json`, `verbose_json`, `srt`, …
    #[serde(default)]
    pub format: Option<Text>,
    /// What the answer is to tell times of.
    #[serde(default)]
    pub timestamps: Vec<Timestamps>,
    /// Settings of single vendors.
    #[serde(default)]
    pub provider_options: ProviderOptions,
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    #[serde(default)]
    pub strict: bool,
    /// Fields of the wire that are not named here.
    #[serde(default)]
    pub extra: Extra,
}

/// What a transcription tells times of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Timestamps {
    /// Segments.
    Segment,
    /// Words.
    Word,
    /// A word of the vendor.
    #[serde(untagged)]
    Other(Text),
}

impl Timestamps {
    /// The word on OpenAI's wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Segment => "segment",
            Self::Word => "word",
            Self::Other(word) => word,
        }
    }

    /// What a word asks for.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "segment" => Self::Segment,
            "word" => Self::Word,
            _ => Self::Other(Text::from(word)),
        }
    }
}

impl TranscriptionRequest {
    /// A sound file to write down.
    #[must_use]
    pub fn new(audio: Media) -> Self {
        Self {
            audio,
            language: None,
            translate: false,
            prompt: None,
            temperature: None,
            format: None,
            timestamps: Vec::new(),
            provider_options: ProviderOptions::new(),
            strict: false,
            extra: Extra::new(),
        }
    }

    /// With times of segments or words in the answer.
    #[must_use]
    pub fn with_timestamps(mut self, timestamps: impl IntoIterator<Item = Timestamps>) -> Self {
        self.timestamps.extend(timestamps);
        self
    }
}

/// Written-down speech.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TranscriptionResponse {
    /// All of it.
    pub text: Text,
    /// The form that `text` is in when it is no plain text: `srt`, `vtt`.
    pub format: Option<Text>,
    /// The model that answered, in the vendor's words.
    pub model: Option<Text>,
    /// The language.
    pub language: Option<Text>,
    /// Length of the sound, in seconds.
    pub duration: Option<f64>,
    /// Pieces with their times.
    pub segments: Vec<Segment>,
    /// Single words with their times.
    pub words: Vec<Word>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl TranscriptionResponse {
    /// A text.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<Text>,
    /// Fields of the wire that are not named here.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Segment {
    /// Words from `start` to `end`, in seconds.
    #[must_use]
    pub fn new(start: f64, end: f64, text: impl Into<Text>) -> Self {
        Self {
            start,
            end,
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A word of written-down speech.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Word {
    /// Begin, in seconds.
    pub start: f64,
    /// End, in seconds.
    pub end: f64,
    /// The word.
    pub text: Text,
    /// Who speaks, where the vendor tells speakers apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<Text>,
    /// Fields of the wire that are not named here.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Word {
    /// A word from `start` to `end`, in seconds.
    #[must_use]
    pub fn new(start: f64, end: f64, text: impl Into<Text>) -> Self {
        Self {
            start,
            end,
            text: text.into(),
            ..Self::default()
        }
    }
}
