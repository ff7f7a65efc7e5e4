//! Items as they begin and end: what deltas did not tell, and what the vendor wants back.

use router_core::chat::Logprobs;
use router_core::content::{Citation, MediaKind, Opaque, Riders};
use router_core::stream::PartKind;
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{Extra, Json, Media, Signature, StreamEvent, Text};
use router_wire::Events;
use router_wire::lenient::Str;
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

use super::{Local, ResponsesStreamDecoder};
use crate::responses::wire::{Annotation, Part};
use crate::responses::{LOCAL_TOOLS, WIRE};

impl ResponsesStreamDecoder {
    pub(super) fn added(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        let Ok(mut fields) = Object::of(raw, "item") else {
            return;
        };
        let kind = word(&mut fields, "type");
        if matches!(kind.as_deref(), Some("function_call" | "custom_tool_call"))
            && self.item(index).call.is_none()
        {
            self.start_call(
                index,
                &mut fields,
                kind.as_deref() == Some("custom_tool_call"),
                events,
            );
        }
    }

    fn start_call(&mut self, index: u64, fields: &mut Object<'_>, custom: bool, events: &mut Events) -> u32 {
        let call = self.calls;
        self.calls += 1;
        self.item(index).call = Some(call);
        let id = word(fields, "call_id").unwrap_or_else(|| Text::from(format!("call_{call}")));
        let name = word(fields, "name").unwrap_or_default();
        let kind = if custom {
            ToolCallKind::Custom
        } else {
            ToolCallKind::Function
        };
        events.push_back(StreamEvent::ToolCallStart {
            choice: 0,
            call,
            id,
            name,
            kind,
        });
        call
    }

    /// A finished item: what its deltas did not tell, and what the vendor wants back.
    pub(super) fn finished(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        let Ok(mut fields) = Object::of(raw, "item") else {
            return;
        };
        if std::mem::replace(&mut self.item(index).done, true) {
            return;
        }
        let kind = word(&mut fields, "type").unwrap_or_default();
        match kind.as_str() {
            "message" => self.message(index, fields, events),
            "reasoning" => self.reasoning(index, raw, fields, events),
            "function_call" | "custom_tool_call" => {
                let custom = kind == "custom_tool_call";
                let arguments = word(&mut fields, if custom { "input" } else { "arguments" });
                let call = match self.item(index).call {
                    Some(call) => {
                        fields.take("call_id");
                        fields.take("name");
                        call
                    }
                    None => self.start_call(index, &mut fields, custom, events),
                };
                if let Some(arguments) = arguments.filter(|_| !self.item(index).arguments) {
                    events.push_back(StreamEvent::ToolCallDelta {
                        choice: 0,
                        call,
                        arguments,
                    });
                }
                let riders = Riders::new().with_extra(fields.rest(WIRE));
                events.push_back(StreamEvent::ToolCallEnd {
                    choice: 0,
                    call,
                    riders,
                });
            }
            other => self.other(other, raw, fields, events),
        }
    }

    fn message(&mut self, index: u64, mut fields: Object<'_>, events: &mut Events) {
        let parts = fields.take("content").and_then(list_of).unwrap_or_default();
        fields.take("role");
        let mut riders = Some(Riders::new().with_extra(message_mark(fields)));
        for part in parts
            .into_iter()
            .filter_map(|raw| serde_json::from_str::<Part<'_>>(raw.get()).ok())
        {
            match part.kind.filled().unwrap_or_default() {
                "output_text" | "text" => {
                    let text = part.text.to_text().unwrap_or_default();
                    if !self.item(index).text && !text.is_empty() {
                        events.push_back(StreamEvent::TextDelta { choice: 0, text });
                    }
                    for citation in part
                        .annotations
                        .0
                        .into_iter()
                        .filter_map(|raw| self.citation(raw))
                    {
                        events.push_back(StreamEvent::Citation {
                            choice: 0,
                            citation: Box::new(citation),
                        });
                    }
                    if !part.logprobs.0.is_empty() {
                        let logprobs = Box::new(Logprobs::of_content(crate::logprobs::read(part.logprobs)));
                        events.push_back(StreamEvent::Logprobs { choice: 0, logprobs });
                    }
                    let riders = riders.take().unwrap_or_default();
                    events.push_back(StreamEvent::PartEnd {
                        choice: 0,
                        kind: PartKind::Text,
                        riders,
                    });
                }
                "refusal" => {
                    self.refused = true;
                    if let Some(text) = part.refusal.to_text().filter(|_| !self.item(index).refusal) {
                        events.push_back(StreamEvent::RefusalDelta { choice: 0, text });
                    }
                    events.push_back(StreamEvent::PartEnd {
                        choice: 0,
                        kind: PartKind::Refusal,
                        riders: Riders::new(),
                    });
                }
                _ => {}
            }
        }
    }

    fn reasoning(&mut self, index: u64, raw: &RawValue, mut fields: Object<'_>, events: &mut Events) {
        if self.item(index).reasoning.is_none() {
            let joined = |name: &str, fields: &mut Object<'_>| -> String {
                let parts = fields.take(name).and_then(list_of).unwrap_or_default();
                let parts = parts
                    .into_iter()
                    .filter_map(|raw| serde_json::from_str::<Part<'_>>(raw.get()).ok());
                parts
                    .filter_map(|part| part.text.0.map(std::borrow::Cow::into_owned))
                    .collect()
            };
            let full = joined("content", &mut fields);
            let text = if full.is_empty() {
                joined("summary", &mut fields)
            } else {
                full
            };
            if !text.is_empty() {
                events.push_back(StreamEvent::ReasoningDelta {
                    choice: 0,
                    text: Text::from(text),
                });
            }
        }
        let mut riders = Riders::new().with_extra(item_extra(raw));
        if let Some(data) = word(&mut fields, "encrypted_content") {
            riders.set_signature(Some(Signature::new(self.speaker.provider(), data)));
        }
        events.push_back(StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Reasoning,
            riders,
        });
    }

    fn other(&mut self, kind: &str, raw: &RawValue, mut fields: Object<'_>, events: &mut Events) {
        let json = Json::from_raw(raw);
        if let Some((_, name, field)) = LOCAL_TOOLS.iter().find(|(known, _, _)| *known == kind) {
            let arguments = fields
                .take(field)
                .map_or_else(|| Text::from_static("{}"), |raw| Text::from(raw.get()));
            let call_id = word(&mut fields, "call_id").unwrap_or_default();
            self.local.push(Local {
                call_id,
                name,
                arguments,
                raw: json,
            });
            return;
        }
        if let Some(name) = kind.strip_suffix("_call") {
            if name == "image_generation"
                && let Some(data) = word(&mut fields, "result")
            {
                let format = word(&mut fields, "output_format").unwrap_or_else(|| Text::from_static("png"));
                let media = Media::base64(MediaKind::Image, format!("image/{format}"), data);
                events.push_back(StreamEvent::Media {
                    choice: 0,
                    media: Box::new(media),
                });
            }
            let name = if name == "mcp" {
                word(&mut fields, "name").unwrap_or_default()
            } else {
                Text::from(name)
            };
            let mut call = ServerToolCall::new(self.speaker.provider(), name, json);
            call.id = word(&mut fields, "id");
            call.arguments = word(&mut fields, "arguments");
            events.push_back(StreamEvent::ServerToolCall {
                choice: 0,
                call: Box::new(call),
            });
            return;
        }
        if kind.ends_with("_call_output") {
            self.outputs.extend(word(&mut fields, "call_id"));
        }
        let part = Box::new(Opaque::new(self.speaker.provider(), json));
        events.push_back(StreamEvent::Opaque { choice: 0, part });
    }

    fn citation(&self, raw: &RawValue) -> Option<Citation> {
        let annotation: Annotation<'_> = serde_json::from_str(raw.get()).ok()?;
        let mut citation = Citation::default();
        citation.url = annotation.url.to_text();
        citation.title = annotation
            .title
            .to_text()
            .or_else(|| annotation.filename.to_text());
        citation.range = annotation.start_index.count().zip(annotation.end_index.count());
        citation.raw = Some(Opaque::new(self.speaker.provider(), Json::from_raw(raw)));
        Some(citation)
    }
}

fn word(fields: &mut Object<'_>, name: &str) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(fields.take(name)?.get())
        .ok()?
        .to_text()
}

/// The whole item, to be sent back as it was.
fn item_extra(raw: &RawValue) -> Extra {
    Extra::of(
        Text::from_static(WIRE),
        vec![(Text::from_static("item"), Json::from_raw(raw))],
    )
}

/// The fields of a message item that belong to it and not to its parts, in one field of its first part.
fn message_mark(fields: Object<'_>) -> Extra {
    let rest = fields.rest(WIRE);
    let fields: serde_json::Map<String, serde_json::Value> = rest
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_value()))
        .collect();
    Extra::of(
        Text::from_static(WIRE),
        vec![(
            Text::from_static("message"),
            Json::from(serde_json::Value::Object(fields)),
        )],
    )
}
