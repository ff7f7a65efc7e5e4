//! Text from speech, and English text from speech in other languages.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
#[cfg(feature = "server")]
mod subtitles;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.transcription";

/// The differences of one vendor from OpenAI's transcription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TranscriptionDialect {
    /// Path of transcription.
    pub path: Cow<'static, str>,
    /// How the sound is given.
    pub form: SoundForm,
    /// Path of translation to English; absent: the vendor has none.
    pub translations_path: Option<Cow<'static, str>>,
    /// The format that tells times, asked for when a request wants them; absent: the vendor tells none.
    pub timed_format: Option<Cow<'static, str>>,
    /// Whether times are told in every format, and not in the timed one alone.
    pub times_in_every_format: bool,
    /// Whether a transcript can be streamed.
    pub streams: bool,
    /// Settings that the vendor does not have, by their names in this library: `language`, `prompt`, `temperature`, `format`.
    /// They are dropped with a warning.
    pub unsupported: Vec<Cow<'static, str>>,
}

/// How a sound is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SoundForm {
    /// As a file of a form.
    #[default]
    File,
    /// In JSON, as `input_audio: {data, format}`.
    InputAudio,
}

impl Default for TranscriptionDialect {
    fn default() -> Self {
        Self {
            path: Cow::Borrowed("/audio/transcriptions"),
            form: SoundForm::File,
            translations_path: Some(Cow::Borrowed("/audio/translations")),
            timed_format: Some(Cow::Borrowed("verbose_json")),
            times_in_every_format: false,
            streams: false,
            unsupported: Vec::new(),
        }
    }
}

impl TranscriptionDialect {
    /// Whether the vendor has a setting.
    #[must_use]
    pub fn supports(&self, setting: &str) -> bool {
        !self.unsupported.iter().any(|name| name == setting)
    }
}
