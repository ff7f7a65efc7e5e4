//! Messages as OpenAI's chat completions have them.

use router_core::content::{ContentPart, MediaKind};
use router_core::{Content, Media, Message, Result, Role, Text, ToolCall, ToolResult};
use serde_json::{Value, json};

use super::{bad, text};
use router_core::content::MediaSource;

pub(super) fn write(messages: &[Message]) -> Value {
    let mut out = Vec::with_capacity(messages.len());
    for message in messages {
        let parts = message.content.to_parts();
        let results = parts.iter().filter_map(|part| match part {
            ContentPart::ToolResult(result) => Some(json!({
                "role": "tool", "tool_call_id": result.call_id.as_str(), "content": result.content.joined_text().as_str(),
            })),
            _ => None,
        });
        out.extend(results);
        let content: Vec<Value> = parts.iter().filter_map(content).collect();
        let calls: Vec<Value> = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::ToolCall(call) => Some(json!({
                    "id": call.id.as_str(), "type": "function",
                    "function": {"name": call.name.as_str(), "arguments": call.arguments.as_str()},
                })),
                _ => None,
            })
            .collect();
        if content.is_empty() && calls.is_empty() {
            continue;
        }
        let role = match message.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        let plain = content.iter().all(|part| part["type"] == "text");
        let content = match (content.is_empty(), plain) {
            (true, _) => Value::Null,
            (false, true) => Value::from(message.text().as_str()),
            (false, false) => Value::from(content),
        };
        let mut entry = json!({"role": role, "content": content});
        if !calls.is_empty() {
            entry["tool_calls"] = calls.into();
        }
        if let Some(name) = &message.name {
            entry["name"] = name.as_str().into();
        }
        out.push(entry);
    }
    out.into()
}

fn content(part: &ContentPart) -> Option<Value> {
    match part {
        ContentPart::Text(part) => Some(json!({"type": "text", "text": part.text.as_str()})),
        ContentPart::Refusal(part) => Some(json!({"type": "text", "text": part.text.as_str()})),
        ContentPart::Media(media) if media.kind == MediaKind::Image => {
            let url = match &media.source {
                MediaSource::Url(url) => url.to_string(),
                _ => media.to_data_url()?,
            };
            Some(json!({"type": "image_url", "image_url": {"url": url}}))
        }
        _ => None,
    }
}

pub(super) fn read(value: &Value) -> Result<Vec<Message>> {
    let list = value
        .get("messages")
        .unwrap_or(value)
        .as_array()
        .ok_or_else(|| bad("no list of messages"))?;
    list.iter()
        .enumerate()
        .map(|(at, message)| one(message).ok_or_else(|| bad(format!("messages[{at}]"))))
        .collect()
}

fn one(value: &Value) -> Option<Message> {
    let mut parts: Vec<ContentPart> = Vec::new();
    match value.get("content") {
        Some(Value::String(text)) if !text.is_empty() => parts.push(text.as_str().into()),
        Some(Value::Array(list)) => {
            for part in list {
                parts.push(match text(part, "type")? {
                    "text" => text(part, "text")?.into(),
                    "image_url" => {
                        let url = Text::from(text(part.get("image_url")?, "url")?);
                        Media::from_data_url(MediaKind::Image, &url)
                            .unwrap_or_else(|| Media::image_url(url))
                            .into()
                    }
                    _ => return None,
                });
            }
        }
        _ => {}
    }
    for call in value
        .get("tool_calls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let function = call.get("function")?;
        parts.push(
            ToolCall::new(
                text(call, "id")?,
                text(function, "name")?,
                text(function, "arguments")?,
            )
            .into(),
        );
    }
    let content = match parts.as_slice() {
        [ContentPart::Text(part)] => Content::Text(part.text.clone()),
        [] => Content::Text(Text::new()),
        _ => Content::from(parts),
    };
    let message = match text(value, "role")? {
        "system" | "developer" => Message::system(content),
        "user" => Message::user(content),
        "assistant" => Message::assistant(content),
        "tool" => Message::tool([ToolResult::new(text(value, "tool_call_id")?, content)]),
        _ => return None,
    };
    Some(match text(value, "name") {
        Some(name) => message.with_name(name),
        None => message,
    })
}
