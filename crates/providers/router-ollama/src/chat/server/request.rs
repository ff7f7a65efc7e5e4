//! The body of a request as a chat.

use std::collections::BTreeMap;

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{MediaKind, Reasoning, Riders};
use router_core::message::Role;
use router_core::tool::FunctionTool;
use router_core::{
    ChatRequest, Content, ContentPart, Extra, Json, Media, Message, ReasoningEffort, ResponseFormat, Result,
    Text, ToolCall, ToolDefinition, ToolResult,
};
use router_wire::object::{Object, invalid, is_string};
use serde_json::value::RawValue;

use crate::chat::WIRE;
use crate::chat::notes::{NO_ID, NO_NAME, kept};

/// The chat that a body asks for; model and mode are taken already.
pub(super) fn chat(mut body: Object<'_>) -> Result<ChatRequest> {
    let mut chat = ChatRequest::default();
    messages(&mut body, &mut chat)?;
    settings(body, chat)
}

/// The chat that a prompt asks for.
pub(super) fn prompt(mut body: Object<'_>) -> Result<ChatRequest> {
    let mut chat = ChatRequest::default();
    if body.text("suffix")?.is_some_and(|suffix| !suffix.is_empty()) {
        return Err(invalid("suffix", "is not taken here: send the prompt alone"));
    }
    if let Some(system) = body.text("system")?.filter(|system| !system.is_empty()) {
        chat.messages.push(Message::system(system));
    }
    let prompt = body.text("prompt")?.unwrap_or_default();
    let images = images(&mut body)?;
    if prompt.is_empty() && images.is_empty() {
        return Err(invalid("prompt", "is required"));
    }
    chat.messages
        .push(Message::new(Role::User, with_images(prompt, images)));
    settings(body, chat)
}

/// The chat with all that stands beside its messages.
fn settings(mut body: Object<'_>, mut chat: ChatRequest) -> Result<ChatRequest> {
    for (place, raw) in body.list("tools")?.into_iter().enumerate() {
        chat.tools.push(tool(raw, place)?);
    }
    if let Some(raw) = body.take("format") {
        chat.response_format = format(raw)?;
    }
    if let Some(raw) = body.take("think") {
        chat.settings.reasoning = Some(reasoning(raw)?);
    }
    chat.settings.logprobs = body.read("logprobs")?;
    chat.settings.top_logprobs = body.read("top_logprobs")?;
    options(&mut body, &mut chat)?;
    chat.extra = body.rest(WIRE);
    Ok(chat)
}

/// The runner's options. Those that are settings of ours are taken; the others go back to a server of this wire.
fn options(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(mut options) = body.object("options")? else {
        return Ok(());
    };
    let settings = &mut chat.settings;
    settings.max_output_tokens = natural(&mut options, "num_predict")?;
    settings.top_k = natural(&mut options, "top_k")?;
    settings.temperature = options.read("temperature")?;
    settings.top_p = options.read("top_p")?;
    settings.seed = seed(&mut options)?;
    settings.frequency_penalty = options.read("frequency_penalty")?;
    settings.presence_penalty = options.read("presence_penalty")?;
    settings.stop_sequences = match options.take("stop") {
        Some(raw) if is_string(raw) => vec![read(raw, "options.stop")?],
        Some(raw) => read(raw, "options.stop")?,
        None => Vec::new(),
    };
    if !options.is_empty() {
        let rest: BTreeMap<String, &RawValue> = options
            .into_fields()
            .filter(|(_, raw)| raw.get() != "null")
            .collect();
        let own = BTreeMap::from([("options", rest)]);
        chat.provider_options.set(crate::WIRE, &own)?;
    }
    Ok(())
}

/// A seed, also when a client wrote it as a fraction.
fn seed(options: &mut Object<'_>) -> Result<Option<i64>> {
    if options
        .peek("seed")
        .is_some_and(|raw| raw.get().contains(['.', 'e', 'E']))
    {
        let seed = options.read::<f64>("seed")?;
        return Ok(seed.map(|seed| seed as i64));
    }
    options.read("seed")
}

/// A count. Below zero it means no limit, for which there is no word of ours: it stays among the options.
fn natural(options: &mut Object<'_>, name: &str) -> Result<Option<u64>> {
    if options.peek(name).is_some_and(|raw| raw.get().starts_with('-')) {
        return Ok(None);
    }
    if options
        .peek(name)
        .is_some_and(|raw| raw.get().contains(['.', 'e', 'E']))
    {
        let count = options.read::<f64>(name)?;
        return Ok(count.map(|count| count as u64));
    }
    options.read(name)
}

fn reasoning(raw: &RawValue) -> Result<ReasoningConfig> {
    let effort = match raw.get() {
        "true" => ReasoningEffort::Medium,
        "false" => ReasoningEffort::None,
        _ if is_string(raw) => ReasoningEffort::parse(&read::<Text>(raw, "think")?),
        _ => return Err(invalid("think", "must be a boolean or a level")),
    };
    // What our encoder writes for this level, unless it is told what was there.
    let written = match &effort {
        ReasoningEffort::None => "false".to_owned(),
        level => format!("\"{}\"", level.as_str()),
    };
    let sent_otherwise = matches!(effort, ReasoningEffort::Minimal | ReasoningEffort::XHigh);
    let mut config = ReasoningConfig::effort(effort);
    if raw.get() != written || sent_otherwise {
        let think = (Text::from_static("think"), Json::from_raw(raw));
        config.extra = Extra::of(Text::from_static(WIRE), vec![think]);
    }
    Ok(config)
}

/// `"json"`, or a schema; an empty string is no format.
fn format(raw: &RawValue) -> Result<Option<ResponseFormat>> {
    if is_string(raw) {
        return match read::<Text>(raw, "format")?.as_str() {
            "" => Ok(None),
            "json" => Ok(Some(ResponseFormat::Json)),
            _ => Err(invalid("format", "must be \"json\" or a JSON schema")),
        };
    }
    Object::of(raw, "format")?;
    let mut format = JsonSchemaFormat::new("response", Json::from_raw(raw));
    format.strict = None;
    Ok(Some(ResponseFormat::JsonSchema(format)))
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn tool(raw: &RawValue, place: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{place}]"))?;
    let path = fields.path_of("function");
    let Some(mut function) = fields.object("function")? else {
        return Err(invalid(&path, "is required"));
    };
    let mut tool = FunctionTool::new(function.required_text("name")?);
    tool.description = function.text("description")?;
    tool.parameters = function.json("parameters");
    tool.extra = kept(function, fields, &[]);
    Ok(ToolDefinition::Function(tool))
}

fn messages(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let rows = body.list("messages")?;
    if rows.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    // Calls that no result has answered yet, by tool.
    let mut open: Vec<(Text, Text)> = Vec::new();
    for (place, raw) in rows.into_iter().enumerate() {
        let message = message(Object::of(raw, format!("messages[{place}]"))?, place, &mut open)?;
        chat.messages.push(message);
    }
    Ok(())
}

fn message(mut fields: Object<'_>, place: usize, open: &mut Vec<(Text, Text)>) -> Result<Message> {
    let role = fields.required_text("role")?;
    let content = fields.text("content")?.unwrap_or_default();
    let images = images(&mut fields)?;
    let mut message = match role.as_str() {
        "system" => Message::new(Role::System, with_images(content, images)),
        "user" => Message::new(Role::User, with_images(content, images)),
        "assistant" => Message::new(
            Role::Assistant,
            assistant(content, images, place, &mut fields, open)?,
        ),
        "tool" => tool_result(content, images, &mut fields, open)?,
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of system, user, assistant, tool",
            ));
        }
    };
    message.extra = fields.rest(WIRE);
    Ok(message)
}

fn images(fields: &mut Object<'_>) -> Result<Vec<ContentPart>> {
    let path = fields.path_of("images");
    let mut images = Vec::new();
    for raw in fields.list("images")? {
        let data = read::<Text>(raw, &path)?;
        let mut media = Media::base64(MediaKind::Image, "image/png", data);
        let Some(bytes) = media.decode() else {
            return Err(invalid(&path, "is not valid base64"));
        };
        // The wire does not say what kind of picture it is; the bytes do.
        media.media_type = Some(Text::from_static(match bytes.as_slice() {
            [0xFF, 0xD8, ..] => "image/jpeg",
            [b'G', b'I', b'F', ..] => "image/gif",
            [b'R', b'I', b'F', b'F', ..] => "image/webp",
            _ => "image/png",
        }));
        images.push(ContentPart::Media(media));
    }
    Ok(images)
}

fn with_images(content: Text, images: Vec<ContentPart>) -> Content {
    if images.is_empty() {
        return Content::Text(content);
    }
    let mut parts = vec![ContentPart::text(content)];
    parts.extend(images);
    Content::from(parts)
}

fn assistant(
    content: Text,
    images: Vec<ContentPart>,
    place: usize,
    fields: &mut Object<'_>,
    open: &mut Vec<(Text, Text)>,
) -> Result<Content> {
    let thinking = fields.text("thinking")?.filter(|text| !text.is_empty());
    let path = fields.path_of("tool_calls");
    let calls = fields.list("tool_calls")?;
    if thinking.is_none() && calls.is_empty() {
        return Ok(with_images(content, images));
    }
    let mut parts: Vec<ContentPart> = thinking
        .map(|text| Reasoning::new(text).into())
        .into_iter()
        .collect();
    if !content.is_empty() {
        parts.push(ContentPart::text(content));
    }
    parts.extend(images);
    for (at, raw) in calls.into_iter().enumerate() {
        let call = called(Object::of(raw, format!("{path}[{at}]"))?, place, at)?;
        open.push((call.name.clone(), call.id.clone()));
        parts.push(ContentPart::ToolCall(call));
    }
    Ok(Content::from(parts))
}

fn called(mut fields: Object<'_>, place: usize, at: usize) -> Result<ToolCall> {
    let id = fields.text("id")?.filter(|id| !id.is_empty());
    let path = fields.path_of("function");
    let Some(mut function) = fields.object("function")? else {
        return Err(invalid(&path, "is required"));
    };
    let name = function.required_text("name")?;
    let arguments = match function.take("arguments") {
        Some(raw) if is_string(raw) => read::<Text>(raw, &path)?,
        Some(raw) => Text::from(raw.get()),
        None => Text::from_static("{}"),
    };
    let notes: &[&str] = if id.is_none() { &[NO_ID] } else { &[] };
    let id = id.unwrap_or_else(|| Text::from(format!("call_{place}_{at}")));
    let mut call = ToolCall::new(id, name, arguments);
    call.riders = riders(kept(function, fields, notes));
    Ok(call)
}

fn riders(extra: Extra) -> Riders {
    if extra.is_empty() {
        Riders::new()
    } else {
        Riders::new().with_extra(extra)
    }
}

/// A result, linked to its call by id, or by the tool's name where the client sent no id.
fn tool_result(
    content: Text,
    images: Vec<ContentPart>,
    fields: &mut Object<'_>,
    open: &mut Vec<(Text, Text)>,
) -> Result<Message> {
    let path = fields.path_of("tool_call_id");
    let name = fields.text("tool_name")?;
    let id = fields.text("tool_call_id")?.filter(|id| !id.is_empty());
    let found = open.iter().position(|(tool, call)| match (&id, &name) {
        (Some(id), _) => call == id,
        (None, Some(name)) => tool == name,
        (None, None) => true,
    });
    let Some(found) = found else {
        return Err(invalid(
            &path,
            "a message with role 'tool' must answer a tool call of an earlier message",
        ));
    };
    let (_, call) = open.remove(found);
    let mut result = ToolResult::new(call, with_images(content, images));
    result.name = name;
    let mut notes = Vec::new();
    if id.is_none() {
        notes.push(NO_ID);
    }
    if result.name.is_none() {
        notes.push(NO_NAME);
    }
    result.riders = riders(kept(Object::default(), Object::default(), &notes));
    Ok(Message::tool([result]))
}
