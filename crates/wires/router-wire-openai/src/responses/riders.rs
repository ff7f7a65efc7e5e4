//! What rides on the parts of an answer, so that its items can be told and sent back as they were.
//!
//! Fields of a part ride under their own names. Those of its item are apart: a message's on its first part as one object
//! [`MESSAGE`], a local call's whole as [`ITEM`]. Names of ours are never sent.

use router_core::{Extra, Json, Text};
#[cfg(feature = "server")]
use router_wire::object::Object;

use super::WIRE;

/// The fields of a message, on its first part; a part without it continues the message before.
pub(super) const MESSAGE: &str = "message";
/// A whole item that is sent back as it is.
pub(super) const ITEM: &str = "item";
/// Who made an item that has no signature to tell it.
pub(super) const PROVIDER: &str = "provider";

/// Among the fields of a message: it came without `type`.
pub(super) const EASY: &str = "easy";
/// Among the fields of a message: its content was one text.
pub(super) const PLAIN: &str = "plain";

/// Among the fields of a request: its input was one text and no list of items.
pub(super) const PLAIN_INPUT: &str = "plain_input";

/// What stands between two paragraphs of reasoning.
pub(super) const PARAGRAPH: &str = "\n\n";

/// Whether a field is ours and not the wire's.
pub(super) fn is_ours(name: &str) -> bool {
    matches!(name, MESSAGE | ITEM | PROVIDER)
}

/// The extra with one more field.
pub(super) fn with(mut extra: Extra, name: &'static str, value: Json) -> Extra {
    extra.insert(Text::from_static(WIRE), Text::from_static(name), value);
    extra
}

/// The id of the item that riders tell of.
#[cfg(feature = "server")]
pub(super) fn item_id(extra: &Extra) -> Option<Text> {
    let id_in = |json: &Json| -> Option<Text> {
        let fields: Object<'_> = serde_json::from_str(json.as_str()).ok()?;
        serde_json::from_str(fields.peek("id")?.get()).ok()
    };
    let bare = extra
        .get(WIRE, "id")
        .and_then(router_wire::write::string_of)
        .map(Text::from);
    bare.or_else(|| extra.get(WIRE, MESSAGE).and_then(id_in))
        .or_else(|| extra.get(WIRE, ITEM).and_then(id_in))
        .filter(|id| !id.is_empty())
}

/// A call of the vendor's tools that the caller runs, as its own item.
pub(super) fn local(extra: &Extra) -> Option<&Json> {
    extra
        .get(WIRE, ITEM)
        .filter(|item| item.as_str().starts_with('{'))
}
