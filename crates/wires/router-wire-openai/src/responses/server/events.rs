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
    open: Option<Open>,
    calls: Vec<OpenCall>,
    pub(super) begun: bool,
}

/// The item that deltas go into.
#[derive(Debug)]
struct Open {
    kind: Kind,
    text: String,
    annotations: Vec<Value>,
}

/// A call that is not whole yet. Several may be: their pieces come in turns.
#[derive(Debug)]
struct OpenCall {
    call: u32,
    /// Its place among the items.
    index: usize,
    custom: bool,
    arguments: String,
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
            calls: Vec::new(),
            begun: false,
        }
    }

    pub(super) fn identify(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if self.id.is_empty() {
            self.id = match id {
                Some(id) if id.starts_with("resp_") => id.to_string(),
                _ => format!("resp_{:016x}", crate::stamp::stamp()),
            };
            self.created = created.unwrap_or_else(crate::stamp::seconds);
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
        self.close(&Riders::new(), out);
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
            Kind::Text | Kind::Refusal => self.send(
                "response.content_part.added",
                json!({ "item_id": id, "output_index": index, "content_index": 0, "part": part }),
                out,
            ),
        }
        self.open = Some(Open {
            kind,
            text: String::new(),
            annotations: Vec::new(),
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
            Kind::Reasoning => {
                let event = json!({ "item_id": id, "output_index": index, "summary_index": 0, "delta": text.as_str() });
                self.send("response.reasoning_summary_text.delta", event, out);
            }
        }
    }

    /// A note on the text that is open.
    pub(super) fn cite(&mut self, annotation: Value, out: &mut BytesMut) {
        self.open(Kind::Text, out);
        let (index, id) = (self.items.len(), self.item_id());
        let Some(open) = &mut self.open else { return };
        let event = json!({
            "item_id": id, "output_index": index, "content_index": 0,
            "annotation_index": open.annotations.len(), "annotation": annotation,
        });
        open.annotations.push(annotation);
        self.send("response.output_text.annotation.added", event, out);
    }

    pub(super) fn start_call(
        &mut self,
        call: u32,
        id: &Text,
        name: &Text,
        kind: ToolCallKind,
        out: &mut BytesMut,
    ) {
        self.close(&Riders::new(), out);
        self.begin(out);
        let (index, item_id) = (self.items.len(), self.item_id());
        let custom = kind == ToolCallKind::Custom;
        let item = call_item(&item_id, id, name, "", custom, "in_progress");
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        self.calls.push(OpenCall {
            call,
            index,
            custom,
            arguments: String::new(),
        });
        self.items.push(item);
    }

    pub(super) fn grow_call(&mut self, call: u32, arguments: &Text, out: &mut BytesMut) {
        let Some(open) = self.calls.iter_mut().find(|open| open.call == call) else {
            return;
        };
        open.arguments.push_str(arguments);
        let kind = if open.custom {
            "response.custom_tool_call_input.delta"
        } else {
            "response.function_call_arguments.delta"
        };
        let index = open.index;
        let id = self.items[index]["id"].clone();
        let event = json!({ "item_id": id, "output_index": index, "delta": arguments.as_str() });
        self.send(kind, event, out);
    }

    pub(super) fn end_call(&mut self, call: u32, out: &mut BytesMut) {
        let Some(place) = self.calls.iter().position(|open| open.call == call) else {
            return;
        };
        let open = self.calls.remove(place);
        let (index, custom, mut text) = (open.index, open.custom, open.arguments);
        if text.trim().is_empty() && !custom {
            "{}".clone_into(&mut text);
        }
        let item = &mut self.items[index];
        item["status"] = json!("completed");
        item[if custom { "input" } else { "arguments" }] = Value::from(text.as_str());
        let item = item.clone();
        let mut event = json!({ "item_id": item["id"], "output_index": index });
        if custom {
            event["input"] = Value::from(text);
            self.send("response.custom_tool_call_input.done", event, out);
        } else {
            event["name"] = item["name"].clone();
            event["arguments"] = Value::from(text);
            self.send("response.function_call_arguments.done", event, out);
        }
        self.send(
            "response.output_item.done",
            json!({ "output_index": index, "item": item }),
            out,
        );
    }

    /// Ends all calls that nobody has ended.
    pub(super) fn end_calls(&mut self, out: &mut BytesMut) {
        while let Some(open) = self.calls.first() {
            self.end_call(open.call, out);
        }
    }

    /// Whether a text, a refusal or a thought is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn close(&mut self, riders: &Riders, out: &mut BytesMut) {
        let Some(Open {
            kind,
            text,
            annotations,
        }) = self.open.take()
        else {
            return;
        };
        match kind {
            Kind::Reasoning => {
                let (index, id) = (self.items.len(), self.item_id());
                let place = json!({ "item_id": id, "output_index": index, "summary_index": 0 });
                let mut done = place.clone();
                done["text"] = Value::from(text.as_str());
                self.send("response.reasoning_summary_text.done", done, out);
                let mut done = place;
                done["part"] = part_of(kind, &text);
                self.send("response.reasoning_summary_part.done", done, out);
                let item = reasoning_item(&id, &text, riders);
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
                let mut part = part_of(kind, &text);
                if kind == Kind::Text {
                    part["annotations"] = Value::Array(annotations);
                }
                done["part"] = part.clone();
                self.send("response.content_part.done", done, out);
                let item = message_item(&id, vec![part]);
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
        self.close(&Riders::new(), out);
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
