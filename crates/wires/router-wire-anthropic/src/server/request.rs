//! A client's request as a chat.

use std::collections::HashSet;

use router_core::chat::{JsonSchemaFormat, ReasoningConfig, Settings};
use router_core::content::Opaque;
use router_core::message::Role;
use router_core::tool::FunctionTool;
use router_core::{
    ChatRequest, Content, ContentPart, Extra, Json, Message, ModelId, ReasoningEffort, ResponseFormat,
    Result, Text, ToolChoice, ToolDefinition,
};
use router_wire::HttpRequest;
use router_wire::object::{Object, invalid, is_string, list_of};
use serde_json::value::RawValue;

use super::blocks::{cache, parts};
use crate::error::NO_THREADS;
use crate::request::Purpose;
use crate::{APART, BETAS, MESSAGES, WIRE};

/// What a client asks.
pub(super) struct Asked {
    pub(super) model: ModelId,
    pub(super) chat: ChatRequest,
    pub(super) stream: bool,
}

/// Reads a request.
///
/// # Errors
/// `InvalidRequest` naming the field.
pub(super) fn decode(purpose: Purpose, request: &HttpRequest) -> Result<Asked> {
    let mut body = Object::parse(&request.body)?;
    let model = ModelId::from(body.required_text("model")?);
    // The next request would hold nothing but what is new, and may go to another vendor. Clients of the vendor send the whole
    // conversation after this.
    if body.take("thread").is_some() {
        return Err(invalid(
            "thread",
            "is not kept here; send the whole conversation without it",
        )
        .with_code(NO_THREADS));
    }
    let mut chat = ChatRequest::default();
    chat.settings = settings(purpose, &mut body)?;
    chat.messages.extend(system(&mut body)?);
    messages(&mut body, &mut chat.messages)?;
    for (at, raw) in body.list("tools")?.into_iter().enumerate() {
        chat.tools.push(tool(raw, at)?);
    }
    if let Some(raw) = body.take("tool_choice") {
        let (choice, parallel) = tool_choice(raw)?;
        chat.tool_choice = Some(choice);
        chat.parallel_tool_calls = parallel;
    }
    let effort = output_config(&mut body, &mut chat.response_format)?;
    chat.settings.reasoning = reasoning(&mut body, effort)?;
    if let Some(mut metadata) = body.object("metadata")? {
        chat.settings.user = metadata.text("user_id")?;
        body.keep("metadata", metadata);
    }
    let stream = body.read::<bool>("stream")?.unwrap_or(false);
    chat.extra = body.rest(MESSAGES);
    if let Some(betas) = request.header(BETAS) {
        keep(&mut chat.extra, BETAS, Json::of(betas)?);
    }
    Ok(Asked { model, chat, stream })
}

/// Keeps a field for this wire.
pub(super) fn keep(extra: &mut Extra, name: &'static str, value: Json) {
    extra.insert(Text::from_static(MESSAGES), Text::from_static(name), value);
}

fn settings(purpose: Purpose, body: &mut Object<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    settings.max_output_tokens = body.read("max_tokens")?;
    if settings.max_output_tokens.is_none() && purpose == Purpose::Answer {
        return Err(invalid("max_tokens", "is required"));
    }
    settings.temperature = body.read("temperature")?;
    if settings
        .temperature
        .is_some_and(|temperature| !(0.0..=1.0).contains(&temperature))
    {
        return Err(invalid("temperature", "must be between 0 and 1"));
    }
    settings.top_p = body.read("top_p")?;
    settings.top_k = body.read("top_k")?;
    settings.stop_sequences = body.read("stop_sequences")?.unwrap_or_default();
    settings.service_tier = body.text("service_tier")?;
    Ok(settings)
}

fn system(body: &mut Object<'_>) -> Result<Option<Message>> {
    let Some(raw) = body.take("system") else {
        return Ok(None);
    };
    Ok(Some(Message::system(content(raw, "system", Role::System)?)))
}

/// Content: a text, or blocks.
fn content(raw: &RawValue, path: &str, role: Role) -> Result<Content> {
    if is_string(raw) {
        return serde_json::from_str::<Text>(raw.get())
            .map(Content::Text)
            .map_err(|error| invalid(path, &error.to_string()));
    }
    let rows = list_of(raw).ok_or_else(|| invalid(path, "must be a string or a list of blocks"))?;
    parts(&rows, path, role).map(Content::from)
}

fn messages(body: &mut Object<'_>, messages: &mut Vec<Message>) -> Result<()> {
    let rows = body.list("messages")?;
    if rows.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    let mut called: HashSet<Text> = HashSet::new();
    for (at, raw) in rows.into_iter().enumerate() {
        let path = format!("messages[{at}]");
        let first = messages.len();
        message(Object::of(raw, path.as_str())?, messages)?;
        let (before, new) = messages.split_at_mut(first);
        for part in new.iter().flat_map(|message| message.content.parts()) {
            match part {
                ContentPart::ToolCall(call) => {
                    called.insert(call.id.clone());
                }
                ContentPart::ToolResult(result) if !called.contains(&result.call_id) => {
                    let what = "a tool_result must answer a tool_use of an earlier message";
                    return Err(invalid(&format!("{path}.content"), what));
                }
                _ => {}
            }
        }
        let after_results = before.last().is_some_and(|message| message.role == Role::Tool);
        if let Some(message) = new.first_mut().filter(|_| after_results)
            && matches!(message.role, Role::User | Role::Tool)
        {
            keep(&mut message.extra, APART, Json::of(&true)?);
        }
    }
    Ok(())
}

/// One message; one of the user that has results becomes several, since results have a role of their own here.
fn message(mut fields: Object<'_>, messages: &mut Vec<Message>) -> Result<()> {
    let path = fields.path_of("content");
    let role = match fields.required_text("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of user, assistant, system",
            ));
        }
    };
    let raw = fields
        .take("content")
        .ok_or_else(|| invalid(&path, "is required"))?;
    let content = content(raw, &path, role)?;
    let extra = fields.rest(MESSAGES);
    let is_result = |part: &ContentPart| matches!(part, ContentPart::ToolResult(_));
    if role != Role::User || !content.parts().iter().any(is_result) {
        let mut message = Message::new(role, content);
        message.extra = extra;
        messages.push(message);
        return Ok(());
    }
    let mut extra = Some(extra);
    for run in content
        .parts()
        .chunk_by(|one, other| is_result(one) == is_result(other))
    {
        let role = if run.first().is_some_and(is_result) {
            Role::Tool
        } else {
            Role::User
        };
        let mut message = Message::new(role, run.to_vec());
        message.extra = extra.take().unwrap_or_default();
        messages.push(message);
    }
    Ok(())
}

fn tool(raw: &RawValue, at: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{at}]"))?;
    let kind = fields.peek("type").map(RawValue::get);
    if !matches!(kind, None | Some("\"custom\"")) {
        return Ok(ToolDefinition::Provider(Opaque::new(WIRE, Json::from_raw(raw))));
    }
    let mut tool = FunctionTool::new(fields.required_text("name")?);
    tool.description = fields.text("description")?;
    let path = fields.path_of("input_schema");
    let schema = fields
        .take("input_schema")
        .ok_or_else(|| invalid(&path, "is required"))?;
    Object::of(schema, path)?;
    tool.parameters = Some(Json::from_raw(schema));
    tool.strict = fields.read("strict")?;
    tool.cache = cache(&mut fields)?;
    tool.extra = fields.rest(MESSAGES);
    Ok(ToolDefinition::Function(tool))
}

/// The choice, and whether several calls at once are allowed, where it is said.
fn tool_choice(raw: &RawValue) -> Result<(ToolChoice, Option<bool>)> {
    let mut fields = Object::of(raw, "tool_choice")?;
    let kind = fields.required_text("type")?;
    let one_call = fields.read::<bool>("disable_parallel_tool_use")?;
    let choice = match kind.as_str() {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "any" => ToolChoice::Required,
        "tool" => ToolChoice::Tool(fields.required_text("name")?),
        _ => return Err(invalid("tool_choice.type", "must be auto, any, tool or none")),
    };
    if !fields.rest(MESSAGES).is_empty() {
        return Ok((ToolChoice::Opaque(Opaque::new(WIRE, Json::from_raw(raw))), None));
    }
    Ok((choice, one_call.map(|one_call| !one_call)))
}

/// The level of effort; the format goes into `format`.
fn output_config(body: &mut Object<'_>, format: &mut Option<ResponseFormat>) -> Result<Option<Text>> {
    let mut effort = None;
    if let Some(mut config) = body.object("output_config")? {
        effort = config.text("effort")?;
        if let Some(schema) = config.object("format")? {
            *format = Some(json_schema(schema)?);
        }
        body.keep("output_config", config);
    }
    // The name of the field before it became part of `output_config`.
    if let Some(schema) = body.object("output_format")? {
        *format = Some(json_schema(schema)?);
    }
    Ok(effort)
}

fn json_schema(mut fields: Object<'_>) -> Result<ResponseFormat> {
    let path = fields.path_of("type");
    if fields.required_text("type")? != "json_schema" {
        return Err(invalid(&path, "must be json_schema"));
    }
    let path = fields.path_of("schema");
    let schema = fields
        .json("schema")
        .ok_or_else(|| invalid(&path, "is required"))?;
    // This wire names no schemas, others have to.
    let mut format = JsonSchemaFormat::new("response", schema);
    format.extra = fields.rest(MESSAGES);
    Ok(ResponseFormat::JsonSchema(format))
}

fn reasoning(body: &mut Object<'_>, effort: Option<Text>) -> Result<Option<ReasoningConfig>> {
    let thinking = body.object("thinking")?;
    if thinking.is_none() && effort.is_none() {
        return Ok(None);
    }
    let mut config = ReasoningConfig::default();
    config.effort = effort.as_deref().map(ReasoningEffort::parse);
    let kind = match thinking {
        None => None,
        Some(mut fields) => {
            let kind = fields.required_text("type")?;
            config.budget_tokens = fields.read("budget_tokens")?;
            config.include_thoughts = fields.peek("display").map(|raw| raw.get() != "\"omitted\"");
            config.extra = fields.rest(MESSAGES);
            Some(kind)
        }
    };
    match (kind.as_deref(), &config.effort) {
        // A bound, and none at all, have words of their own; other types are kept in the words of this wire.
        (Some("enabled"), None) if config.budget_tokens.is_some() => {}
        (Some("disabled"), None) => config.effort = Some(ReasoningEffort::None),
        (kind, _) => keep(&mut config.extra, "type", Json::of(&kind)?),
    }
    Ok(Some(config))
}
