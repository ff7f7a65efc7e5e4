//! Messages as Anthropic has them.

use router_core::content::{ContentPart, MediaKind, MediaSource, Reasoning, Signature};
use router_core::{Content, Media, Message, Result, Role, Text, ToolCall, ToolResult};
use serde_json::{Value, json};

use super::{bad, text};

const MAKER: &str = "anthropic";

pub(super) fn write(messages: &[Message]) -> Value {
    let mut system = Vec::new();
    let mut out: Vec<Value> = Vec::new();
    for message in messages {
        if message.role == Role::System {
            system.push(message.text().to_string());
            continue;
        }
        let blocks: Vec<Value> = message.content.to_parts().iter().filter_map(block).collect();
        let role = if message.role == Role::Assistant {
            "assistant"
        } else {
            "user"
        };
        // Neighbours of one role are one message there.
        match out.last_mut() {
            Some(last) if last["role"] == role => {
                if let Some(content) = last["content"].as_array_mut() {
                    content.extend(blocks);
                }
            }
            _ => out.push(json!({"role": role, "content": blocks})),
        }
    }
    let mut all = json!({"messages": out});
    if !system.is_empty() {
        all["system"] = system.join("\n\n").into();
    }
    all
}

fn block(part: &ContentPart) -> Option<Value> {
    Some(match part {
        ContentPart::Text(part) => json!({"type": "text", "text": part.text.as_str()}),
        ContentPart::Refusal(part) => json!({"type": "text", "text": part.text.as_str()}),
        ContentPart::Reasoning(part) => {
            let signature = part
                .riders
                .signature()
                .filter(|signature| signature.provider == *MAKER)?;
            if part.redacted {
                json!({"type": "redacted_thinking", "data": signature.data.as_str()})
            } else {
                json!({"type": "thinking", "thinking": part.text.as_str(), "signature": signature.data.as_str()})
            }
        }
        ContentPart::ToolCall(call) => {
            let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_use", "id": call.id.as_str(), "name": call.name.as_str(), "input": input})
        }
        ContentPart::ToolResult(result) => {
            let content: Vec<Value> = result.content.to_parts().iter().filter_map(block).collect();
            json!({
                "type": "tool_result", "tool_use_id": result.call_id.as_str(), "content": content,
                "is_error": result.is_error,
            })
        }
        ContentPart::Media(media) => {
            let kind = match media.kind {
                MediaKind::Image => "image",
                MediaKind::Document => "document",
                _ => return None,
            };
            let source = match &media.source {
                MediaSource::Url(url) => json!({"type": "url", "url": url.as_str()}),
                MediaSource::Base64(data) => json!({
                    "type": "base64", "media_type": media.media_type.as_deref().unwrap_or("image/png"), "data": data.as_str(),
                }),
                MediaSource::Text(text) => {
                    json!({"type": "text", "media_type": "text/plain", "data": text.as_str()})
                }
                _ => return None,
            };
            json!({"type": kind, "source": source})
        }
        _ => return None,
    })
}

pub(super) fn read(value: &Value) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    match value.get("system") {
        Some(Value::String(text)) => messages.push(Message::system(text.as_str())),
        Some(Value::Array(blocks)) => {
            messages.push(Message::system(parts(blocks).ok_or_else(|| bad("system"))?))
        }
        _ => {}
    }
    let list = value
        .get("messages")
        .and_then(Value::as_array)
        .ok_or_else(|| bad("no list of messages"))?;
    for (at, message) in list.iter().enumerate() {
        messages.extend(one(message).ok_or_else(|| bad(format!("messages[{at}]")))?);
    }
    Ok(messages)
}

/// One message, or two: results of tools are messages of their own here.
fn one(value: &Value) -> Option<Vec<Message>> {
    let parts = match value.get("content")? {
        Value::String(text) => vec![text.as_str().into()],
        Value::Array(blocks) => parts(blocks)?,
        _ => return None,
    };
    match text(value, "role")? {
        "assistant" => Some(vec![Message::assistant(content(parts))]),
        "user" => {
            let (results, said): (Vec<_>, Vec<_>) = parts
                .into_iter()
                .partition(|part| matches!(part, ContentPart::ToolResult(_)));
            let mut messages = Vec::new();
            if !results.is_empty() {
                messages.push(Message::new(Role::Tool, results));
            }
            if !said.is_empty() {
                messages.push(Message::user(content(said)));
            }
            Some(messages)
        }
        _ => None,
    }
}

fn content(parts: Vec<ContentPart>) -> Content {
    match parts.as_slice() {
        [ContentPart::Text(part)] => Content::Text(part.text.clone()),
        _ => Content::from(parts),
    }
}

fn parts(blocks: &[Value]) -> Option<Vec<ContentPart>> {
    blocks.iter().map(part).collect()
}

fn part(value: &Value) -> Option<ContentPart> {
    let signed = |data: &str| Signature::new(MAKER, data);
    Some(match text(value, "type")? {
        "text" => text(value, "text")?.into(),
        "thinking" => Reasoning::new(text(value, "thinking")?)
            .with_signature(signed(text(value, "signature")?))
            .into(),
        "redacted_thinking" => {
            let mut reasoning = Reasoning::default().with_signature(signed(text(value, "data")?));
            reasoning.redacted = true;
            reasoning.into()
        }
        "tool_use" => ToolCall::new(
            text(value, "id")?,
            text(value, "name")?,
            value.get("input")?.to_string(),
        )
        .into(),
        "tool_result" => {
            let inner = match value.get("content") {
                Some(Value::String(text)) => Content::from(text.as_str()),
                Some(Value::Array(blocks)) => content(parts(blocks)?),
                _ => Content::Text(Text::new()),
            };
            let mut result = ToolResult::new(text(value, "tool_use_id")?, inner);
            result.is_error = value["is_error"] == true;
            result.into()
        }
        kind @ ("image" | "document") => {
            let kind = if kind == "image" {
                MediaKind::Image
            } else {
                MediaKind::Document
            };
            let source = value.get("source")?;
            match text(source, "type")? {
                "url" => Media::url(kind, text(source, "url")?).into(),
                "base64" => Media::base64(kind, text(source, "media_type")?, text(source, "data")?).into(),
                "text" => Media::new(kind, MediaSource::Text(text(source, "data")?.into())).into(),
                _ => return None,
            }
        }
        _ => return None,
    })
}
