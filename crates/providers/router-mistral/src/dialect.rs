//! What Mistral does differently from OpenAI, as data: unknown fields are refused, so nothing is sent that it does not know.

use std::borrow::Cow;

use router_core::{BatchLimits, Json};
use router_wire_openai::Dialect;

/// Mistral's dialect of chat completions and of what stands beside them.
#[must_use]
pub fn dialect() -> Dialect {
    let mut dialect =
        Dialect::default().without(&["audio", "logit_bias", "modalities", "store", "verbosity"]);
    dialect.completions_path = Some(Cow::Borrowed("/fim/completions"));
    dialect.user_field = None;
    dialect.seed_field = Cow::Borrowed("random_seed");
    // `required` came later; all models know this word.
    dialect.required_choice = Cow::Borrowed("any");
    dialect.temperature = Some((0.0, 1.5));
    dialect.names = false;
    dialect.video = false;
    // The usage comes unasked.
    dialect.stream_options = false;
    let vectors = &mut dialect.embeddings;
    vectors.dimensions_field = Cow::Borrowed("output_dimension");
    vectors.user = false;
    // 16,384 tokens, by a count that is estimated.
    vectors.limits = Some(BatchLimits::inputs(2048).with_tokens(12_000));
    let speech = &mut dialect.speech;
    speech.voice_field = Cow::Borrowed("voice_id");
    speech.events = true;
    speech.events_field = (Cow::Borrowed("stream"), Json::from(serde_json::Value::Bool(true)));
    speech.unsupported = ["instructions", "speed"].map(Cow::Borrowed).to_vec();
    let transcription = &mut dialect.transcription;
    transcription.translations_path = None;
    transcription.timed_format = None;
    transcription.times_in_every_format = true;
    transcription.unsupported = ["format", "prompt"].map(Cow::Borrowed).to_vec();
    dialect
}

/// The dialect where text is filled in: its requests have fewer fields than a chat's.
pub(crate) fn fim(chat: &Dialect) -> Dialect {
    chat.clone()
        .without(&["frequency_penalty", "logprobs", "n", "presence_penalty", "top_k"])
}
