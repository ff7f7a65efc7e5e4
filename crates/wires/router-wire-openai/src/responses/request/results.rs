//! Results of calls, each in the form that its call asks for.

use router_core::content::{MediaKind, MediaSource};
use router_core::tool::ToolCallKind;
use router_core::{
    Content, ContentPart, Error, ErrorKind, Json, Message, Result, Text, ToolCall, ToolResult,
};
use router_wire::object::Object;
use router_wire::write::{Seq, string_of};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::Target;
use super::parts::InputPart;
use crate::responses::WIRE;
use crate::responses::local::{APPLY_PATCH, COMPUTER, LOCAL_SHELL, LocalTool, SHELL, TOOL_SEARCH};
use crate::responses::riders;

/// What kind of call a result answers.
#[derive(Clone, Copy)]
pub(super) enum Answers<'a> {
    Function,
    Custom,
    /// A tool of the vendor that the caller runs, and its call.
    Local(&'static LocalTool, &'a Json),
}

impl<'a> Answers<'a> {
    /// The kind of the call with this id in the messages before the result.
    pub(super) fn of(call_id: &str, before: &'a [Message]) -> Self {
        let parts = before
            .iter()
            .rev()
            .flat_map(|message| message.content.parts().iter().rev());
        let call = parts
            .filter_map(|part| match part {
                ContentPart::ToolCall(call) => Some(call),
                _ => None,
            })
            .find(|call| call.id == *call_id);
        match call {
            Some(call) if call.kind == ToolCallKind::Custom => Self::Custom,
            Some(call) => local(call).map_or(Self::Function, |(tool, item)| Self::Local(tool, item)),
            None => Self::Function,
        }
    }

    fn is(self, tool: &LocalTool) -> bool {
        matches!(self, Self::Local(known, _) if known.call == tool.call)
    }

    /// Whether the form tells that a call failed.
    pub(super) fn tells_failure(self) -> bool {
        self.is(&SHELL) || self.is(&APPLY_PATCH)
    }

    /// Whether the result can be given in the form.
    pub(super) fn check(self, result: &ToolResult) -> Result<()> {
        let wrong = |what: &str| {
            let message = format!("the result of {}: {what}", result.call_id);
            Err(Error::new(ErrorKind::InvalidRequest, message))
        };
        if self.is(&COMPUTER) && screenshot(result).is_none() {
            return wrong("a computer is answered with a picture of its screen");
        }
        if self.is(&TOOL_SEARCH) && list(&result.content.joined_text()).is_none() {
            return wrong("a search for tools is answered with a JSON list of tools");
        }
        Ok(())
    }
}

fn local(call: &ToolCall) -> Option<(&'static LocalTool, &Json)> {
    let item = riders::local(call.riders.extra())?;
    let mut fields: Object<'_> = serde_json::from_str(item.as_str()).ok()?;
    let kind = fields.text("type").ok().flatten()?;
    Some((LocalTool::of_call(&kind)?, item))
}

fn screenshot(result: &ToolResult) -> Option<&router_core::Media> {
    result.content.parts().iter().find_map(|part| match part {
        ContentPart::Media(media) if media.kind == MediaKind::Image => Some(media),
        _ => None,
    })
}

fn list(text: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    raw.get().starts_with('[').then_some(raw)
}

pub(super) struct ResultItem<'a> {
    pub(super) target: Target<'a>,
    pub(super) answers: Answers<'a>,
    pub(super) result: &'a ToolResult,
}

impl Serialize for ResultItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.result;
        let extra = result.riders.extra();
        // A client of this wire has named the type itself.
        let named = extra.get(WIRE, "type").and_then(string_of);
        let kind = match (&named, self.answers) {
            (Some(kind), _) => kind.as_str(),
            (None, Answers::Function) => "function_call_output",
            (None, Answers::Custom) => "custom_tool_call_output",
            (None, Answers::Local(tool, _)) => tool.output,
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("call_id", &result.call_id)?;
        match self.answers {
            Answers::Local(tool, item) if named.is_none() => self.local(tool, item, &mut map)?,
            _ => self.output(&mut map)?,
        }
        for (name, value) in extra.for_wire(WIRE).iter().filter(|(name, _)| *name != "type") {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

impl ResultItem<'_> {
    fn output<M: SerializeMap>(&self, map: &mut M) -> std::result::Result<(), M::Error> {
        match &self.result.content {
            Content::Text(text) => map.serialize_entry("output", text),
            Content::Parts(parts) => {
                let target = self.target;
                let sent = |part: &&ContentPart| target.takes_in_content(part);
                let parts = || parts.iter().filter(sent).map(|part| InputPart { target, part });
                map.serialize_entry("output", &Seq(parts))
            }
        }
    }

    fn local<M: SerializeMap>(
        &self,
        tool: &LocalTool,
        item: &Json,
        map: &mut M,
    ) -> std::result::Result<(), M::Error> {
        #[derive(Serialize)]
        struct Ran<'a> {
            stdout: &'a str,
            stderr: &'a str,
            outcome: Exit,
        }
        #[derive(Serialize)]
        struct Exit {
            #[serde(rename = "type")]
            kind: &'static str,
            exit_code: u8,
        }
        let (text, failed) = (self.result.content.joined_text(), self.result.is_error);
        if tool.call == SHELL.call {
            // The caller may have told streams and exit codes himself.
            if let Some(list) = list(&text) {
                return map.serialize_entry("output", list);
            }
            let (stdout, stderr) = if failed { ("", &*text) } else { (&*text, "") };
            let outcome = Exit {
                kind: "exit",
                exit_code: u8::from(failed),
            };
            let ran = Ran {
                stdout,
                stderr,
                outcome,
            };
            return map.serialize_entry("output", &[ran]);
        }
        if tool.call == APPLY_PATCH.call {
            map.serialize_entry("status", if failed { "failed" } else { "completed" })?;
        }
        if tool.call == LOCAL_SHELL.call {
            let fields: Object<'_> =
                serde_json::from_str(item.as_str()).map_err(serde::ser::Error::custom)?;
            if let Some(id) = fields.peek("id") {
                map.serialize_entry("id", id)?;
            }
        }
        if tool.call == TOOL_SEARCH.call {
            return map.serialize_entry("tools", &list(&text));
        }
        match screenshot(self.result).filter(|_| tool.call == COMPUTER.call) {
            Some(media) => map.serialize_entry("output", &Screenshot(media)),
            None => map.serialize_entry("output", &text),
        }
    }
}

struct Screenshot<'a>(&'a router_core::Media);

impl Serialize for Screenshot<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "computer_screenshot")?;
        match &self.0.source {
            MediaSource::File(id) => map.serialize_entry("file_id", id)?,
            MediaSource::Url(url) => map.serialize_entry("image_url", url)?,
            _ => map.serialize_entry("image_url", &self.0.to_data_url().map(Text::from))?,
        }
        map.end()
    }
}
