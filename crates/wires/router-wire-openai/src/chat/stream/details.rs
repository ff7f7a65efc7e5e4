//! Entries of `reasoning_details`.

use router_core::content::Riders;
use router_core::{Extra, Json, Text};
use router_wire::provenance::Speaker;

use crate::chat::WIRE;

/// An entry of `reasoning_details`, its pieces put together.
#[derive(Debug)]
pub(super) struct DetailState {
    pub(super) key: (String, u64),
    pub(super) fields: serde_json::Map<String, serde_json::Value>,
    pub(super) sealed: bool,
}

impl DetailState {
    /// Texts of later pieces are appended, everything else replaces.
    pub(super) fn merge(&mut self, later: serde_json::Map<String, serde_json::Value>, sealed: bool) {
        self.sealed |= sealed;
        for (name, value) in later {
            match (self.fields.get_mut(&name), value) {
                (Some(serde_json::Value::String(known)), serde_json::Value::String(more))
                    if matches!(name.as_str(), "text" | "summary" | "data" | "signature") =>
                {
                    known.push_str(&more);
                }
                (_, serde_json::Value::Null) => {}
                (_, value) => {
                    self.fields.insert(name, value);
                }
            }
        }
    }

    /// Whether a piece with this id may be one of the entry.
    pub(super) fn may_be(&self, id: Option<&serde_json::Value>) -> bool {
        let known = self.fields.get("id").filter(|known| known.is_string());
        id.is_none() || known.is_none() || known == id
    }

    /// Whether the entry is visible text, possibly signed, and not hidden data.
    pub(super) fn is_text(&self) -> bool {
        self.key.0 == "reasoning.text"
    }

    pub(super) fn seal(&self) -> Text {
        let word = |name: &str| {
            self.fields
                .get(name)
                .and_then(serde_json::Value::as_str)
                .filter(|word| !word.is_empty())
        };
        word("signature")
            .or_else(|| word("data"))
            .map(Text::from)
            .unwrap_or_default()
    }
}

/// Which field reasoning came from and who sent it, so that it can go back there; and all details, untouched.
pub(super) fn reasoning_riders(field: &'static str, speaker: &Speaker, details: &[DetailState]) -> Riders {
    let mut fields = vec![
        (
            Text::from_static("field"),
            Json::from(serde_json::Value::from(field)),
        ),
        (
            Text::from_static("provider"),
            Json::from(serde_json::Value::from(speaker.provider().as_str())),
        ),
    ];
    if !details.is_empty() {
        let details = details
            .iter()
            .map(|detail| serde_json::Value::Object(detail.fields.clone()))
            .collect::<Vec<_>>();
        fields.push((
            Text::from_static("details"),
            Json::from(serde_json::Value::Array(details)),
        ));
    }
    Riders::new().with_extra(Extra::of(Text::from_static(WIRE), fields))
}
