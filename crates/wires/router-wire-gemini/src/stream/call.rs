//! Calls: whole ones, and those whose arguments Vertex sends in pieces.

use router_core::content::Riders;
use router_core::tool::ToolCallKind;
use router_core::{Extra, Json, Signature, StreamEvent, Text};
use router_wire::Events;
use router_wire::provenance::Speaker;
use serde_json::{Map, Value};

use crate::WIRE;
use crate::parts::{NO_ID, note};
use crate::wire::{PartialArg, Unnamed};

/// A call on its way to the caller.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: Option<Text>,
    pub(super) name: Text,
    pub(super) arguments: Text,
    pub(super) riders: Riders,
}

/// A call whose arguments come in pieces.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: Option<Text>,
    pub(super) name: Text,
    pub(super) arguments: Value,
    pub(super) riders: Riders,
}

impl Open {
    pub(super) fn add(&mut self, pieces: &[PartialArg<'_>]) {
        for piece in pieces {
            set(&mut self.arguments, piece);
        }
    }

    pub(super) fn close(self) -> Call {
        Call {
            arguments: Text::from(self.arguments.to_string()),
            id: self.id,
            name: self.name,
            riders: self.riders,
        }
    }
}

/// What rides on a part: its signature and its unnamed fields.
pub(super) fn riders(speaker: &Speaker, signature: Option<Text>, rest: &[Unnamed<'_>]) -> Riders {
    let mut riders = Riders::new();
    if let Some(signature) = signature {
        riders.set_signature(Some(Signature::new(speaker.maker(), signature)));
    }
    let fields = rest
        .iter()
        .map(|(name, raw)| (Text::from(&**name), Json::from_raw(raw)));
    let extra = Extra::of(WIRE, fields.collect());
    if !extra.is_empty() {
        riders.set_extra(extra);
    }
    riders
}

impl Call {
    /// The events of a call. One without id gets one, unique in the conversation so that results find their call.
    pub(super) fn send(mut self, choice: u32, call: u32, answer: Option<&Text>, events: &mut Events) {
        let id = self.id.unwrap_or_else(|| {
            let mut extra = self.riders.extra().clone();
            note(&mut extra, NO_ID);
            self.riders.set_extra(extra);
            let answer = answer.map_or("0", Text::as_str);
            Text::from(format!("call_{answer}_{choice}_{call}"))
        });
        events.push_back(StreamEvent::tool_call_start(
            choice,
            call,
            id,
            self.name,
            ToolCallKind::Function,
        ));
        events.push_back(StreamEvent::ToolCallDelta {
            choice,
            call,
            arguments: self.arguments,
        });
        events.push_back(StreamEvent::ToolCallEnd {
            choice,
            call,
            riders: self.riders,
        });
    }
}

/// Longest list that is made for an index.
const MOST_ITEMS: usize = 10_000;

/// Puts a piece of arguments at its path (`$.a.b[0]`); strings are appended.
fn set(root: &mut Value, piece: &PartialArg<'_>) {
    let path = piece.json_path.filled().unwrap_or_default();
    let value = match (&piece.string_value, piece.number_value, piece.bool_value) {
        (Some(text), _, _) => Value::from(text.0.as_deref().unwrap_or_default()),
        (None, Some(raw), _) => serde_json::from_str(raw.get()).unwrap_or(Value::Null),
        (None, None, Some(truth)) => Value::from(truth),
        (None, None, None) => Value::Null,
    };
    let mut at = root;
    for key in keys(path) {
        at = match key {
            Key::Item(place) if place < MOST_ITEMS => {
                if !at.is_array() {
                    *at = Value::Array(Vec::new());
                }
                let Value::Array(items) = at else { return };
                if items.len() <= place {
                    items.resize(place + 1, Value::Null);
                }
                &mut items[place]
            }
            // A list that nobody could mean is not made.
            Key::Item(_) => return,
            Key::Field(name) => {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                let Value::Object(fields) = at else { return };
                fields.entry(name).or_insert(Value::Null)
            }
        };
    }
    match (at, value) {
        (Value::String(text), Value::String(more)) => text.push_str(&more),
        (at, value) => *at = value,
    }
}

enum Key<'a> {
    Field(&'a str),
    Item(usize),
}

/// The steps of a path: `.name`, `['name']`, `[0]`.
fn keys(path: &str) -> impl Iterator<Item = Key<'_>> {
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('.');
        if rest.is_empty() {
            return None;
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let quote = inner.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
            let inner = inner.trim_start_matches(['\'', '"']);
            let end = match quote {
                Some(quote) => inner.find(quote),
                None => inner.find(']'),
            };
            let key = &inner[..end.unwrap_or(inner.len())];
            let after = &inner[key.len()..];
            rest = after.find(']').map_or("", |at| &after[at + 1..]);
            return Some(match key.parse() {
                Ok(place) if quote.is_none() => Key::Item(place),
                _ => Key::Field(key),
            });
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = &rest[end..];
        Some(Key::Field(key))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::set;
    use crate::wire::PartialArg;

    #[test]
    fn arguments_come_together_from_pieces() {
        let mut root = json!({});
        let pieces: Vec<PartialArg<'_>> = serde_json::from_str(
            r#"[{"jsonPath":"$.city","stringValue":"Par"},{"jsonPath":"$.city","stringValue":"is"},
                {"jsonPath":"$.days[1].n","numberValue":2},{"jsonPath":"$.now","boolValue":true},
                {"jsonPath":"$['a.b'][\"c]\"]","nullValue":"NULL_VALUE"},{"jsonPath":"$.big[99999999]","numberValue":1},
                {"jsonPath":"$.7","numberValue":7}]"#,
        )
        .expect("pieces");
        pieces.iter().for_each(|piece| set(&mut root, piece));
        let expected = json!({
            "city": "Paris", "days": [null, {"n": 2}], "now": true, "a.b": {"c]": null}, "big": null, "7": 7,
        });
        assert_eq!(root, expected);
    }

    #[test]
    fn any_path_is_survived() {
        for path in ["", "$", "$.", "$[", "$['", "$[']", "[]", "$..[0", "$[-1]", "x]"] {
            let piece = json!({"jsonPath": path, "stringValue": "x"}).to_string();
            let piece: PartialArg<'_> = serde_json::from_str(&piece).expect("a piece");
            let mut root = Value::Null;
            set(&mut root, &piece);
        }
    }
}
