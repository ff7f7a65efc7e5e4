//! Content blocks while they grow: what a stream has told of each.

use router_core::content::{Citation, Opaque};
use router_core::{Extra, Json, ProviderId, Text};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::wire;

/// A block that has not ended.
#[derive(Debug)]
pub(crate) enum Block {
    Text,
    Thinking {
        signature: Text,
    },
    Call {
        call: u32,
        /// Arguments that came with the start, which the deltas replace.
        input: Option<Text>,
        begun: bool,
        rest: Extra,
    },
    ServerCall {
        id: Option<Text>,
        name: Text,
        raw: Json,
        input: String,
    },
    /// A block that only its vendor knows, and the events that added to it.
    Opaque {
        raw: Json,
        patches: Vec<Text>,
    },
}

/// The arguments in an `input`; `None` for an empty object, which stands for those still to come.
pub(crate) fn arguments(raw: &RawValue) -> Option<Text> {
    let text = raw.get();
    let empty = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|inside| inside.trim().is_empty());
    (!empty && text != "null").then(|| Text::from(text))
}

/// A call of the vendor with the input that came in pieces, and its arguments.
pub(crate) fn with_input(raw: &Json, input: &str) -> (Json, Option<Text>) {
    let Value::Object(mut fields) = raw.to_value() else {
        return (raw.clone(), None);
    };
    if input.trim().is_empty() {
        let arguments = fields.get("input").map(|input| Text::from(input.to_string()));
        return (raw.clone(), arguments);
    }
    let value = serde_json::from_str(input).unwrap_or_else(|_| Value::from(input));
    fields.insert("input".to_owned(), value);
    (Json::from(Value::Object(fields)), Some(Text::from(input)))
}

/// A block with what later events added: texts are appended, other values replaced.
pub(crate) fn patched(raw: Json, patches: &[Text]) -> Json {
    if patches.is_empty() {
        return raw;
    }
    let Value::Object(mut fields) = raw.to_value() else {
        return raw;
    };
    for patch in patches {
        let Ok(Value::Object(mut event)) = serde_json::from_str::<Value>(patch) else {
            continue;
        };
        if let Some(Value::Object(delta)) = event.remove("delta") {
            patch_fields(&mut fields, delta);
        }
    }
    Json::from(Value::Object(fields))
}

fn patch_fields(fields: &mut Map<String, Value>, delta: Map<String, Value>) {
    for (name, value) in delta.into_iter().filter(|(name, _)| name != "type") {
        match (fields.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}

/// A source as the vendor tells it. Its positions are those in the source, not in the answer.
pub(crate) fn citation(provider: &ProviderId, raw: &RawValue) -> Option<Citation> {
    let wire: wire::Citation<'_> = serde_json::from_str(raw.get()).ok()?;
    let mut citation = Citation::default();
    citation.url = wire.url.to_text().or_else(|| wire.source.to_text());
    citation.title = wire.title.to_text().or_else(|| wire.document_title.to_text());
    citation.cited_text = wire.cited_text.to_text();
    citation.raw = Some(Opaque::new(provider, Json::from_raw(raw)));
    Some(citation)
}

#[cfg(test)]
mod tests {
    use router_core::{Json, Text};

    use super::{patched, with_input};

    #[test]
    fn input_in_pieces_becomes_part_of_the_block() {
        let raw = Json::parse(r#"{"type":"server_tool_use","id":"s1","name":"web_search","input":{}}"#);
        let (raw, arguments) = with_input(&raw.expect("JSON"), r#"{"query":"x"}"#);
        assert_eq!(raw.to_value()["input"]["query"], "x");
        assert_eq!(arguments.as_deref(), Some(r#"{"query":"x"}"#));
    }

    #[test]
    fn deltas_of_unknown_blocks_are_kept() {
        let raw = Json::parse(r#"{"type":"compaction","content":null}"#).expect("JSON");
        let deltas = ["a", "b"].map(|piece| {
            Text::from(format!(
                r#"{{"type":"content_block_delta","delta":{{"type":"compaction_delta","content":"{piece}"}}}}"#
            ))
        });
        assert_eq!(patched(raw, &deltas).to_value()["content"], "ab");
    }
}
