//! Settings that only Mistral has.

use serde::Serialize;

/// Settings of Mistral for a chat, for
/// [`ChatRequest::with_provider_options`](router_core::ChatRequest::with_provider_options), under `mistral`.
///
/// See <https://docs.mistral.ai/api>.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MistralOptions {
    /// Whether the vendor puts its safety prompt in front. Its default is no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safe_prompt: Option<bool>,
    /// `reasoning`: with the system prompt that makes Magistral models think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_mode: Option<String>,
    /// What much of the answer will be, so that it comes faster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// Fewest tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_tokens: Option<u64>,
    /// Penalty on what came before; 1 is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f64>,
    /// Whether a turn of the model is put between results of tools and a question right behind them, which some models refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separate_results: Option<bool>,
}

impl MistralOptions {
    /// With or without the vendor's safety prompt in front.
    #[must_use]
    pub fn with_safe_prompt(mut self, safe: bool) -> Self {
        self.safe_prompt = Some(safe);
        self
    }

    /// With what much of the answer will be.
    #[must_use]
    pub fn with_prediction(mut self, content: impl Into<String>) -> Self {
        self.prediction = Some(Prediction {
            kind: "content",
            content: content.into(),
        });
        self
    }
}

/// What much of an answer will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Prediction {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The text.
    pub content: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_written_as_the_wire_has_them() {
        let options = MistralOptions::default()
            .with_safe_prompt(true)
            .with_prediction("let x");
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(
            json,
            r#"{"safe_prompt":true,"prediction":{"type":"content","content":"let x"}}"#
        );
    }
}
