//! What events say.

use bytes::{BufMut as _, BytesMut};
use router_core::Text;
use router_core::chat::TokenLogprob;
use router_core::content::Citation;
use router_core::stream::StreamFinish;
use router_wire::write::{extra_fields, json_line};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::pieces::{Block, Call, Cited, Content, Counts, End, Function, Token, word};
use crate::chat::WIRE;

pub(super) fn write(name: &str, said: &Said<'_>, out: &mut BytesMut) {
    out.put_slice(b"event: ");
    out.put_slice(name.as_bytes());
    out.put_slice(b"\ndata: ");
    json_line(said, out);
    out.put_slice(b"\n\n");
}

/// What an event says.
pub(super) enum Said<'a> {
    Start(&'a str),
    ContentStart(u32, Block),
    Delta(u32, Block, &'a Text),
    Logprob(u32, &'a TokenLogprob),
    Plan(&'a Text),
    CallStart(u32, &'a Text, &'a Text),
    Arguments(u32, &'a Text),
    Citation(u32, &'a Citation),
    End(&'static str, u32),
    Finish(&'a StreamFinish),
    Failed(&'a str),
}

/// An object of one field.
struct In<T>(&'static str, T);

impl<T: Serialize> Serialize for In<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

/// What a message holds, in the place of a delta.
fn message<T: Serialize>(of: T) -> In<T> {
    In("message", of)
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut head = |kind: &str, index: Option<u32>| {
            map.serialize_entry("type", kind)?;
            match index {
                Some(index) => map.serialize_entry("index", &index),
                None => Ok(()),
            }
        };
        match self {
            Self::Start(id) => {
                head("message-start", None)?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("delta", &message(Beginning))?;
            }
            Self::ContentStart(index, block) => {
                head("content-start", Some(*index))?;
                let content = In("content", Content(*block, "", true));
                map.serialize_entry("delta", &message(content))?;
            }
            Self::Delta(index, block, text) => {
                head("content-delta", Some(*index))?;
                let content = In("content", Content(*block, text, false));
                map.serialize_entry("delta", &message(content))?;
            }
            Self::Logprob(index, token) => {
                head("content-delta", Some(*index))?;
                let content = In("content", In("text", ""));
                map.serialize_entry("delta", &message(content))?;
                map.serialize_entry("logprobs", &Token(token))?;
            }
            Self::Plan(text) => {
                head("tool-plan-delta", None)?;
                map.serialize_entry("delta", &message(In("tool_plan", text)))?;
            }
            Self::CallStart(index, id, name) => {
                head("tool-call-start", Some(*index))?;
                let call = Call {
                    id,
                    kind: "function",
                    function: Function { name, arguments: "" },
                };
                map.serialize_entry("delta", &message(In("tool_calls", call)))?;
            }
            Self::Arguments(index, arguments) => {
                head("tool-call-delta", Some(*index))?;
                let call = In("tool_calls", In("function", In("arguments", arguments)));
                map.serialize_entry("delta", &message(call))?;
            }
            Self::Citation(index, citation) => {
                head("citation-start", Some(*index))?;
                map.serialize_entry("delta", &message(In("citations", Cited(citation))))?;
            }
            Self::End(kind, index) => head(kind, Some(*index))?,
            Self::Finish(finish) => {
                head("message-end", None)?;
                let end = finish.choices.first();
                let end = End {
                    finish_reason: word(end.map(|end| (&end.reason, end.raw.as_ref()))),
                    usage: finish.usage.as_ref().map(Counts),
                    error: None,
                };
                map.serialize_entry("delta", &end)?;
                extra_fields(&mut map, &finish.extra, WIRE)?;
            }
            Self::Failed(error) => {
                head("message-end", None)?;
                let end = End {
                    finish_reason: "ERROR",
                    usage: None,
                    error: Some(error),
                };
                map.serialize_entry("delta", &end)?;
            }
        }
        map.end()
    }
}

struct Beginning;

impl Serialize for Beginning {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let none: [(); 0] = [];
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("role", "assistant")?;
        map.serialize_entry("content", &none)?;
        map.serialize_entry("tool_plan", "")?;
        map.serialize_entry("tool_calls", &none)?;
        map.serialize_entry("citations", &none)?;
        map.end()
    }
}
