//! A client's content blocks as parts.

use router_core::content::{MediaKind, MediaSource, Opaque, Reasoning, TextPart};
use router_core::message::Role;
use router_core::tool::ServerToolCall;
use router_core::{
    CacheMark, Content, ContentPart, Json, Media, Result, Signature, Text, ToolCall, ToolResult,
};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::provenance::unseal;
use serde_json::value::RawValue;

use super::request::keep;
use crate::{MESSAGES, WIRE, block};

/// Marks a signature that rides on a call or text of another vendor, for which this wire has no place: it travels as hidden
/// reasoning behind the part.
pub(super) const RIDER: &str = "@";

/// The parts of a message.
pub(super) fn parts(rows: &[&RawValue], path: &str, role: Role) -> Result<Vec<ContentPart>> {
    let mut parts = Vec::with_capacity(rows.len());
    for (at, raw) in rows.iter().enumerate() {
        let part = part(Object::of(raw, format!("{path}[{at}]"))?, raw, role)?;
        if !take_rider(&part, &mut parts) {
            parts.push(part);
        }
    }
    Ok(parts)
}

/// Puts a signature back on the part it belongs to, when `part` is nothing but its carrier.
fn take_rider(part: &ContentPart, parts: &mut [ContentPart]) -> bool {
    let ContentPart::Reasoning(reasoning) = part else {
        return false;
    };
    let Some(signature) = reasoning.riders.signature().filter(|_| reasoning.redacted) else {
        return false;
    };
    let Some(data) = signature.data.strip_prefix(RIDER) else {
        return false;
    };
    let bearer = parts
        .iter_mut()
        .rfind(|part| matches!(part, ContentPart::ToolCall(_) | ContentPart::Text(_)));
    let Some(riders) = bearer.and_then(ContentPart::riders_mut) else {
        return false;
    };
    riders.set_signature(Some(Signature::new(&signature.provider, data)));
    true
}

fn part(mut fields: Object<'_>, raw: &RawValue, role: Role) -> Result<ContentPart> {
    let kind = fields.required_text("type")?;
    let opaque = || Opaque::new(WIRE, Json::from_raw(raw));
    let mut part = match kind.as_str() {
        "text" => text(&mut fields, role)?,
        "image" | "document" => {
            let kind = if kind == "image" {
                MediaKind::Image
            } else {
                MediaKind::Document
            };
            match media(kind, &mut fields)? {
                Some(media) => ContentPart::Media(media),
                None => return Ok(ContentPart::Opaque(opaque())),
            }
        }
        "thinking" => {
            let mut reasoning = Reasoning::new(fields.required_text("thinking")?);
            let signature = fields
                .text("signature")?
                .filter(|signature| !signature.is_empty());
            reasoning
                .riders
                .set_signature(signature.map(|data| unseal(&data, WIRE)));
            ContentPart::Reasoning(reasoning)
        }
        "redacted_thinking" => {
            let data = fields.required_text("data")?;
            let mut reasoning = Reasoning::new("").with_signature(unseal(&data, WIRE));
            reasoning.redacted = true;
            ContentPart::Reasoning(reasoning)
        }
        "tool_use" => {
            let (id, name) = (fields.required_text("id")?, fields.required_text("name")?);
            let path = fields.path_of("input");
            let input = fields.take("input");
            if let Some(raw) = input {
                Object::of(raw, path)?;
            }
            let arguments = input.map_or_else(|| Text::from_static("{}"), |raw| Text::from(raw.get()));
            ContentPart::ToolCall(ToolCall::new(id, name, arguments))
        }
        "tool_result" => ContentPart::ToolResult(result(&mut fields)?),
        "server_tool_use" | "mcp_tool_use" => {
            let mut call = ServerToolCall::new(WIRE, fields.required_text("name")?, Json::from_raw(raw));
            call.id = fields.text("id")?;
            call.arguments = fields.take("input").map(|raw| Text::from(raw.get()));
            return Ok(ContentPart::ServerToolCall(call));
        }
        _ => return Ok(ContentPart::Opaque(opaque())),
    };
    let mark = cache(&mut fields)?;
    if let Some(riders) = part.riders_mut() {
        let mut rest = fields.rest(MESSAGES);
        for (name, value) in riders.extra().for_wire(MESSAGES) {
            rest.insert(Text::from_static(MESSAGES), name, value.clone());
        }
        riders.set_extra(rest);
        riders.set_cache(mark);
    }
    Ok(part)
}

/// The cache mark of a block or tool.
pub(super) fn cache(fields: &mut Object<'_>) -> Result<Option<CacheMark>> {
    let path = fields.path_of("cache_control.type");
    let Some(mut mark) = fields.object("cache_control")? else {
        return Ok(None);
    };
    if mark.required_text("type")? != "ephemeral" {
        return Err(invalid(&path, "must be ephemeral"));
    }
    let mut cache = CacheMark::new();
    cache.ttl = mark.text("ttl")?;
    Ok(Some(cache))
}

fn text(fields: &mut Object<'_>, role: Role) -> Result<ContentPart> {
    let mut part = TextPart::new(fields.required_text("text")?);
    if role == Role::Assistant
        && let Some(raw) = fields.take("citations")
    {
        let rows = list_of(raw).ok_or_else(|| invalid(&fields.path_of("citations"), "must be an array"))?;
        let provider = WIRE.into();
        for raw in rows {
            if let Some(mut citation) = block::citation(&provider, raw) {
                // A source of another vendor was written without the index that this vendor makes.
                if raw.get().contains(r#""encrypted_index":"""#) {
                    citation.raw = None;
                }
                part.citations.push(citation);
            }
        }
    }
    Ok(ContentPart::Text(part))
}

fn result(fields: &mut Object<'_>) -> Result<ToolResult> {
    let id = fields.required_text("tool_use_id")?;
    let path = fields.path_of("content");
    let content = match fields.take("content") {
        None => Content::from(Vec::new()),
        Some(raw) if is_string(raw) => serde_json::from_str::<Text>(raw.get())
            .map(Content::Text)
            .map_err(|error| invalid(&path, &error.to_string()))?,
        Some(raw) => {
            let rows = list_of(raw).ok_or_else(|| invalid(&path, "must be a string or a list of blocks"))?;
            Content::from(parts(&rows, &path, Role::Tool)?)
        }
    };
    let mut result = ToolResult::new(id, content);
    match fields.read::<bool>("is_error")? {
        Some(true) => result.is_error = true,
        Some(false) => {
            let mut extra = result.riders.extra().clone();
            keep(&mut extra, "is_error", Json::of(&false)?);
            result.riders.set_extra(extra);
        }
        None => {}
    }
    Ok(result)
}

/// An image or document; `None` for a source that has no place here.
fn media(kind: MediaKind, fields: &mut Object<'_>) -> Result<Option<Media>> {
    let path = fields.path_of("source");
    let mut source = fields
        .object("source")?
        .ok_or_else(|| invalid(&path, "is required"))?;
    let mut media = match source.required_text("type")?.as_str() {
        "base64" => {
            let media_type = source.required_text("media_type")?;
            let media = Media::base64(kind, media_type, source.required_text("data")?);
            if media.decode().is_none() {
                return Err(invalid(&format!("{path}.data"), "is not valid base64"));
            }
            media
        }
        "url" => Media::url(kind, source.required_text("url")?),
        "file" => Media::new(kind, MediaSource::File(source.required_text("file_id")?)),
        "text" if kind == MediaKind::Document => {
            let mut media = Media::new(kind, MediaSource::Text(source.required_text("data")?));
            media.media_type = source.text("media_type")?;
            media
        }
        _ => return Ok(None),
    };
    if !source.is_empty() {
        return Ok(None);
    }
    if kind == MediaKind::Document {
        media.name = fields.text("title")?;
    }
    Ok(Some(media))
}
