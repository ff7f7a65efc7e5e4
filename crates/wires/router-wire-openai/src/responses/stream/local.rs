//! Calls of the vendor's own tools that either side may run.
//!
//! Who does is told by the call's environment, or by whether the result stands in the same answer.

use router_core::content::Riders;
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{Extra, Json, StreamEvent, Text};
use router_wire::Events;
use router_wire::object::Object;
use serde_json::value::RawValue;

use super::ResponsesStreamDecoder;
use super::items::word;
use crate::responses::local::LocalTool;
use crate::responses::riders::{ITEM, with};

/// A call of which it is not known yet who runs it.
#[derive(Debug)]
pub(super) struct Local {
    call_id: Text,
    name: &'static str,
    arguments: Text,
    raw: Json,
}

impl ResponsesStreamDecoder {
    /// An item of this type comes behind calls: a model that goes on before their results come has left them to the caller.
    pub(super) fn settle(&mut self, kind: &str, events: &mut Events) {
        if !self.local.is_empty() && LocalTool::of_call(kind).is_none() && !LocalTool::is_output(kind) {
            self.settle_all(events);
        }
    }

    pub(super) fn settle_all(&mut self, events: &mut Events) {
        for call in std::mem::take(&mut self.local) {
            self.of_caller(call, events);
        }
    }

    pub(super) fn local_call(
        &mut self,
        tool: &'static LocalTool,
        raw: &RawValue,
        mut fields: Object<'_>,
        events: &mut Events,
    ) {
        let arguments = fields.take_any(&[tool.arguments, "actions"]);
        let call = Local {
            call_id: word(&mut fields, "call_id")
                .or_else(|| word(&mut fields, "id"))
                .unwrap_or_default(),
            name: tool.name,
            arguments: arguments.map_or_else(|| Text::from_static("{}"), |raw| Text::from(raw.get())),
            raw: Json::from_raw(raw),
        };
        let environment = fields.object("environment").ok().flatten();
        let place = environment
            .and_then(|mut environment| word(&mut environment, "type"))
            .or_else(|| word(&mut fields, "execution"));
        match place.as_deref() {
            Some("local" | "client") => self.of_caller(call, events),
            Some(_) => self.of_vendor(call, events),
            None => self.local.push(call),
        }
    }

    /// The result of a call stands in the answer, so the vendor ran it.
    pub(super) fn local_output(&mut self, call_id: &str, events: &mut Events) {
        if let Some(at) = self.local.iter().position(|call| call.call_id == *call_id) {
            let call = self.local.remove(at);
            self.of_vendor(call, events);
        }
    }

    fn of_vendor(&mut self, local: Local, events: &mut Events) {
        let name = Text::from_static(local.name);
        let mut call = ServerToolCall::new(self.speaker.provider(), name, local.raw);
        call.id = Some(local.call_id).filter(|id| !id.is_empty());
        call.arguments = Some(local.arguments);
        events.push_back(StreamEvent::ServerToolCall {
            choice: 0,
            call: Box::new(call),
        });
    }

    fn of_caller(&mut self, local: Local, events: &mut Events) {
        let call = self.calls;
        self.calls += 1;
        let riders = Riders::new().with_extra(with(Extra::new(), ITEM, local.raw));
        events.push_back(StreamEvent::PartStart {
            choice: 0,
            riders: riders.clone(),
        });
        events.push_back(StreamEvent::tool_call_start(
            0,
            call,
            local.call_id,
            Text::from_static(local.name),
            ToolCallKind::Function,
        ));
        events.push_back(StreamEvent::ToolCallDelta {
            choice: 0,
            call,
            arguments: local.arguments,
        });
        events.push_back(StreamEvent::ToolCallEnd {
            choice: 0,
            call,
            riders,
        });
    }
}
