//! Items as they begin and end: what deltas did not tell, and what the vendor wants back.

use router_core::content::{MediaKind, Opaque, Riders};
use router_core::stream::PartKind;
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{Json, Media, Signature, StreamEvent, Text};
use router_wire::Events;
use router_wire::lenient::Str;
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

use super::{ResponsesStreamDecoder, begins};
use crate::responses::WIRE;
use crate::responses::local::LocalTool;
use crate::responses::riders::{ITEM, PARAGRAPH, PROVIDER, with};

impl ResponsesStreamDecoder {
    pub(super) fn added(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        let Ok(mut fields) = Object::of(raw, "item") else {
            return;
        };
        let kind = word(&mut fields, "type").unwrap_or_default();
        self.settle(&kind, events);
        match kind.as_str() {
            "message" => {
                self.item(index).begun = Some(Text::from(raw.get()));
                begins(word(&mut fields, "id"), events);
            }
            "reasoning" => begins(word(&mut fields, "id"), events),
            "function_call" | "custom_tool_call" if self.item(index).call.is_none() => {
                begins(word(&mut fields, "id"), events);
                self.start_call(index, &mut fields, kind == "custom_tool_call", events);
            }
            _ => {}
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
        events.push_back(StreamEvent::tool_call_start(0, call, id, name, kind));
        call
    }

    pub(super) fn finished(&mut self, index: u64, raw: &RawValue, events: &mut Events) {
        let Ok(mut fields) = Object::of(raw, "item") else {
            return;
        };
        if std::mem::replace(&mut self.item(index).done, true) {
            return;
        }
        let kind = word(&mut fields, "type").unwrap_or_default();
        self.settle(&kind, events);
        match kind.as_str() {
            "message" => self.message(index, fields, events),
            "reasoning" => self.reasoning(index, fields, events),
            "function_call" | "custom_tool_call" => {
                self.call(index, fields, kind == "custom_tool_call", events);
            }
            other => match LocalTool::of_call(other) {
                Some(tool) => self.local_call(tool, raw, fields, events),
                None => self.other(other, raw, fields, events),
            },
        }
    }

    fn call(&mut self, index: u64, mut fields: Object<'_>, custom: bool, events: &mut Events) {
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

    fn reasoning(&mut self, index: u64, mut fields: Object<'_>, events: &mut Events) {
        let told = self.item(index).thought.is_some();
        // OpenRouter ends a thought behind the beginning of the text: what was told is not told again.
        if told && self.items.last().is_some_and(|last| last.index != index) {
            fields.take("content");
            fields.take("summary");
        }
        let text = ["content", "summary"].into_iter().find_map(|name| {
            let text = paragraphs(fields.peek(name)?);
            (!text.is_empty()).then_some(text)
        });
        if let Some(text) = text.filter(|_| !told) {
            events.push_back(StreamEvent::ReasoningDelta {
                choice: 0,
                text: Text::from(text),
            });
        }
        let sealed = word(&mut fields, "encrypted_content");
        let maker = Json::string(self.speaker.provider().as_str());
        let mut riders = Riders::new().with_extra(with(fields.rest(WIRE), PROVIDER, maker));
        riders.set_signature(sealed.map(|data| Signature::new(self.speaker.provider(), data)));
        events.push_back(StreamEvent::PartEnd {
            choice: 0,
            kind: PartKind::Reasoning,
            riders,
        });
    }

    fn other(&mut self, kind: &str, raw: &RawValue, mut fields: Object<'_>, events: &mut Events) {
        let json = Json::from_raw(raw);
        if let Some(name) = kind.strip_suffix("_call") {
            if name == "image_generation"
                && let Some(data) = word(&mut fields, "result")
            {
                let format = word(&mut fields, "output_format").unwrap_or_else(|| Text::from_static("png"));
                let mut media = Media::base64(MediaKind::Image, format!("image/{format}"), data);
                // The call goes back, and the picture in it.
                let of = Json::string(kind);
                media.riders.set_extra(with(Default::default(), ITEM, of));
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
        if let Some(call_id) = word(&mut fields, "call_id").filter(|_| LocalTool::is_output(kind)) {
            self.local_output(&call_id, events);
        }
        let part = Box::new(Opaque::new(self.speaker.provider(), json));
        events.push_back(StreamEvent::Opaque { choice: 0, part });
    }
}

/// The texts of a list, a blank line between them.
fn paragraphs(raw: &RawValue) -> String {
    let parts = list_of(raw).unwrap_or_default().into_iter();
    let texts = parts.filter_map(|raw| Object::lenient(Some(raw)).word("text"));
    texts.collect::<Vec<_>>().join(PARAGRAPH)
}

pub(super) fn word(fields: &mut Object<'_>, name: &str) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(fields.take(name)?.get())
        .ok()?
        .to_text()
}
