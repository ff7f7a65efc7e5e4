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
    if let Some(raw) = body.take("tool_choice") {
        chat.tool_choice = Some(tool_choice(raw, &mut body)?);
    }
    chat.parallel_tool_calls = body.read("parallel_tool_calls")?;
    if let Some(format) = body.object("response_format")? {
        chat.response_format = Some(response_format(format, &mut body)?);
    }
    let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
        Mode::Stream
    } else {
        Mode::Full
    };
    let mut usage = false;
    if let Some(mut options) = body.object("stream_options")? {
        usage = options.read("include_usage")?.unwrap_or(false);
        body.keep("stream_options", options);
    }
    chat.extra = body.rest(WIRE);
    Ok((model, chat, mode, usage))
}

fn settings(body: &mut Object<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    let tokens = body.read::<u64>("max_tokens")?;
    settings.max_output_tokens = body.read::<u64>("max_completion_tokens")?.or(tokens);
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
        body.keep("audio", audio);
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
    // Some vendors have functions alone, and need no word for them.
    let kind = match fields.text("type")? {
        None if fields.peek("function").is_some() => Text::from_static("function"),
        None => return Err(invalid(&fields.path_of("type"), "is required")),
        Some(kind) => kind,
    };
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
            if let Some(mut mark) = fields.object("cache_control")? {
                let mut cache = CacheMark::new();
                cache.ttl = mark.text("ttl")?;
                tool.cache = Some(cache);
            }
            fields.keep("function", function);
            tool.extra = fields.rest(WIRE);
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
            fields.keep("custom", custom);
            tool.extra = fields.rest(WIRE);
            Ok(ToolDefinition::Custom(tool))
        }
        _ => Ok(ToolDefinition::Provider(router_core::content::Opaque::new(
            crate::WIRE,
            Json::from_raw(raw),
        ))),
    }
}

fn tool_choice(raw: &RawValue, body: &mut Object<'_>) -> Result<ToolChoice> {
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
            let choice = tool.required_text("name").map(ToolChoice::Tool);
            fields.take("type");
            fields.keep(name, tool);
            body.keep("tool_choice", fields);
            return choice;
        }
    }
    Ok(ToolChoice::Opaque(router_core::content::Opaque::new(
        crate::WIRE,
        Json::from_raw(raw),
    )))
}

fn response_format(mut fields: Object<'_>, body: &mut Object<'_>) -> Result<ResponseFormat> {
    let kind = fields.required_text("type")?;
    let format = match kind.as_str() {
        "text" => ResponseFormat::Text,
        "json_object" => ResponseFormat::Json,
        "json_schema" => {
            let path = fields.path_of("json_schema");
            let mut schema = fields
                .object("json_schema")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            // Not all vendors want a name.
            let name = schema.text("name")?.unwrap_or_default();
            let mut format = JsonSchemaFormat::new(name, Json::null());
            format.schema = schema.json("schema");
            format.strict = schema.read("strict")?;
            format.description = schema.text("description")?;
            format.extra = schema.rest(WIRE);
            ResponseFormat::JsonSchema(format)
        }
        _ => {
            return Err(invalid(
                "response_format.type",
                "must be text, json_object or json_schema",
            ));
        }
    };
    body.keep("response_format", fields);
    Ok(format)
}
