//! Blocks that a client sends as parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use router_core::content::{Citation, MediaKind, MediaSource, Opaque, Reasoning, Riders, TextPart};
use router_core::tool::ServerToolCall;
use router_core::{Content, ContentPart, Extra, Json, Media, Result, Signature, Text, ToolCall, ToolResult};
use router_wire::object::{Object, invalid, list_of};
use router_wire::provenance::unseal;
use serde_json::value::RawValue;

use super::request::mark;
use crate::converse::{AS_JSON, WIRE, media};

/// Reads a block; a cache point marks the part in front of it.
pub(super) fn read(raw: &RawValue, path: &str, parts: &mut Vec<ContentPart>) -> Result<()> {
    let mut fields = Object::of(raw, path)?;
    if let Some(mut point) = fields.object("cachePoint")? {
        match parts.last_mut().and_then(ContentPart::riders_mut) {
            Some(riders) => riders.set_cache(Some(mark(&mut point)?)),
            None => parts.push(own(raw)),
        }
        return Ok(());
    }
    if let Some(part) = part(&mut fields, raw)? {
        parts.push(part);
        return Ok(());
    }
    if fields.is_empty() {
        return Err(invalid(path, "must have exactly one field"));
    }
    parts.push(own(raw));
    Ok(())
}

/// A block that only this vendor knows.
fn own(raw: &RawValue) -> ContentPart {
    ContentPart::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)))
}

fn part(fields: &mut Object<'_>, raw: &RawValue) -> Result<Option<ContentPart>> {
    if let Some(text) = fields.text("text")? {
        return Ok(Some(ContentPart::text(text)));
    }
    for kind in [
        MediaKind::Image,
        MediaKind::Document,
        MediaKind::Audio,
        MediaKind::Video,
    ] {
        if let Some(inner) = fields.object(media::block(kind))? {
            return of_media(kind, inner)
                .map(|media| media.map_or_else(|| own(raw), ContentPart::Media))
                .map(Some);
        }
    }
    if let Some(mut call) = fields.object("toolUse")? {
        let (id, name) = (call.required_text("toolUseId")?, call.required_text("name")?);
        let input = call.json("input").unwrap_or_else(Json::empty_object);
        let kind = call.text("type")?;
        return Ok(Some(if kind.as_deref() == Some("server_tool_use") {
            let mut ran = ServerToolCall::new(crate::WIRE, name, Json::from_raw(raw));
            ran.id = Some(id);
            ran.arguments = Some(input.text().clone());
            ContentPart::ServerToolCall(ran)
        } else {
            let mut made = ToolCall::new(id, name, input.text().clone());
            made.riders = riders(call.rest(WIRE));
            ContentPart::ToolCall(made)
        }));
    }
    if let Some(result) = fields.object("toolResult")? {
        // What the vendor's own tools gave stands in answers, and has a type.
        return if result.peek("type").is_some() {
            Ok(Some(own(raw)))
        } else {
            of_result(result).map(Some)
        };
    }
    if let Some(mut thought) = fields.object("reasoningContent")? {
        return reasoning(&mut thought).map(Some);
    }
    match fields.object("citationsContent")? {
        Some(mut cited) => citations(&mut cited).map(Some),
        None => Ok(None),
    }
}

fn riders(extra: Extra) -> Riders {
    if extra.is_empty() {
        Riders::new()
    } else {
        Riders::new().with_extra(extra)
    }
}

/// Media; nothing for a source that our types do not have.
fn of_media(kind: MediaKind, mut fields: Object<'_>) -> Result<Option<Media>> {
    let format = fields.text("format")?;
    let place = fields.path_of("source");
    let mut source = fields
        .object("source")?
        .ok_or_else(|| invalid(&place, "is required"))?;
    let source = if let Some(data) = source.text("bytes")? {
        if STANDARD.decode(data.as_str()).is_err() {
            return Err(invalid(&format!("{place}.bytes"), "is not base64"));
        }
        MediaSource::Base64(data)
    } else if let Some(text) = source.text("text")? {
        MediaSource::Text(text)
    } else if let Some(mut stored) = source.object("s3Location")? {
        if stored.peek("bucketOwner").is_some() {
            return Ok(None);
        }
        MediaSource::File(stored.required_text("uri")?)
    } else {
        return Ok(None);
    };
    let mut media = Media::new(kind, source);
    media.media_type = format.map(|format| media::media_type_of(kind, &format));
    media.name = fields.text("name")?;
    media.riders = riders(fields.rest(WIRE));
    Ok(Some(media))
}

fn of_result(mut fields: Object<'_>) -> Result<ContentPart> {
    let id = fields.required_text("toolUseId")?;
    let path = fields.path_of("content");
    let mut parts = Vec::new();
    for (at, raw) in fields.list("content")?.into_iter().enumerate() {
        let path = format!("{path}[{at}]");
        let mut inner = Object::of(raw, path.clone())?;
        match inner.json("json") {
            Some(json) => {
                let mut part = TextPart::new(json.text().clone());
                part.riders = riders(Extra::of(WIRE, vec![(Text::from_static(AS_JSON), Json::null())]));
                parts.push(ContentPart::Text(part));
            }
            None => read(raw, &path, &mut parts)?,
        }
    }
    let content = match parts.as_slice() {
        [ContentPart::Text(part)] if part.riders.is_empty() => Content::Text(part.text.clone()),
        _ => Content::from(parts),
    };
    let mut result = ToolResult::new(id, content);
    let status = fields.path_of("status");
    match fields.peek("status").map(RawValue::get) {
        None | Some("\"success\"") => {}
        Some("\"error\"") => {
            fields.take("status");
            result.is_error = true;
        }
        Some(_) => return Err(invalid(&status, "must be success or error")),
    }
    result.riders = riders(fields.rest(WIRE));
    Ok(ContentPart::ToolResult(result))
}

fn reasoning(fields: &mut Object<'_>) -> Result<ContentPart> {
    let mut part = Reasoning::default();
    if let Some(mut shown) = fields.object("reasoningText")? {
        part.text = shown.text("text")?.unwrap_or_default();
        let signature = shown.text("signature")?.filter(|signature| !signature.is_empty());
        part.riders
            .set_signature(signature.map(|data| unseal(&data, crate::WIRE)));
    } else if let Some(hidden) = fields.text("redactedContent")? {
        part.redacted = true;
        part.riders.set_signature(Some(unhide(&hidden)));
    }
    Ok(ContentPart::Reasoning(part))
}

/// Hidden reasoning is base64 on this wire; what another vendor hid was put into it with its maker's name.
fn unhide(data: &Text) -> Signature {
    let inner = STANDARD.decode(data.as_str()).ok();
    let inner = inner.and_then(|inner| Text::from_utf8(inner.into()).ok());
    match inner.map(|inner| unseal(&inner, crate::WIRE)) {
        Some(signature) if signature.provider != *crate::WIRE => signature,
        _ => Signature::new(crate::WIRE, data.clone()),
    }
}

fn citations(fields: &mut Object<'_>) -> Result<ContentPart> {
    let mut text = String::new();
    for (at, raw) in fields.list("content")?.into_iter().enumerate() {
        let mut piece = Object::of(raw, format!("{}[{at}]", fields.path_of("content")))?;
        text.push_str(&piece.text("text")?.unwrap_or_default());
    }
    let mut part = TextPart::new(text);
    let sources = fields.take("citations").and_then(list_of).unwrap_or_default();
    part.citations = sources.into_iter().map(cited).collect();
    Ok(ContentPart::Text(part))
}

fn cited(raw: &RawValue) -> Citation {
    let mut citation = Citation::default();
    if let Ok(mut fields) = Object::of(raw, "citations") {
        citation.title = fields.text("title").ok().flatten();
    }
    citation.raw = Some(Opaque::new(crate::WIRE, Json::from_raw(raw)));
    citation
}
