//! The body of a request as a chat.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::Opaque;
use router_core::message::Role;
use router_core::tool::FunctionTool;
use router_core::{
    CacheMark, ChatRequest, Content, ContentPart, Json, Message, ReasoningEffort, ResponseFormat, Result,
    Text, ToolChoice, ToolDefinition,
};
use router_wire::object::{Object, invalid};
use serde_json::value::RawValue;

use super::blocks;
use crate::converse::{MODEL_FIELDS, WIRE};

/// The chat that a body asks for.
pub(crate) fn chat(mut body: Object<'_>) -> Result<ChatRequest> {
    let mut chat = ChatRequest::default();
    system(&mut body, &mut chat)?;
    messages(&mut body, &mut chat)?;
    inference(&mut body, &mut chat)?;
    tools(&mut body, &mut chat)?;
    output(&mut body, &mut chat)?;
    model_fields(&mut body, &mut chat)?;
    if let Some(pairs) = body.object("requestMetadata")? {
        for (name, raw) in pairs.into_fields() {
            let value = serde_json::from_str(raw.get());
            let value: Text =
                value.map_err(|_| invalid(&format!("requestMetadata.{name}"), "must be a string"))?;
            chat.settings.metadata.push((name.into(), value));
        }
    }
    if let Some(mut tier) = body.object("serviceTier")? {
        chat.settings.service_tier = tier.text("type")?;
    }
    chat.extra = body.rest(WIRE);
    Ok(chat)
}

fn system(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let mut parts = Vec::new();
    for (at, raw) in body.list("system")?.into_iter().enumerate() {
        blocks::read(raw, &format!("system[{at}]"), &mut parts)?;
    }
    if !parts.is_empty() {
        chat.messages.push(Message::system(content(parts)));
    }
    Ok(())
}

/// Text alone is no list.
fn content(parts: Vec<ContentPart>) -> Content {
    match parts.as_slice() {
        [ContentPart::Text(part)] if part.riders.is_empty() && part.citations.is_empty() => {
            Content::Text(part.text.clone())
        }
        _ => Content::from(parts),
    }
}

fn messages(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let messages = body.list("messages")?;
    if messages.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    let mut called: Vec<Text> = Vec::new();
    for (at, raw) in messages.into_iter().enumerate() {
        let path = format!("messages[{at}]");
        let mut fields = Object::of(raw, path.clone())?;
        let role = match fields.required_text("role")?.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => {
                return Err(invalid(
                    &format!("{path}.role"),
                    "must be user, assistant or system",
                ));
            }
        };
        if at == 0 && role == Role::Assistant {
            return Err(invalid(
                &format!("{path}.role"),
                "a conversation must start with a user message",
            ));
        }
        let mut parts = Vec::new();
        for (place, raw) in fields.list("content")?.into_iter().enumerate() {
            blocks::read(raw, &format!("{path}.content[{place}]"), &mut parts)?;
        }
        if parts.is_empty() {
            return Err(invalid(
                &format!("{path}.content"),
                "at least one block is required",
            ));
        }
        for part in &parts {
            match part {
                ContentPart::ToolCall(call) => called.push(call.id.clone()),
                ContentPart::ToolResult(result) if !called.contains(&result.call_id) => {
                    let message = format!("no toolUse block has the id {:?}", result.call_id);
                    return Err(invalid(&format!("{path}.content.toolResult.toolUseId"), &message));
                }
                _ => {}
            }
        }
        let first = chat.messages.len();
        say(role, parts, &mut chat.messages);
        if let Some(message) = chat.messages.get_mut(first) {
            message.extra = fields.rest(WIRE);
        }
    }
    Ok(())
}

/// Results stand in messages of tools, and nothing else does.
fn say(role: Role, parts: Vec<ContentPart>, messages: &mut Vec<Message>) {
    if role != Role::User {
        messages.push(Message::new(role, content(parts)));
        return;
    }
    let mut run: Vec<ContentPart> = Vec::new();
    let mut is_results = false;
    for part in parts {
        let result = matches!(part, ContentPart::ToolResult(_));
        if result != is_results && !run.is_empty() {
            let role = if is_results { Role::Tool } else { Role::User };
            messages.push(Message::new(role, content(std::mem::take(&mut run))));
        }
        is_results = result;
        run.push(part);
    }
    let role = if is_results { Role::Tool } else { Role::User };
    messages.push(Message::new(role, content(run)));
}

fn inference(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(mut fields) = body.object("inferenceConfig")? else {
        return Ok(());
    };
    let settings = &mut chat.settings;
    settings.max_output_tokens = fields.read("maxTokens")?;
    settings.temperature = fields.read("temperature")?;
    settings.top_p = fields.read("topP")?;
    settings.stop_sequences = fields.read("stopSequences")?.unwrap_or_default();
    if settings.max_output_tokens == Some(0) {
        return Err(invalid("inferenceConfig.maxTokens", "must be 1 at least"));
    }
    for (name, value) in [("temperature", settings.temperature), ("topP", settings.top_p)] {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(invalid(
                &format!("inferenceConfig.{name}"),
                "must be between 0 and 1",
            ));
        }
    }
    body.keep("inferenceConfig", fields);
    Ok(())
}

fn tools(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(mut config) = body.object("toolConfig")? else {
        return Ok(());
    };
    for (at, raw) in config.list("tools")?.into_iter().enumerate() {
        tool(raw, &format!("toolConfig.tools[{at}]"), &mut chat.tools)?;
    }
    if let Some(mut choice) = config.object("toolChoice")? {
        chat.tool_choice = if choice.take("auto").is_some() {
            Some(ToolChoice::Auto)
        } else if choice.take("any").is_some() {
            Some(ToolChoice::Required)
        } else {
            let named = choice.object("tool")?;
            let mut named = named
                .ok_or_else(|| invalid("toolConfig.toolChoice", "must have one of auto, any and tool"))?;
            Some(ToolChoice::Tool(named.required_text("name")?))
        };
    }
    body.keep("toolConfig", config);
    Ok(())
}

fn tool(raw: &RawValue, path: &str, tools: &mut Vec<ToolDefinition>) -> Result<()> {
    let mut fields = Object::of(raw, path)?;
    if let Some(mut point) = fields.object("cachePoint")? {
        if let Some(ToolDefinition::Function(tool)) = tools.last_mut() {
            tool.cache = Some(mark(&mut point)?);
            return Ok(());
        }
    } else if let Some(mut spec) = fields.object("toolSpec")? {
        let mut tool = FunctionTool::new(spec.required_text("name")?);
        tool.description = spec.text("description")?;
        let schema = spec.path_of("inputSchema");
        let Some(mut input) = spec.object("inputSchema")? else {
            return Err(invalid(&schema, "is required"));
        };
        tool.parameters = input.json("json");
        tool.strict = spec.read("strict")?;
        tool.extra = spec.rest(WIRE);
        tools.push(ToolDefinition::Function(tool));
        return Ok(());
    }
    let raw = Json::from_raw(raw);
    tools.push(ToolDefinition::Provider(Opaque::new(crate::WIRE, raw)));
    Ok(())
}

/// A cache mark.
pub(super) fn mark(point: &mut Object<'_>) -> Result<CacheMark> {
    Ok(point
        .text("ttl")?
        .map_or_else(CacheMark::new, CacheMark::with_ttl))
}

fn output(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(mut config) = body.object("outputConfig")? else {
        return Ok(());
    };
    if let Some(effort) = config.text("effort")? {
        chat.settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::parse(&effort)));
    }
    let Some(mut format) = config.object("textFormat")? else {
        return Ok(());
    };
    let place = "outputConfig.textFormat.structure.jsonSchema";
    let structure = format.object("structure")?;
    let schema = structure.and_then(|mut structure| structure.object("jsonSchema").ok().flatten());
    let mut schema = schema.ok_or_else(|| invalid(place, "is required"))?;
    let text = schema.required_text("schema")?;
    let parsed = Json::parse(text).map_err(|error| invalid(&format!("{place}.schema"), error.message()))?;
    let mut asked = JsonSchemaFormat::new(schema.text("name")?.unwrap_or_default(), parsed);
    asked.description = schema.text("description")?;
    chat.response_format = Some(ResponseFormat::JsonSchema(asked));
    Ok(())
}

/// What is passed on to the model, as far as our settings have it.
fn model_fields(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(mut fields) = body.object(MODEL_FIELDS)? else {
        return Ok(());
    };
    chat.settings.top_k = fields.read("top_k")?;
    if let Some(mut thinking) = fields.object("thinking")? {
        let mut config = ReasoningConfig::default();
        config.budget_tokens = thinking.read("budget_tokens")?;
        match thinking.text("type")?.as_deref() {
            Some("disabled") => config.effort = Some(ReasoningEffort::None),
            Some("enabled") | None => {}
            Some(kind) => {
                let kind = Json::of(kind)?;
                config.extra.insert(router_wire_anthropic::MESSAGES, "type", kind);
            }
        }
        chat.settings.reasoning = Some(config);
    }
    if let Some(effort) = fields.text("reasoning_effort")? {
        chat.settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::parse(&effort)));
    }
    body.keep(MODEL_FIELDS, fields);
    Ok(())
}
