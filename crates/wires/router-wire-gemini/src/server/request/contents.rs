//! Contents to messages: results of tools are messages of their own.

use router_core::message::Role;
use router_core::{ChatRequest, Content, ContentPart, Extra, Message, Result, Text};
use router_wire::object::{Object, invalid};

use super::object;
use super::parts::Reader;
use crate::WIRE;

/// Reads `contents`: a list, or one alone.
pub(super) fn read(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    if body.peek("contents").is_none() {
        return Err(invalid("contents", "is required"));
    }
    let rows = body.list("contents")?;
    if rows.is_empty() {
        return Err(invalid("contents", "at least one content is required"));
    }
    let mut reader = Reader::default();
    for (place, raw) in rows.into_iter().enumerate() {
        let mut fields = object(raw, format!("contents[{place}]"))?;
        let model = match fields.text("role")?.as_deref() {
            Some("model") => true,
            Some("user" | "function" | "tool" | "") | None => false,
            Some(_) => return Err(invalid(&fields.path_of("role"), "must be user or model")),
        };
        let path = fields.path_of("parts");
        let mut parts = Vec::new();
        for (at, raw) in fields.list("parts")?.into_iter().enumerate() {
            let part = object(raw, format!("{path}[{at}]"))?;
            parts.push(reader.part(part, raw, (place, at))?);
        }
        push(chat, model, parts, fields.rest(WIRE));
    }
    for message in &mut chat.messages {
        join_thoughts(message);
    }
    Ok(())
}

/// Pieces of a thought of another vendor as the one thought that its signature is for: on this wire a stream gives the
/// signature behind the thought, on an empty one.
fn join_thoughts(message: &mut Message) {
    let is_foreign = |part: &ContentPart| match part {
        ContentPart::Reasoning(thought) => {
            let signature = thought.riders.signature();
            thought.text.is_empty() && signature.is_some_and(|signature| signature.provider != *WIRE)
        }
        _ => false,
    };
    if !message.content.parts().iter().any(is_foreign) {
        return;
    }
    let mut parts: Vec<ContentPart> = Vec::new();
    for mut part in message.content.to_parts() {
        if is_foreign(&part)
            && let ContentPart::Reasoning(signed) = &mut part
        {
            let mut texts = Vec::new();
            while let Some(ContentPart::Reasoning(thought)) = parts.last()
                && thought.riders.signature().is_none()
            {
                texts.push(thought.text.clone());
                parts.pop();
            }
            signed.text = texts.iter().rev().map(Text::as_str).collect::<String>().into();
        }
        parts.push(part);
    }
    message.content = Content::from(parts);
}

fn push(chat: &mut ChatRequest, model: bool, parts: Vec<ContentPart>, extra: Extra) {
    let mut runs: Vec<(Role, Vec<ContentPart>)> = Vec::new();
    for part in parts {
        let role = match &part {
            ContentPart::ToolResult(_) => Role::Tool,
            _ if model => Role::Assistant,
            _ => Role::User,
        };
        match runs.last_mut() {
            Some((last, run)) if *last == role => run.push(part),
            _ => runs.push((role, vec![part])),
        }
    }
    if runs.is_empty() {
        runs.push((if model { Role::Assistant } else { Role::User }, Vec::new()));
    }
    for (place, (role, run)) in runs.into_iter().enumerate() {
        // Clients keep the pieces of a stream as contents of their own.
        if let Some(last) = chat.messages.last_mut()
            && last.role == Role::Assistant
            && role == Role::Assistant
            && last.extra.is_empty()
            && extra.is_empty()
        {
            last.content.parts_mut().extend(run);
            continue;
        }
        let plain = match run.as_slice() {
            [ContentPart::Text(part)] if part.riders.is_empty() => Some(part.text.clone()),
            _ => None,
        };
        let mut message = Message::new(role, plain.map_or_else(|| Content::from(run), Content::Text));
        if place == 0 {
            message.extra = extra.clone();
        }
        chat.messages.push(message);
    }
}
