//! The items that are open and done, and the events that tell of them.

use bytes::BytesMut;
use router_core::content::Riders;
use router_core::tool::ToolCallKind;
use router_core::{Text, Usage};
use serde_json::{Value, json};

use super::json::{Kind, call_item, message_item, part_of, reasoning_item, wire_usage};

/// Writes a response, whole or as events. Items are kept until the end, since the last event repeats them.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) model: Text,
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) sequence: u64,
    pub(super) items: Vec<Value>,
    pub(super) open: Option<Open>,
    pub(super) begun: bool,
}

/// The item that deltas go into.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) kind: Kind,
    pub(super) call: Option<u32>,
    pub(super) text: String,
}

impl Encoder {
    pub(super) fn new(model: Text) -> Self {
        Self {
            model,
            id: String::new(),
            created: 0,
            sequence: 0,
            items: Vec::new(),
            open: None,
            begun: false,
        }
    }

    pub(super) fn identify(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if self.id.is_empty() {
            self.id = match id {
                Some(id) if id.starts_with("resp_") => id.to_string(),
                _ => format!("resp_{:016x}", crate::chat::server::stamp()),
            };
            let now = || {
                let since = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .unwrap_or_default();
                since.as_secs() as i64
            };
            self.created = created.unwrap_or_else(now);
            if let Some(model) = model {
                self.model = model.clone();
            }
        }
    }

    pub(super) fn response(
        &self,
        status: &str,
        usage: Option<&Usage>,
        incomplete: Option<&str>,
        error: Option<Value>,
    ) -> Value {
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": error,
            "incomplete_details": incomplete.map(|reason| json!({ "reason": reason })),
            "instructions": null,
            "metadata": {},
            "model": self.model.as_str(),
            "output": self.items,
            "parallel_tool_calls": true,
            "temperature": null,
            "tool_choice": "auto",
            "tools": [],
            "top_p": null,
            "usage": usage.map(wire_usage),
        })
    }

    pub(super) fn send(&mut self, kind: &str, mut event: Value, out: &mut BytesMut) {
        event["type"] = Value::from(kind);
        event["sequence_number"] = Value::from(self.sequence);
        self.sequence += 1;
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        router_wire::write::json_line(&event, out);
        out.extend_from_slice(b"\n\n");
    }

    pub(super) fn begin(&mut self, out: &mut BytesMut) {
        self.identify(None, None, None);
        if !std::mem::replace(&mut self.begun, true) {
            let response = self.response("in_progress", None, None, None);
            self.send("response.created", json!({ "response": response }), out);
            self.send("response.in_progress", json!({ "response": response }), out);
        }
    }

    pub(super) fn item_id(&self) -> String {
        format!(
            "item_{}_{}",
            self.id.trim_start_matches("resp_"),
            self.items.len()
        )
    }

    /// Opens an item of a kind, closing another that is open.
    pub(super) fn open(&mut self, kind: Kind, out: &mut BytesMut) {
        if self.open.as_ref().is_some_and(|open| open.kind == kind) {
            return;
        }
        self.close(Riders::new(), out);
        self.begin(out);
        let (index, id) = (self.items.len(), self.item_id());
        let item = match kind {
            Kind::Reasoning => json!({ "id": id, "type": "reasoning", "summary": [] }),
            _ => {
                json!({ "id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": [] })
            }
        };
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        let part = part_of(kind, "");
        match kind {
            Kind::Reasoning => self.send(
                "response.reasoning_summary_part.added",
                json!({ "item_id": id, "output_index": index, "summary_index": 0, "part": part }),
                out,
            ),
            _ => self.send(
                "response.content_part.added",
                json!({ "item_id": id, "output_index": index, "content_index": 0, "part": part }),
                out,
            ),
        }
        self.open = Some(Open {
            kind,
            call: None,
            text: String::new(),
        });
    }

    pub(super) fn delta(&mut self, kind: Kind, text: &Text, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        self.open(kind, out);
        let (index, id) = (self.items.len(), self.item_id());
        if let Some(open) = &mut self.open {
            open.text.push_str(text);
        }
        let place =
            json!({ "item_id": id, "output_index": index, "content_index": 0, "delta": text.as_str() });
        match kind {
            Kind::Text => {
                let mut event = place;
                event["logprobs"] = json!([]);
                self.send("response.output_text.delta", event, out);
            }
            Kind::Refusal => self.send("response.refusal.delta", place, out),
            _ => {
                let event = json!({ "item_id": id, "output_index": index, "summary_index": 0, "delta": text.as_str() });
                self.send("response.reasoning_summary_text.delta", event, out);
            }
        }
    }

    pub(super) fn start_call(
        &mut self,
        call: u32,
        id: &Text,
        name: &Text,
        kind: ToolCallKind,
        out: &mut BytesMut,
    ) {
        self.close(Riders::new(), out);
        self.begin(out);
        let (index, item_id) = (self.items.len(), self.item_id());
        let custom = kind == ToolCallKind::Custom;
        let item = call_item(&item_id, id, name, "", custom, "in_progress");
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        let kind = if custom { Kind::CustomCall } else { Kind::Call };
        self.open = Some(Open {
            kind,
            call: Some(call),
            text: String::new(),
        });
        self.items.push(item);
    }

    pub(super) fn grow_call(&mut self, call: u32, arguments: &Text, out: &mut BytesMut) {
        let Some(open) = self.open.as_mut().filter(|open| open.call == Some(call)) else {
            return;
        };
        open.text.push_str(arguments);
        let kind = match open.kind {
            Kind::CustomCall => "response.custom_tool_call_input.delta",
            _ => "response.function_call_arguments.delta",
        };
        let index = self.items.len() - 1;
        let id = self.items[index]["id"].clone();
        self.send(
            kind,
            json!({ "item_id": id, "output_index": index, "delta": arguments.as_str() }),
            out,
        );
    }

    pub(super) fn close(&mut self, riders: Riders, out: &mut BytesMut) {
        let Some(Open { kind, text, .. }) = self.open.take() else {
            return;
        };
        match kind {
            Kind::Call | Kind::CustomCall => {
                let index = self.items.len() - 1;
                let custom = kind == Kind::CustomCall;
                let text = if text.trim().is_empty() && !custom {
                    "{}".to_owned()
                } else {
                    text
                };
                let item = &mut self.items[index];
                item["status"] = json!("completed");
                item[if custom { "input" } else { "arguments" }] = Value::from(text.as_str());
                let item = item.clone();
                if custom {
                    let event = json!({ "item_id": item["id"], "output_index": index, "input": text });
                    self.send("response.custom_tool_call_input.done", event, out);
                } else {
                    let event = json!({ "item_id": item["id"], "output_index": index, "name": item["name"], "arguments": text });
                    self.send("response.function_call_arguments.done", event, out);
                }
                self.send(
                    "response.output_item.done",
                    json!({ "output_index": index, "item": item }),
                    out,
                );
            }
            Kind::Reasoning => {
                let (index, id) = (self.items.len(), self.item_id());
                let place = json!({ "item_id": id, "output_index": index, "summary_index": 0 });
                let mut done = place.clone();
                done["text"] = Value::from(text.as_str());
                self.send("response.reasoning_summary_text.done", done, out);
                let mut done = place;
                done["part"] = part_of(kind, &text);
                self.send("response.reasoning_summary_part.done", done, out);
                let item = reasoning_item(&id, &text, &riders);
                self.items.push(item.clone());
                self.send(
                    "response.output_item.done",
                    json!({ "output_index": index, "item": item }),
                    out,
                );
            }
            Kind::Text | Kind::Refusal => {
                let (index, id) = (self.items.len(), self.item_id());
                let place = json!({ "item_id": id, "output_index": index, "content_index": 0 });
                let mut done = place.clone();
                if kind == Kind::Text {
                    done["text"] = Value::from(text.as_str());
                    done["logprobs"] = json!([]);
                    self.send("response.output_text.done", done, out);
                } else {
                    done["refusal"] = Value::from(text.as_str());
                    self.send("response.refusal.done", done, out);
                }
                let mut done = place;
                done["part"] = part_of(kind, &text);
                self.send("response.content_part.done", done, out);
                let item = message_item(&id, vec![part_of(kind, &text)]);
                self.items.push(item.clone());
                self.send(
                    "response.output_item.done",
                    json!({ "output_index": index, "item": item }),
                    out,
                );
            }
        }
    }

    /// An item that comes whole.
    pub(super) fn whole(&mut self, item: Value, out: &mut BytesMut) {
        self.close(Riders::new(), out);
        self.begin(out);
        let index = self.items.len();
        self.items.push(item.clone());
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        self.send(
            "response.output_item.done",
            json!({ "output_index": index, "item": item }),
            out,
        );
    }
}
