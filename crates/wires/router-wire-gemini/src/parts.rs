//! What both sides share about parts: notes to our own encoder, and signatures as this wire carries them.

use router_core::{Extra, Json, Text};

/// Notes to the encoder about what the wire did not have, so that it is not written back.
pub(crate) const NOTES: &str = "gemini.notes";

/// The note that an id was made up.
pub(crate) const NO_ID: &str = "no_id";

/// Notes as what rides on a part.
pub(crate) fn noted(notes: &[&'static str]) -> Extra {
    let note = |name: &&'static str| (Text::from_static(name), Json::null());
    Extra::of(Text::from_static(NOTES), notes.iter().map(note).collect())
}

/// Whether a note was made.
pub(crate) fn is_noted(extra: &Extra, note: &str) -> bool {
    extra.get(NOTES, note).is_some()
}

/// Fields with this in front are notes among the unnamed fields of an object: they are not written.
pub(crate) const NOTE: char = '~';

/// The unnamed fields of an object that are to be written.
pub(crate) fn unnamed(extra: &Extra) -> impl Iterator<Item = &(Text, Json)> {
    extra
        .for_wire(crate::WIRE)
        .iter()
        .filter(|(name, _)| !name.starts_with(NOTE))
}
