//! The body of a request, without its items.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig, Settings};
use router_core::{
    ChatRequest, Extra, Json, Message, Mode, ModelId, ReasoningEffort, ResponseFormat, Result, Text,
};
use router_wire::object::{Object, invalid, is_string, list_of};
use serde_json::value::RawValue;

use super::items::item;
use super::tools::{tool, tool_choice};
use crate::responses::WIRE;
use crate::responses::riders::PLAIN_INPUT;

/// A request and its mode.
pub(super) fn decode_chat(mut body: Object<'_>) -> Result<(ModelId, ChatRequest, Mode)> {
    let model = ModelId::from(body.required_text("model")?);
    let mut chat = ChatRequest::default();
    if let Some(instructions) = body.text("instructions")? {
        chat.messages.push(Message::system(instructions));
    }
    let input = body.take("input");
    let plain = input.is_some_and(is_string);
    // What is kept with the vendor may be all there is to answer.
    let is_kept = KEPT.iter().any(|name| body.peek(name).is_some());
    match input {
        None if is_kept => {}
        None => return Err(invalid("input", "is required")),
        Some(input) if plain => chat.messages.push(Message::user(read::<Text>(input, "input")?)),
        Some(input) => {
            let rows =
                list_of(input).ok_or_else(|| invalid("input", "must be a string or a list of items"))?;
            if rows.is_empty() && !is_kept {
                return Err(invalid("input", "at least one item is required"));
            }
            for (at, raw) in rows.into_iter().enumerate() {
                item(Object::of(raw, format!("input[{at}]"))?, raw, &mut chat.messages)?;
            }
        }
    }
    chat.settings = settings(&mut body)?;
    for (at, raw) in body.list("tools")?.into_iter().enumerate() {
        chat.tools.push(tool(raw, at)?);
    }
    chat.tool_choice = body.take("tool_choice").map(tool_choice).transpose()?;
    chat.parallel_tool_calls = body.read("parallel_tool_calls")?;
    if let Some(mut text) = body.object("text")? {
        chat.response_format = text.object("format")?.map(format).transpose()?;
        chat.settings.verbosity = text.text("verbosity")?;
        body.keep("text", text);
    }
    let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
        Mode::Stream
    } else {
        Mode::Full
    };
    chat.extra = body.rest(WIRE);
    if plain {
        chat.extra.insert(
            Text::from_static(WIRE),
            Text::from_static(PLAIN_INPUT),
            Json::from(true),
        );
    }
    Ok((model, chat, mode))
}

/// Fields that name a conversation or a prompt which the vendor keeps.
const KEPT: &[&str] = &["conversation", "previous_response_id", "prompt"];

/// Fields of a request that its response tells again.
const TOLD_AGAIN: &[&str] = &[
    "background",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// What a request asks for, as its response tells it again.
pub(super) fn asked(body: &Object<'_>) -> Extra {
    let fields = TOLD_AGAIN.iter().filter_map(|name| {
        let raw = body.peek(name)?;
        Some((Text::from_static(name), Json::from_raw(raw)))
    });
    Extra::of(Text::from_static(WIRE), fields.collect())
}

pub(super) fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn settings(body: &mut Object<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    settings.max_output_tokens = body.read("max_output_tokens")?;
    settings.temperature = body.read("temperature")?;
    if settings
        .temperature
        .is_some_and(|temperature: f64| !(0.0..=2.0).contains(&temperature))
    {
        return Err(invalid("temperature", "must be between 0 and 2"));
    }
    settings.top_p = body.read("top_p")?;
    settings.top_logprobs = body.read("top_logprobs")?;
    if let Some(mut object) = body.object("reasoning")? {
        let mut reasoning = ReasoningConfig::default();
        reasoning.effort = object.text("effort")?.map(|word| ReasoningEffort::parse(&word));
        reasoning.summary = object.text("summary")?;
        reasoning.extra = object.rest(WIRE);
        settings.reasoning = Some(reasoning);
    }
    settings.user = body.text("user")?;
    if let Some(pairs) = body.object("metadata")? {
        settings.metadata = pairs
            .into_fields()
            .map(|(name, raw)| Ok((Text::from(name), read(raw, "metadata")?)))
            .collect::<Result<_>>()?;
    }
    settings.service_tier = body.text("service_tier")?;
    settings.store = body.read("store")?;
    settings.prompt_cache_key = body.text("prompt_cache_key")?;
    settings.previous_response_id = body.text("previous_response_id")?;
    Ok(settings)
}

fn format(mut fields: Object<'_>) -> Result<ResponseFormat> {
    match fields.required_text("type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(ResponseFormat::Json),
        "json_schema" => {
            let mut format = JsonSchemaFormat::new(fields.required_text("name")?, Json::null());
            format.schema = fields.json("schema");
            format.strict = fields.read("strict")?;
            format.description = fields.text("description")?;
            format.extra = fields.rest(WIRE);
            Ok(ResponseFormat::JsonSchema(format))
        }
        _ => Err(invalid(
            "text.format.type",
            "must be text, json_object or json_schema",
        )),
    }
}
