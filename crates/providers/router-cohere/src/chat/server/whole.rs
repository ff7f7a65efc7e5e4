//! A whole answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use router_core::chat::Logprobs;
use router_core::tool::tool_calls;
use router_core::{ChatResponse, ContentPart};
use router_wire::write::{Seq, extra_fields};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::pieces::{Block, Call, Cited, Content, Counts, Token, is_plan, word};
use crate::chat::WIRE;

/// An id for an answer that has none.
pub(super) fn made_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}{count:08x}", since.as_micros() as u64)
}

/// A whole answer.
pub(super) struct Whole<'a>(pub(super) &'a ChatResponse);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let answer = self.0;
        let first = answer.first();
        let mut map = serializer.serialize_map(None)?;
        match &answer.id {
            Some(id) => map.serialize_entry("id", id)?,
            None => map.serialize_entry("id", &made_id())?,
        }
        let parts = first.map_or(&[][..], |choice| &choice.content[..]);
        map.serialize_entry("message", &Spoken(parts))?;
        let end = first.map(|choice| (&choice.finish_reason, choice.finish_reason_raw.as_ref()));
        map.serialize_entry("finish_reason", word(end))?;
        if let Some(usage) = &answer.usage {
            map.serialize_entry("usage", &Counts(usage))?;
        }
        let logprobs = first.and_then(|choice| choice.logprobs.as_ref());
        if let Some(Logprobs { content, .. }) = logprobs {
            map.serialize_entry("logprobs", &Seq(|| content.iter().map(Token)))?;
        }
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

/// The message of a whole answer.
struct Spoken<'a>(&'a [ContentPart]);

impl Serialize for Spoken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let parts = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        let contents = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::Text(part) => Some(Content(Block::Text, &part.text, true)),
                ContentPart::Refusal(part) => Some(Content(Block::Text, &part.text, true)),
                ContentPart::Reasoning(part) if !is_plan(&part.riders) && !part.text.is_empty() => {
                    Some(Content(Block::Thinking, &part.text, true))
                }
                _ => None,
            })
        };
        let plan: String = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Reasoning(part) if is_plan(&part.riders) => Some(part.text.as_str()),
                _ => None,
            })
            .collect();
        if !plan.is_empty() {
            map.serialize_entry("tool_plan", &plan)?;
        }
        if contents().next().is_some() {
            map.serialize_entry("content", &Seq(contents))?;
        }
        let calls = || tool_calls(parts).map(Call::of);
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &Seq(calls))?;
        }
        let citations = || {
            parts.iter().flat_map(|part| match part {
                ContentPart::Text(part) => &part.citations[..],
                _ => &[],
            })
        };
        if citations().next().is_some() {
            map.serialize_entry("citations", &Seq(|| citations().map(Cited)))?;
        }
        map.end()
    }
}
