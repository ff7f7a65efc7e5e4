//! The messages of a request.

use std::collections::HashSet;

use router_core::content::{Media, MediaKind, MediaSource, Refusal, TextPart};
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{
    CacheMark, Content, ContentPart, Extra, Json, Message, Result, Text, ToolCall, ToolResult,
};
use router_wire::media_type;
use router_wire::object::{Object, invalid, is_string, list_of};
use serde_json::value::RawValue;

use super::reasoning::{as_thought, sign_call, thoughts};
use super::request::read;
use crate::chat::WIRE;

pub(super) fn messages(body: &mut Object<'_>) -> Result<Vec<Message>> {
    let rows = body.list("messages")?;
    if rows.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    let mut messages: Vec<Message> = Vec::with_capacity(rows.len());
    let mut called: HashSet<Text> = HashSet::new();
    for (at, raw) in rows.into_iter().enumerate() {
        let message = message(Object::of(raw, format!("messages[{at}]"))?)?;
        for part in message.content.parts() {
            match part {
                ContentPart::ToolCall(call) => {
                    called.insert(call.id.clone());
                }
                ContentPart::ToolResult(result) if !called.contains(&result.call_id) => {
                    let what = "messages with role 'tool' must answer a tool call of an earlier message";
                    return Err(invalid(&format!("messages[{at}].tool_call_id"), what));
                }
                _ => {}
            }
        }
        messages.push(message);
    }
    Ok(messages)
}

fn message(mut fields: Object<'_>) -> Result<Message> {
    let word = fields.required_text("role")?;
    let content = fields.take("content");
    let name = fields.text("name")?;
    let path = fields.path_of("content");
    let mut message = match word.as_str() {
        "system" | "developer" => Message::new(Role::System, required(content, &path)?),
        "user" => Message::new(Role::User, required(content, &path)?),
        "assistant" => Message::new(Role::Assistant, assistant(content, &path, &mut fields)?),
        "tool" => {
            let mut result =
                ToolResult::new(fields.required_text("tool_call_id")?, required(content, &path)?);
            result.name.clone_from(&name);
            let mut message = Message::tool([result]);
            if let Some(name) = name {
                message.extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("name"),
                    Json::of(&name)?,
                );
            }
            merge(&mut message.extra, fields.rest(WIRE));
            return Ok(message);
        }
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of system, developer, user, assistant, tool",
            ));
        }
    };
    message.name = name;
    message.extra = fields.rest(WIRE);
    if word == "developer" {
        message.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("role"),
            Json::of(&word)?,
        );
    }
    Ok(message)
}

fn merge(extra: &mut Extra, more: Extra) {
    for (name, value) in more.for_wire(WIRE) {
        extra.insert(Text::from_static(WIRE), name, value.clone());
    }
}

fn required(raw: Option<&RawValue>, path: &str) -> Result<Content> {
    content(raw.ok_or_else(|| invalid(path, "is required"))?, path)
}

fn content(raw: &RawValue, path: &str) -> Result<Content> {
    if is_string(raw) {
        return read::<Text>(raw, path).map(Content::Text);
    }
    let rows = list_of(raw).ok_or_else(|| invalid(path, "must be a string or a list of parts"))?;
    let parts = rows
        .into_iter()
        .enumerate()
        .map(|(at, raw)| part(Object::of(raw, format!("{path}[{at}]"))?, raw));
    Ok(Content::from(parts.collect::<Result<Vec<_>>>()?))
}

fn part(mut fields: Object<'_>, raw: &RawValue) -> Result<ContentPart> {
    let kind = fields.required_text("type")?;
    let mark = match fields.object("cache_control")? {
        Some(mut mark) => {
            let mut cache = CacheMark::new();
            cache.ttl = mark.text("ttl")?;
            Some(cache)
        }
        None => None,
    };
    let mut part = match kind.as_str() {
        "text" => ContentPart::Text(TextPart::new(fields.required_text("text")?)),
        "refusal" => {
            return Ok(ContentPart::Refusal(Refusal::new(
                fields.required_text("refusal")?,
            )));
        }
        "image_url" => {
            let path = fields.path_of("image_url");
            // Mistral documents an address alone, and OpenAI takes one too.
            if let Some(raw) = fields.peek("image_url").filter(|raw| is_string(raw)) {
                fields.take("image_url");
                ContentPart::Media(by_url(MediaKind::Image, &read(raw, &path)?, &path)?)
            } else {
                let mut image = inner(&mut fields, "image_url")?;
                let mut media = by_url(MediaKind::Image, &image.required_text("url")?, &path)?;
                media.detail = image.text("detail")?;
                fields.keep("image_url", image);
                ContentPart::Media(media)
            }
        }
        "video_url" => {
            let path = fields.path_of("video_url");
            let mut video = inner(&mut fields, "video_url")?;
            let url = video.required_text("url")?;
            fields.keep("video_url", video);
            ContentPart::Media(by_url(MediaKind::Video, &url, &path)?)
        }
        // Mistral's form: the sound alone, or its address.
        "input_audio" if fields.peek("input_audio").is_some_and(is_string) => {
            let path = fields.path_of("input_audio");
            let data = fields.required_text("input_audio")?;
            if data.starts_with("http") || data.starts_with("data:") {
                ContentPart::Media(by_url(MediaKind::Audio, &data, &path)?)
            } else {
                let mut media = checked(Media::base64(MediaKind::Audio, "", data), &path)?;
                let kind = media.decode().and_then(|bytes| media_type::of_bytes(&bytes));
                media.media_type = Some(Text::from_static(kind.unwrap_or("audio/wav")));
                ContentPart::Media(media)
            }
        }
        // Mistral's form of a document.
        "document_url" => {
            let path = fields.path_of("document_url");
            let url = fields.required_text("document_url")?;
            let mut media = by_url(MediaKind::Document, &url, &path)?;
            media.name = fields.text("document_name")?;
            ContentPart::Media(media)
        }
        "input_audio" => {
            let path = fields.path_of("input_audio");
            let mut audio = inner(&mut fields, "input_audio")?;
            let format = audio.required_text("format")?;
            let data = audio.required_text("data")?;
            fields.keep("input_audio", audio);
            let media_type = if format == "mp3" {
                "audio/mpeg".to_owned()
            } else {
                format!("audio/{format}")
            };
            ContentPart::Media(checked(Media::base64(MediaKind::Audio, media_type, data), &path)?)
        }
        "file" => {
            let path = fields.path_of("file");
            let mut file = inner(&mut fields, "file")?;
            let name = file.text("filename")?;
            let mut media = match (file.text("file_id")?, file.text("file_data")?) {
                (Some(id), _) => Media::new(MediaKind::Document, MediaSource::File(id)),
                (None, Some(data)) => by_url(MediaKind::Document, &data, &path)?,
                (None, None) => return Err(invalid(&path, "needs file_id or file_data")),
            };
            fields.keep("file", file);
            media.name = name;
            ContentPart::Media(media)
        }
        _ => {
            return Ok(ContentPart::Opaque(router_core::content::Opaque::new(
                crate::WIRE,
                Json::from_raw(raw),
            )));
        }
    };
    if let Some(riders) = part.riders_mut() {
        riders.set_cache(mark);
        riders.set_extra(fields.rest(WIRE));
    }
    Ok(part)
}

/// An object of the part that must be there.
fn inner<'a>(fields: &mut Object<'a>, name: &str) -> Result<Object<'a>> {
    let path = fields.path_of(name);
    fields.object(name)?.ok_or_else(|| invalid(&path, "is required"))
}

fn by_url(kind: MediaKind, url: &Text, path: &str) -> Result<Media> {
    match Media::from_data_url(kind, url) {
        Some(media) => checked(media, path),
        None if url.starts_with("data:") => Err(invalid(path, "is not a base64 data URL")),
        None => Ok(Media::url(kind, url)),
    }
}

fn checked(media: Media, path: &str) -> Result<Media> {
    if media.decode().is_none() {
        Err(invalid(path, "is not valid base64"))
    } else {
        Ok(media)
    }
}

fn assistant(raw: Option<&RawValue>, path: &str, fields: &mut Object<'_>) -> Result<Content> {
    let mut said = raw.map(|raw| content(raw, path)).transpose()?;
    if let Some(Content::Parts(parts)) = &mut said {
        std::sync::Arc::make_mut(parts).iter_mut().for_each(as_thought);
    }
    let thoughts = thoughts(fields)?;
    let refusal = fields.text("refusal")?;
    let calls = fields.list("tool_calls")?;
    if thoughts.is_empty() && refusal.is_none() && calls.is_empty() {
        return said.ok_or_else(|| invalid(path, "is required where there are no tool calls"));
    }
    let mut parts = thoughts;
    match said {
        Some(Content::Text(text)) if text.is_empty() && !calls.is_empty() => {
            parts.push(ContentPart::text(text));
        }
        Some(said) => parts.extend(said.to_parts()),
        None => {}
    }
    parts.extend(refusal.map(|text| ContentPart::Refusal(Refusal::new(text))));
    let path = fields.path_of("tool_calls");
    for (at, raw) in calls.into_iter().enumerate() {
        parts.push(ContentPart::ToolCall(tool_call(Object::of(
            raw,
            format!("{path}[{at}]"),
        )?)?));
    }
    Ok(Content::from(parts))
}

fn tool_call(mut fields: Object<'_>) -> Result<ToolCall> {
    let id = fields.required_text("id")?;
    fields.take("type");
    let mut call = if let Some(mut custom) = fields.object("custom")? {
        let mut call = ToolCall::new(
            id,
            custom.required_text("name")?,
            custom.text("input")?.unwrap_or_default(),
        );
        call.kind = ToolCallKind::Custom;
        fields.keep("custom", custom);
        call
    } else {
        let path = fields.path_of("function");
        let mut function = inner(&mut fields, "function")?;
        let name = function.required_text("name")?;
        let arguments = match function.take("arguments") {
            Some(raw) if is_string(raw) => read::<Text>(raw, &path)?,
            Some(raw) => Text::from(raw.get()),
            None => Text::from_static("{}"),
        };
        fields.keep("function", function);
        ToolCall::new(id, name, arguments)
    };
    sign_call(&mut call.riders, fields.rest(WIRE));
    Ok(call)
}
