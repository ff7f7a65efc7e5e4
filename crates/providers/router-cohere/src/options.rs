//! Settings that only Cohere has.

use router_core::Json;
use serde::Serialize;

/// Settings of Cohere for a chat, for
/// [`ChatRequest::with_provider_options`](router_core::ChatRequest::with_provider_options), under `cohere`.
///
/// See <https://docs.cohere.com/reference/chat>.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CohereOptions {
    /// Documents to answer from, as the wire has them: texts, or objects `{"data": {…}, "id": "…"}`. They go beside those in
    /// the messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Json>,
    /// How carefully sources are told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation_options: Option<CitationOptions>,
    /// How the vendor guards the answer. Its default is [`SafetyMode::Contextual`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_mode: Option<SafetyMode>,
    /// How urgent the call is, 0 to 999; 0 is most urgent and the vendor's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
}

impl CohereOptions {
    /// With a way to tell sources.
    #[must_use]
    pub fn with_citations(mut self, mode: CitationMode) -> Self {
        self.citation_options = Some(CitationOptions { mode });
        self
    }

    /// With a safety mode.
    #[must_use]
    pub fn with_safety_mode(mut self, mode: SafetyMode) -> Self {
        self.safety_mode = Some(mode);
        self
    }

    /// With one more document.
    #[must_use]
    pub fn with_document(mut self, document: impl Into<Json>) -> Self {
        self.documents.push(document.into());
        self
    }
}

/// How sources are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CitationOptions {
    /// The mode.
    pub mode: CitationMode,
}

/// How carefully sources are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum CitationMode {
    /// While the answer comes.
    Fast,
    /// After the answer, and better.
    Accurate,
    /// Not at all.
    Off,
}

/// How the vendor guards an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum SafetyMode {
    /// Fewer limits on what may be talked about.
    Contextual,
    /// More of them.
    Strict,
    /// None.
    Off,
}

/// Settings of Cohere for vectors, under `cohere`.
///
/// See <https://docs.cohere.com/reference/embed>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CohereEmbedOptions {
    /// The kinds of vectors to give: `float`, `int8`, `uint8`, `binary`, `ubinary`, `base64`. The first of them in this order
    /// becomes the answer's vectors, the others are among its unnamed fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub embedding_types: Vec<String>,
    /// Which end of a text that is too long is cut off: `START`, `END` or `NONE`, which refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<String>,
    /// Most tokens of a text; the model's limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// How urgent the call is, 0 to 999; 0 is most urgent and the vendor's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_written_as_the_wire_has_them() {
        let options = CohereOptions::default()
            .with_citations(CitationMode::Accurate)
            .with_safety_mode(SafetyMode::Off)
            .with_document(serde_json::json!("A text."));
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(
            json,
            r#"{"documents":["A text."],"citation_options":{"mode":"ACCURATE"},"safety_mode":"OFF"}"#
        );
    }
}
