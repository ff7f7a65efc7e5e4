//! `generationConfig` to settings.

use std::collections::BTreeMap;

use router_core::chat::{JsonSchemaFormat, ReasoningConfig, ReasoningEffort, ResponseFormat};
use router_core::{ChatRequest, Extra, Json, Result, Text};
use router_wire::object::Object;
use serde_json::value::RawValue;

use super::{object, value};
use crate::WIRE;
use crate::parts::{OWN_SCHEMA, OWN_THINKING, note};

/// Reads the settings. Those that have no name here stay options of this wire.
pub(super) fn read(mut fields: Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let settings = &mut chat.settings;
    settings.temperature = fields.read("temperature")?;
    settings.top_p = fields.read("topP")?;
    // Some clients write it as a fraction.
    settings.top_k = fields.read::<f64>("topK")?.map(|number| number as u64);
    settings.max_output_tokens = fields.read("maxOutputTokens")?;
    settings.stop_sequences = fields.read("stopSequences")?.unwrap_or_default();
    settings.n = fields.read("candidateCount")?;
    settings.seed = fields.read("seed")?;
    settings.presence_penalty = fields.read("presencePenalty")?;
    settings.frequency_penalty = fields.read("frequencyPenalty")?;
    settings.logprobs = fields.read("responseLogprobs")?;
    settings.top_logprobs = fields.read("logprobs")?;
    let modalities: Vec<Text> = fields.read("responseModalities")?.unwrap_or_default();
    settings.modalities = modalities
        .into_iter()
        .map(|word| Text::from(word.to_lowercase()))
        .collect();
    if let Some(raw) = fields.take("thinkingConfig") {
        settings.reasoning = Some(thinking(raw)?);
    }
    format(&mut fields, chat)?;
    let rest: Vec<(String, &RawValue)> = fields
        .into_fields()
        .filter(|(_, raw)| raw.get() != "null")
        .collect();
    if !rest.is_empty() {
        let rest: BTreeMap<&str, &RawValue> = rest.iter().map(|(name, raw)| (name.as_str(), *raw)).collect();
        let own = BTreeMap::from([("generationConfig", rest)]);
        chat.provider_options.set(WIRE, &own)?;
    }
    Ok(())
}

fn format(fields: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let mime: Option<Text> = match fields.peek("responseMimeType") {
        Some(raw) => Some(value(raw, &fields.path_of("responseMimeType"))?),
        None => None,
    };
    if mime.as_deref() != Some("application/json") {
        // A list of words to choose from, plain text: the wire's own.
        return Ok(());
    }
    fields.take("responseMimeType");
    let json_schema = fields.take("responseJsonSchema");
    let own_schema = fields.take("responseSchema");
    chat.response_format = Some(match json_schema.or(own_schema) {
        None => ResponseFormat::Json,
        Some(raw) => {
            let mut format = JsonSchemaFormat::new("response", Json::from_raw(raw));
            format.strict = None;
            if json_schema.is_none() {
                note(&mut format.extra, OWN_SCHEMA);
            }
            ResponseFormat::JsonSchema(format)
        }
    });
    Ok(())
}

fn thinking(raw: &RawValue) -> Result<ReasoningConfig> {
    let mut fields = object(raw, "generationConfig.thinkingConfig")?;
    let mut config = ReasoningConfig::default();
    config.include_thoughts = fields.read("includeThoughts")?;
    if let Some(level) = fields.text("thinkingLevel")? {
        config.effort = Some(ReasoningEffort::parse(&level));
    }
    match fields.read::<i64>("thinkingBudget")? {
        // As much as the model likes.
        Some(..0) | None => {}
        Some(0) => config.effort = Some(ReasoningEffort::None),
        Some(tokens) => config.budget_tokens = Some(tokens.unsigned_abs()),
    }
    config.extra = Extra::of(WIRE, vec![(Text::from_static(OWN_THINKING), Json::from_raw(raw))]);
    Ok(config)
}
