//! Entries of `reasoning_details`.

use router_core::content::Riders;
use router_core::{Extra, Json, Text};
use router_wire::object::{Object, is_string};
use router_wire::provenance::Speaker;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::chat::WIRE;

/// An entry of `reasoning_details`, its pieces put together.
#[derive(Debug)]
pub(super) struct DetailState {
    pub(super) key: (Text, u64),
    /// Names, and JSON.
    fields: Vec<(String, String)>,
    pub(super) sealed: bool,
}

impl DetailState {
    pub(super) fn new(key: (Text, u64), first: Object<'_>, sealed: bool) -> Self {
        let fields = first
            .into_fields()
            .map(|(name, raw)| (name, raw.get().to_owned()));
        Self {
            key,
            fields: fields.collect(),
            sealed,
        }
    }

    /// Texts of later pieces are appended, everything else replaces.
    pub(super) fn merge(&mut self, later: Object<'_>, sealed: bool) {
        self.sealed |= sealed;
        for (name, raw) in later.into_fields() {
            let grows = matches!(name.as_str(), "text" | "summary" | "data" | "signature") && is_string(raw);
            match self.fields.iter_mut().find(|(known, _)| *known == name) {
                _ if raw.get() == "null" => {}
                Some((_, known)) if grows && known.starts_with('"') => {
                    known.pop();
                    known.push_str(&raw.get()[1..]);
                }
                Some((_, known)) => raw.get().clone_into(known),
                None => self.fields.push((name, raw.get().to_owned())),
            }
        }
    }

    /// Whether a piece with this id may be one of the entry.
    pub(super) fn may_be(&self, id: Option<&RawValue>) -> bool {
        let known = self.json("id").filter(|known| known.starts_with('"'));
        id.is_none_or(|id| known.is_none_or(|known| known == id.get()))
    }

    /// Whether the entry is visible text, possibly signed, and not hidden data.
    pub(super) fn is_text(&self) -> bool {
        self.key.0 == "reasoning.text"
    }

    pub(super) fn seal(&self) -> Text {
        let word = |name: &str| {
            let word: Text = serde_json::from_str(self.json(name)?).ok()?;
            (!word.is_empty()).then_some(word)
        };
        word("signature").or_else(|| word("data")).unwrap_or_default()
    }

    fn json(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(known, _)| known == name);
        field.map(|(_, json)| json.as_str())
    }
}

impl Serialize for DetailState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.fields.iter();
        serializer.collect_map(
            fields.filter_map(|(name, json)| Some((name, serde_json::from_str::<&RawValue>(json).ok()?))),
        )
    }
}

/// Which field reasoning came from and who sent it, so that it can go back there; and all details, untouched.
pub(super) fn reasoning_riders(field: &'static str, speaker: &Speaker, details: &[DetailState]) -> Riders {
    let mut fields = vec![
        (Text::from_static("field"), Json::string(field)),
        (
            Text::from_static("provider"),
            Json::string(speaker.provider().as_str()),
        ),
    ];
    if !details.is_empty() {
        fields.extend(
            Json::of(details)
                .ok()
                .map(|json| (Text::from_static("details"), json)),
        );
    }
    Riders::new().with_extra(Extra::of(Text::from_static(WIRE), fields))
}
