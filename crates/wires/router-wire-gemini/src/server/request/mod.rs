//! A `generateContent` body to a chat.

mod config;
mod contents;
mod parts;
mod tools;

use router_core::content::{ContentPart, TextPart};
use router_core::message::Role;
use router_core::{ChatRequest, Content, Message, Result, Text};
use router_wire::object::{Object, invalid, is_string};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::object;
use crate::WIRE;

/// The chat in a body.
pub(super) fn chat(mut body: Object<'_>) -> Result<ChatRequest> {
    let mut chat = ChatRequest::default();
    if let Some(raw) = body.take("systemInstruction") {
        chat.messages.push(system(raw)?);
    }
    contents::read(&mut body, &mut chat)?;
    for (place, raw) in body.list("tools")?.into_iter().enumerate() {
        tools::read(raw, place, &mut chat.tools)?;
    }
    if let Some(raw) = body.take("toolConfig") {
        tools::choice(raw, &mut chat)?;
    }
    if let Some(config) = body.object("generationConfig")? {
        config::read(config, &mut chat)?;
    }
    chat.settings.service_tier = body.text("serviceTier")?;
    chat.settings.store = body.read("store")?;
    if let Some(labels) = body.object("labels")? {
        for (name, raw) in labels.into_fields() {
            let path = format!("labels.{name}");
            chat.settings
                .metadata
                .push((Text::from(name), value(raw, &path)?));
        }
    }
    chat.extra = body.rest(WIRE);
    Ok(chat)
}

fn system(raw: &RawValue) -> Result<Message> {
    const PATH: &str = "systemInstruction";
    if is_string(raw) {
        return Ok(Message::system(value::<Text>(raw, PATH)?));
    }
    let mut fields = object(raw, PATH)?;
    fields.take("role");
    let mut texts = Vec::new();
    for raw in fields.list("parts")? {
        let mut part = object(raw, "systemInstruction.parts")?;
        let text = part.text("text")?;
        let mut text = TextPart::new(text.ok_or_else(|| invalid("systemInstruction.parts", "must be text"))?);
        text.riders.set_extra(part.rest(WIRE));
        texts.push(text);
    }
    let mut message = match texts.as_slice() {
        [only] if only.riders.is_empty() => Message::system(only.text.clone()),
        _ => Message::new(
            Role::System,
            Content::from(texts.into_iter().map(ContentPart::Text).collect::<Vec<_>>()),
        ),
    };
    message.extra = fields.rest(WIRE);
    Ok(message)
}

/// A value of a type, found at `path`.
fn value<'a, T: Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}
