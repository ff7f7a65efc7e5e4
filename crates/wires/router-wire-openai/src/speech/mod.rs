//! Speech from text.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;

use std::borrow::Cow;

use router_core::Json;
use serde::{Deserialize, Serialize};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.speech";

/// The differences of one vendor from OpenAI's speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SpeechDialect {
    /// Path of speech.
    pub path: Cow<'static, str>,
    /// Whether a stream can come as events, which tell the tokens used; otherwise it comes as bare bytes.
    pub events: bool,
    /// The field for the voice.
    pub voice_field: Cow<'static, str>,
    /// The field that asks for events, and its value.
    pub events_field: (Cow<'static, str>, Json),
    /// Settings that the vendor does not have, by their names in this library: `voice`, `instructions`, `format`, `speed`.
    /// They are dropped with a warning.
    pub unsupported: Vec<Cow<'static, str>>,
}

impl Default for SpeechDialect {
    fn default() -> Self {
        Self {
            path: Cow::Borrowed("/audio/speech"),
            events: false,
            voice_field: Cow::Borrowed("voice"),
            events_field: (Cow::Borrowed("stream_format"), Json::string("sse")),
            unsupported: Vec::new(),
        }
    }
}

impl SpeechDialect {
    /// Whether the vendor has a setting.
    #[must_use]
    pub fn supports(&self, setting: &str) -> bool {
        !self.unsupported.iter().any(|name| name == setting)
    }
}
