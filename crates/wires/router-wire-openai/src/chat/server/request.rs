//! The body of a request, without its messages.

use router_core::chat::{AudioOutput, JsonSchemaFormat, ReasoningConfig, Settings};
use router_core::tool::{CustomTool, FunctionTool};
use router_core::{
    CacheMark, ChatRequest, Json, Mode, ModelId, ReasoningEffort, ResponseFormat, Result, Text, ToolChoice,
    ToolDefinition,
};
use router_wire::object::{Object, invalid, is_string};
use serde_json::value::RawValue;

use super::messages::messages;
use crate::chat::WIRE;

/// A request, its mode, and whether a stream is to carry usage.
pub(super) fn decode_chat(mut body: Object<'_>) -> Result<(ModelId, ChatRequest, Mode, bool)> {
    let model = ModelId::from(body.required_text("model")?);
    let mut chat = ChatRequest::default();
    chat.messages = messages(&mut body)?;
    chat.settings = settings(&mut body)?;
    for (at, raw) in body.list("tools")?.into_iter().enumerate() {
        chat.tools.push(tool(raw, at)?);
    }
    chat.tool_choice = body.take("tool_choice").map(tool_choice).transpose()?;
    chat.parallel_tool_calls = body.read("parallel_tool_calls")?;
    chat.response_format = body.object("response_format")?.map(response_format).transpose()?;
    let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
        Mode::Stream
    } else {
        Mode::Full
    };
    let mut usage = false;
    if let Some(mut options) = body.object("stream_options")? {
        usage = options.read("include_usage")?.unwrap_or(false);
    }
    chat.extra = body.rest(WIRE);
    Ok((model, chat, mode, usage))
}

fn settings(body: &mut Object<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    let tokens = body.read::<u64>("max_tokens")?;
    settings.max_output_tokens = body.read::<u64>("max_completion_tokens")?.or(tokens);
    if settings.max_output_tokens == Some(0) {
        return Err(invalid("max_tokens", "must be at least 1"));
    }
    settings.temperature = body.read("temperature")?;
    if settings
        .temperature
        .is_some_and(|temperature: f64| !(0.0..=2.0).contains(&temperature))
    {
        return Err(invalid("temperature", "must be between 0 and 2"));
    }
    settings.top_p = body.read("top_p")?;
    settings.top_k = body.read("top_k")?;
    settings.seed = body.read("seed")?;
    settings.frequency_penalty = body.read("frequency_penalty")?;
    settings.presence_penalty = body.read("presence_penalty")?;
    settings.stop_sequences = match body.take("stop") {
        Some(raw) if is_string(raw) => vec![read(raw, "stop")?],
        Some(raw) => read(raw, "stop")?,
        None => Vec::new(),
    };
    settings.n = body.read("n")?;
    if settings.n == Some(0) {
        return Err(invalid("n", "must be at least 1"));
    }
    settings.logprobs = body.read("logprobs")?;
    settings.top_logprobs = body.read("top_logprobs")?;
    settings.logit_bias = pairs(body, "logit_bias")?;
    if let Some(effort) = body.text("reasoning_effort")? {
        settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::parse(&effort)));
    }
    settings.verbosity = body.text("verbosity")?;
    settings.user = body.text("user")?;
    settings.metadata = pairs(body, "metadata")?;
    settings.service_tier = body.text("service_tier")?;
    settings.store = body.read("store")?;
    settings.prompt_cache_key = body.text("prompt_cache_key")?;
    settings.modalities = body.read("modalities")?.unwrap_or_default();
    if let Some(mut audio) = body.object("audio")? {
        let mut output = AudioOutput::default();
        output.voice = audio.json("voice");
        output.format = audio.text("format")?;
        settings.audio = Some(output);
    }
    Ok(settings)
}

pub(super) fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn pairs<T: for<'de> serde::Deserialize<'de>>(body: &mut Object<'_>, name: &str) -> Result<Vec<(Text, T)>> {
    let Some(object) = body.object(name)? else {
        return Ok(Vec::new());
    };
    object
        .into_fields()
        .map(|(key, raw)| Ok((Text::from(key), read(raw, name)?)))
        .collect()
}

fn tool(raw: &RawValue, at: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{at}]"))?;
    let kind = fields.required_text("type")?;
    match kind.as_str() {
        "function" => {
            let path = fields.path_of("function");
            let mut function = fields
                .object("function")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut tool = FunctionTool::new(function.required_text("name")?);
            tool.description = function.text("description")?;
            tool.parameters = function.json("parameters");
            tool.strict = function.read("strict")?;
            tool.extra = function.rest(WIRE);
            if let Some(mut mark) = fields.object("cache_control")? {
                let mut cache = CacheMark::new();
                cache.ttl = mark.text("ttl")?;
                tool.cache = Some(cache);
            }
            Ok(ToolDefinition::Function(tool))
        }
        "custom" => {
            let path = fields.path_of("custom");
            let mut custom = fields
                .object("custom")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut tool = CustomTool::new(custom.required_text("name")?);
            tool.description = custom.text("description")?;
            tool.format = custom.json("format");
            tool.extra = custom.rest(WIRE);
            Ok(ToolDefinition::Custom(tool))
        }
        _ => Ok(ToolDefinition::Provider(router_core::content::Opaque::new(
            crate::WIRE,
            Json::from_raw(raw),
        ))),
    }
}

fn tool_choice(raw: &RawValue) -> Result<ToolChoice> {
    if is_string(raw) {
        return match read::<Text>(raw, "tool_choice")?.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            // Mistral's word for it.
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(invalid("tool_choice", "must be auto, none, required or a tool")),
        };
    }
    let mut fields = Object::of(raw, "tool_choice")?;
    for name in ["function", "custom"] {
        if let Some(mut tool) = fields.object(name)? {
            return tool.required_text("name").map(ToolChoice::Tool);
        }
    }
    Ok(ToolChoice::Opaque(router_core::content::Opaque::new(
        crate::WIRE,
        Json::from_raw(raw),
    )))
}

fn response_format(mut fields: Object<'_>) -> Result<ResponseFormat> {
    match fields.required_text("type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(ResponseFormat::Json),
        "json_schema" => {
            let path = fields.path_of("json_schema");
            let mut schema = fields
                .object("json_schema")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut format = JsonSchemaFormat::new(schema.required_text("name")?, Json::null());
            format.schema = schema.json("schema");
            format.strict = schema.read("strict")?;
            format.description = schema.text("description")?;
            format.extra = schema.rest(WIRE);
            Ok(ResponseFormat::JsonSchema(format))
        }
        _ => Err(invalid(
            "response_format.type",
            "must be text, json_object or json_schema",
        )),
    }
}
