//! Items of a request as messages.

use router_core::content::{Opaque, Reasoning, Refusal, Riders, TextPart};
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{Content, ContentPart, Extra, Json, Message, Result, Text, ToolCall, ToolResult};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::provenance;
use serde_json::value::RawValue;

use super::parts::content;
use super::request::read;
use crate::responses::WIRE;
use crate::responses::riders::{self, EASY, MESSAGE, PARAGRAPH, PLAIN};

/// Adds an item to the conversation; items of one side in a row make one message.
pub(super) fn item(mut fields: Object<'_>, raw: &RawValue, messages: &mut Vec<Message>) -> Result<()> {
    let kind = fields.text("type")?;
    let role = fields.text("role")?;
    match (kind.as_deref(), role.as_deref()) {
        (None | Some("message"), Some(word)) => {
            let word = Text::from(word);
            message(fields, &word, kind.is_some(), messages)
        }
        (Some("function_call" | "custom_tool_call"), _) => {
            let custom = kind.as_deref() == Some("custom_tool_call");
            let id = fields.required_text("call_id")?;
            let name = fields.required_text("name")?;
            let arguments = fields
                .text(if custom { "input" } else { "arguments" })?
                .unwrap_or_default();
            let mut call = ToolCall::new(id, name, arguments);
            call.kind = if custom {
                ToolCallKind::Custom
            } else {
                ToolCallKind::Function
            };
            call.riders.set_extra(fields.rest(WIRE));
            push(messages, Role::Assistant, ContentPart::ToolCall(call));
            Ok(())
        }
        (Some("function_call_output" | "custom_tool_call_output"), _) => {
            let call_id = fields.required_text("call_id")?;
            let path = fields.path_of("output");
            let output = fields
                .take("output")
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut result = ToolResult::new(call_id, content(output, &path)?);
            let mut extra = fields.rest(WIRE);
            if kind.as_deref() == Some("custom_tool_call_output") {
                extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("type"),
                    Json::of("custom_tool_call_output")?,
                );
            }
            result.riders.set_extra(extra);
            push(messages, Role::Tool, ContentPart::ToolResult(result));
            Ok(())
        }
        (Some("reasoning"), _) => {
            push(
                messages,
                Role::Assistant,
                ContentPart::Reasoning(reasoning(fields)?),
            );
            Ok(())
        }
        (Some(_), _) => {
            let part = ContentPart::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)));
            push(messages, Role::Assistant, part);
            Ok(())
        }
        (None, None) => Err(invalid(&fields.path_of("type"), "is required")),
    }
}

fn push(messages: &mut Vec<Message>, role: Role, part: ContentPart) {
    match messages.last_mut() {
        Some(last)
            if last.role == role && matches!(last.content, Content::Parts(_)) && last.extra.is_empty() =>
        {
            last.content.parts_mut().push(part);
        }
        _ => messages.push(Message::new(role, vec![part])),
    }
}

fn message(mut fields: Object<'_>, word: &Text, typed: bool, messages: &mut Vec<Message>) -> Result<()> {
    let path = fields.path_of("content");
    let raw = fields
        .take("content")
        .ok_or_else(|| invalid(&path, "is required"))?;
    let role = match word.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => {
            for (name, is_so) in [(EASY, !typed), (PLAIN, is_string(raw))] {
                if is_so {
                    fields.put_back(name, serde_json::from_str("true").unwrap_or(raw));
                }
            }
            return assistant(raw, &path, fields.into_json(), messages);
        }
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of user, assistant, system, developer",
            ));
        }
    };
    let mut message = Message::new(role, content(raw, &path)?);
    message.extra = fields.rest(WIRE);
    if typed {
        message.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("type"),
            Json::of("message")?,
        );
    }
    if role == Role::System {
        message.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("role"),
            Json::of(word)?,
        );
    }
    messages.push(message);
    Ok(())
}

/// Reasoning that a client sends back: its text for other vendors, its fields and its seal for the one that made it.
fn reasoning(mut fields: Object<'_>) -> Result<Reasoning> {
    let mut shown = String::new();
    for name in ["content", "summary"] {
        let parts = fields.peek(name).and_then(list_of).unwrap_or_default();
        let texts = parts.into_iter().filter_map(|raw| {
            let text = Object::of(raw, "").ok()?.text("text").ok()??;
            (!text.is_empty()).then_some(text)
        });
        if shown.is_empty() {
            shown = texts.collect::<Vec<_>>().join(PARAGRAPH);
        }
    }
    let sealed = fields.text("encrypted_content")?;
    let mut reasoning = Reasoning::new(shown);
    reasoning.riders = Riders::new().with_extra(fields.rest(WIRE));
    reasoning
        .riders
        .set_signature(sealed.map(|data| provenance::unseal(&data, crate::SIGNED)));
    Ok(reasoning)
}

/// A message of the model; its own fields ride on its first part.
fn assistant(raw: &RawValue, path: &str, mark: Json, messages: &mut Vec<Message>) -> Result<()> {
    let mut mark = Some(mark);
    let mut add = |mut part: ContentPart, mut extra: Extra| {
        if let Some(riders) = part.riders_mut() {
            if let Some(mark) = mark.take() {
                extra = riders::with(extra, MESSAGE, mark);
            }
            riders.set_extra(extra);
        }
        push(messages, Role::Assistant, part);
    };
    if is_string(raw) {
        add(ContentPart::text(read::<Text>(raw, path)?), Extra::new());
        return Ok(());
    }
    let rows = list_of(raw).ok_or_else(|| invalid(path, "must be a string or a list"))?;
    for (at, raw) in rows.into_iter().enumerate() {
        let mut fields = Object::of(raw, format!("{path}[{at}]"))?;
        match fields.required_text("type")?.as_str() {
            "refusal" => {
                let refusal = Refusal::new(fields.required_text("refusal")?);
                add(ContentPart::Refusal(refusal), Extra::new());
            }
            _ => {
                let text = fields.text("text")?.unwrap_or_default();
                add(ContentPart::Text(TextPart::new(text)), fields.rest(WIRE));
            }
        }
    }
    Ok(())
}
