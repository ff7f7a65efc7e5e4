//! Fields that our types have no place for, on their way from our decoder to our encoder.

use router_core::Extra;
#[cfg(feature = "server")]
use router_core::{Json, Text};
use router_wire::object::Object;
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use super::WIRE;

/// The name under which fields stand when there are notes beside them.
const NOTES: &str = "ollama.notes";

/// The note that an id was made up.
pub(super) const NO_ID: &str = "ollama: no id";

/// The note that a result did not name its tool.
pub(super) const NO_NAME: &str = "ollama: no name";

/// The fields that stood beside `function`, not in it.
const BESIDE: &str = "ollama: beside";

/// The fields of an object that names no place of ours, what stood beside it, and notes of what it did not have.
#[cfg(feature = "server")]
pub(super) fn kept(own: Object<'_>, beside: Object<'_>, notes: &[&'static str]) -> Extra {
    let beside: std::collections::BTreeMap<String, &RawValue> = beside
        .into_fields()
        .filter(|(name, raw)| raw.get() != "null" && !(name == "type" && raw.get() == "\"function\""))
        .collect();
    let own = own.rest(WIRE);
    if beside.is_empty() && notes.is_empty() {
        return own;
    }
    let mut fields = own.for_wire(WIRE).to_vec();
    fields.extend(notes.iter().map(|note| (Text::from_static(note), Json::null())));
    if let Some(json) = (!beside.is_empty()).then(|| Json::of(&beside).ok()).flatten() {
        fields.push((Text::from_static(BESIDE), json));
    }
    Extra::of(Text::from_static(NOTES), fields)
}

/// Whether there is such a note.
pub(super) fn has(extra: &Extra, note: &str) -> bool {
    extra.get(NOTES, note).is_some()
}

/// Writes the fields of the object itself.
pub(super) fn own_fields<M: SerializeMap>(map: &mut M, extra: &Extra) -> Result<(), M::Error> {
    let noted = extra.for_wire(NOTES).iter();
    let noted = noted.filter(|(name, _)| ![NO_ID, NO_NAME, BESIDE].contains(&name.as_str()));
    for (name, value) in extra.for_wire(WIRE).iter().chain(noted) {
        map.serialize_entry(name.as_str(), value)?;
    }
    Ok(())
}

/// Writes the fields that stood beside the object.
pub(super) fn beside_fields<M: SerializeMap>(map: &mut M, extra: &Extra) -> Result<(), M::Error> {
    let Some(json) = extra.get(NOTES, BESIDE) else {
        return Ok(());
    };
    let raw: &RawValue = serde_json::from_str(json.as_str()).map_err(serde::ser::Error::custom)?;
    let fields = Object::of(raw, BESIDE).map_err(serde::ser::Error::custom)?;
    for (name, raw) in fields.into_fields() {
        map.serialize_entry(&name, raw)?;
    }
    Ok(())
}
