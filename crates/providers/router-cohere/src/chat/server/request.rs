//! The body of a request as a chat.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{Citation, MediaKind, Opaque, Reasoning, Riders, TextPart};
use router_core::message::Role;
use router_core::tool::FunctionTool;
use router_core::{
    ChatRequest, Content, ContentPart, Extra, Json, Media, Message, ReasoningEffort, ResponseFormat, Result,
    Text, ToolCall, ToolChoice, ToolDefinition, ToolResult,
};
use router_wire::object::{Object, invalid, is_string, list_of};
use serde_json::value::RawValue;

use crate::chat::thinking::THINKING;
use crate::chat::{WIRE, stream};
use crate::documents;

/// The chat that a body asks for; model and mode are taken already.
pub(super) fn chat(mut body: Object<'_>) -> Result<ChatRequest> {
    let mut chat = ChatRequest::default();
    messages(&mut body, &mut chat)?;
    tools(&mut body, &mut chat)?;
    given_documents(&mut body, &mut chat)?;
    if let Some(mut format) = body.object("response_format")? {
        chat.response_format = Some(response_format(&mut format)?);
        body.keep("response_format", format);
    }
    if let Some(raw) = body.take(THINKING) {
        chat.settings.reasoning = Some(reasoning(raw)?);
    }
    let settings = &mut chat.settings;
    settings.max_output_tokens = body.read("max_tokens")?;
    settings.temperature = body.read("temperature")?;
    settings.top_p = body.read("p")?;
    settings.top_k = body.read("k")?;
    settings.stop_sequences = body.read("stop_sequences")?.unwrap_or_default();
    settings.seed = body.read("seed")?;
    settings.frequency_penalty = body.read("frequency_penalty")?;
    settings.presence_penalty = body.read("presence_penalty")?;
    settings.logprobs = body.read("logprobs")?;
    chat.extra = body.rest(WIRE);
    Ok(chat)
}

fn tools(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let strict = body.read::<bool>("strict_tools")?.filter(|strict| *strict);
    for (place, raw) in body.list("tools")?.into_iter().enumerate() {
        let mut fields = Object::of(raw, format!("tools[{place}]"))?;
        fields.take("type");
        let path = fields.path_of("function");
        let Some(mut function) = fields.object("function")? else {
            return Err(invalid(&path, "is required"));
        };
        let mut tool = FunctionTool::new(function.required_text("name")?);
        tool.description = function.text("description")?;
        tool.parameters = function.json("parameters");
        tool.strict = strict;
        fields.keep("function", function);
        tool.extra = fields.rest(WIRE);
        chat.tools.push(ToolDefinition::Function(tool));
    }
    chat.tool_choice = match body.text("tool_choice")?.as_deref() {
        None => None,
        Some("REQUIRED") => Some(ToolChoice::Required),
        Some("NONE") => Some(ToolChoice::None),
        Some(_) => return Err(invalid("tool_choice", "must be REQUIRED or NONE")),
    };
    Ok(())
}

/// Documents beside the messages stand in front of the last question, where other wires have them.
fn given_documents(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let mut given = Vec::new();
    for (at, raw) in body.list("documents")?.into_iter().enumerate() {
        given.push(ContentPart::Media(documents::read(
            raw,
            &format!("documents[{at}]"),
        )?));
    }
    if given.is_empty() {
        return Ok(());
    }
    let last = chat
        .messages
        .iter_mut()
        .rfind(|message| message.role == Role::User);
    match last {
        Some(message) => {
            message.content.parts_mut().splice(0..0, given);
        }
        None => chat.messages.push(Message::user(given)),
    }
    Ok(())
}

fn response_format(format: &mut Object<'_>) -> Result<ResponseFormat> {
    let path = format.path_of("type");
    match format.required_text("type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(
            match format.json("json_schema").or_else(|| format.json("schema")) {
                Some(schema) => {
                    let mut format = JsonSchemaFormat::new("response", schema);
                    format.strict = None;
                    ResponseFormat::JsonSchema(format)
                }
                None => ResponseFormat::Json,
            },
        ),
        _ => Err(invalid(&path, "must be text or json_object")),
    }
}

/// A budget is one; that the model shall think at all has no word of ours, and is kept as it came beside a level.
fn reasoning(raw: &RawValue) -> Result<ReasoningConfig> {
    let mut fields = Object::of(raw, THINKING)?;
    let path = fields.path_of("type");
    let kind = fields.required_text("type")?;
    let budget = fields.read::<u64>("token_budget")?;
    let mut config = match (kind.as_str(), budget) {
        ("disabled", None) => ReasoningConfig::effort(ReasoningEffort::None),
        ("enabled", Some(budget)) => ReasoningConfig::budget(budget),
        ("enabled", None) => ReasoningConfig::effort(ReasoningEffort::Medium),
        ("disabled", Some(_)) => return Err(invalid(&path, "must be enabled where there is a budget")),
        _ => return Err(invalid(&path, "must be enabled or disabled")),
    };
    let said = (kind == *"disabled") != budget.is_some_and(|budget| budget > 0);
    if !said || !fields.is_empty() {
        let as_it_came = (Text::from_static(THINKING), Json::from_raw(raw));
        config.extra = Extra::of(Text::from_static(WIRE), vec![as_it_came]);
    }
    Ok(config)
}

fn messages(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let rows = body.list("messages")?;
    if rows.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    for (place, raw) in rows.into_iter().enumerate() {
        chat.messages
            .push(message(Object::of(raw, format!("messages[{place}]"))?)?);
    }
    Ok(())
}

fn message(mut fields: Object<'_>) -> Result<Message> {
    let role = fields.required_text("role")?;
    let mut message = match role.as_str() {
        "system" | "developer" => Message::new(Role::System, content(&mut fields)?),
        "user" => Message::new(Role::User, content(&mut fields)?),
        "assistant" => Message::new(Role::Assistant, answer(&mut fields)?),
        "tool" => {
            let id = fields.required_text("tool_call_id")?;
            Message::tool([ToolResult::new(id, content(&mut fields)?)])
        }
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

/// A text, or a list of parts.
fn content(fields: &mut Object<'_>) -> Result<Content> {
    let path = fields.path_of("content");
    let Some(raw) = fields.take("content") else {
        return Err(invalid(&path, "is required"));
    };
    if is_string(raw) {
        return Ok(Content::Text(read(raw, &path)?));
    }
    Ok(Content::from(parts(raw, &path)?))
}

fn parts(raw: &RawValue, path: &str) -> Result<Vec<ContentPart>> {
    let rows = list_of(raw).ok_or_else(|| invalid(path, "must be a string or an array"))?;
    let rows = rows.into_iter().enumerate();
    rows.map(|(at, raw)| part(raw, &format!("{path}[{at}]")))
        .collect()
}

fn part(raw: &RawValue, path: &str) -> Result<ContentPart> {
    // In the results of tools, documents may be mere texts.
    if is_string(raw) {
        return Ok(ContentPart::text(read::<Text>(raw, path)?));
    }
    let mut fields = Object::of(raw, path)?;
    let kind = fields.required_text("type")?;
    match kind.as_str() {
        "text" => {
            let mut part = TextPart::new(fields.required_text("text")?);
            part.riders = riders(fields.rest(WIRE));
            Ok(ContentPart::Text(part))
        }
        "thinking" => {
            let mut part = Reasoning::new(fields.required_text("thinking")?);
            part.riders = riders(fields.rest(WIRE));
            Ok(ContentPart::Reasoning(part))
        }
        "image_url" => {
            let place = fields.path_of("image_url");
            let Some(mut url) = fields.object("image_url")? else {
                return Err(invalid(&place, "is required"));
            };
            let address = url.required_text("url")?;
            let mut media =
                Media::from_data_url(MediaKind::Image, &address).unwrap_or_else(|| Media::image_url(address));
            media.detail = url.text("detail")?;
            fields.keep("image_url", url);
            media.riders = riders(fields.rest(WIRE));
            Ok(media.into())
        }
        "document" => {
            let place = fields.path_of("document");
            let Some(document) = fields.take("document") else {
                return Err(invalid(&place, "is required"));
            };
            let mut media = documents::read(document, &place)?;
            let mut extra = fields.rest(WIRE);
            if let Some(kept) = media.riders.extra().get(WIRE, "document") {
                extra.insert(WIRE, "document", kept.clone());
            }
            media.riders = riders(extra);
            Ok(media.into())
        }
        _ => Err(invalid(
            &fields.path_of("type"),
            "must be one of text, thinking, image_url, document",
        )),
    }
}

fn riders(extra: Extra) -> Riders {
    if extra.is_empty() {
        Riders::new()
    } else {
        Riders::new().with_extra(extra)
    }
}

/// What the model said before: plan, content, calls and sources.
fn answer(fields: &mut Object<'_>) -> Result<Content> {
    let plan = fields.text("tool_plan")?.filter(|plan| !plan.is_empty());
    let path = fields.path_of("content");
    let said = match fields.take("content") {
        None => Content::from(Vec::new()),
        Some(raw) if is_string(raw) => Content::Text(read(raw, &path)?),
        Some(raw) => Content::from(parts(raw, &path)?),
    };
    let path = fields.path_of("tool_calls");
    let calls = fields.list("tool_calls")?;
    let cited = fields.list("citations")?;
    if plan.is_none() && calls.is_empty() && cited.is_empty() {
        return Ok(said);
    }
    let mut parts = Vec::new();
    if let Some(plan) = plan {
        let mut part = Reasoning::new(plan);
        part.riders = stream::plan();
        parts.push(ContentPart::Reasoning(part));
    }
    parts.extend(said.to_parts().into_iter().filter(|part| {
        // With calls, a text that says nothing stands for none.
        !matches!((&said, part), (Content::Text(_), ContentPart::Text(part)) if part.text.is_empty())
    }));
    for (at, raw) in calls.into_iter().enumerate() {
        let call = called(Object::of(raw, format!("{path}[{at}]"))?)?;
        parts.push(ContentPart::ToolCall(call));
    }
    let citations = cited.into_iter().map(citation);
    let last = parts.iter_mut().rev().find_map(|part| match part {
        ContentPart::Text(part) => Some(part),
        _ => None,
    });
    match last {
        Some(part) => part.citations.extend(citations),
        None => {
            let mut part = TextPart::default();
            part.citations.extend(citations);
            if !part.citations.is_empty() {
                parts.push(ContentPart::Text(part));
            }
        }
    }
    Ok(Content::from(parts))
}

fn citation(raw: &RawValue) -> Citation {
    let mut citation = Citation::default();
    citation.raw = Some(Opaque::new(crate::WIRE, Json::from_raw(raw)));
    citation
}

fn called(mut fields: Object<'_>) -> Result<ToolCall> {
    let id = fields.required_text("id")?;
    fields.take("type");
    let path = fields.path_of("function");
    let Some(mut function) = fields.object("function")? else {
        return Err(invalid(&path, "is required"));
    };
    let name = function.required_text("name")?;
    let arguments = function.text("arguments")?;
    let mut call = ToolCall::new(id, name, arguments.unwrap_or_else(|| Text::from_static("{}")));
    fields.keep("function", function);
    call.riders = riders(fields.rest(WIRE));
    Ok(call)
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}
