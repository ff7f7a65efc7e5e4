//! What both sides share about parts: notes to our own encoder, media, and names of kinds.

use std::borrow::Cow;

use base64::Engine as _;
use router_core::content::{MediaKind, MediaSource};
use router_core::{Extra, Json, Media, Text};
use router_wire::write::Inner;
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::WIRE;

/// The wire of unnamed fields of a candidate. They say something of an answer, and are not sent back with it.
pub(crate) const CANDIDATE: &str = "gemini.candidate";

/// The wire of unnamed fields of an answer.
pub(crate) const ANSWER: &str = "gemini.answer";

/// Objects that are written with what was kept of them.
const INNER: [&str; 4] = ["inlineData", "fileData", "functionCall", "functionResponse"];

/// Fields with this in front are notes to our own encoder among the unnamed fields of an object: they are not written.
const NOTE: char = '~';

/// The id was made up, since the wire had none.
pub(crate) const NO_ID: &str = "~no_id";

/// A thought that came over this wire, and may go back without a signature.
pub(crate) const THOUGHT: &str = "~thought";

/// A schema in the vendor's own form, and not in JSON Schema.
pub(crate) const OWN_SCHEMA: &str = "~own_schema";

/// Thinking as a client of this wire asked for it.
pub(crate) const OWN_THINKING: &str = "~thinking";

/// A note as what rides on a part.
pub(crate) fn noted(note: &'static str) -> Extra {
    Extra::of(WIRE, vec![(Text::from_static(note), Json::null())])
}

/// Adds a note.
pub(crate) fn note(extra: &mut Extra, note: &'static str) {
    extra.insert(Text::from_static(WIRE), Text::from_static(note), Json::null());
}

/// Whether a note was made.
pub(crate) fn is_noted(extra: &Extra, note: &str) -> bool {
    extra.get(WIRE, note).is_some()
}

/// The unnamed fields of an object that are to be written.
pub(crate) fn unnamed(extra: &Extra) -> impl Iterator<Item = &(Text, Json)> {
    extra
        .for_wire(WIRE)
        .iter()
        .filter(|(name, _)| !name.starts_with(NOTE) && !INNER.contains(&name.as_str()))
}

/// Writes the unnamed fields of an object.
pub(crate) fn write_unnamed<M: SerializeMap>(map: &mut M, extra: &Extra) -> Result<(), M::Error> {
    for (name, value) in unnamed(extra) {
        map.serialize_entry(name, value)?;
    }
    Ok(())
}

/// Writes media as the one data field of a part.
pub(crate) fn write_media<M: SerializeMap>(map: &mut M, media: &Media) -> Result<(), M::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Inline<'a> {
        mime_type: &'a str,
        data: Cow<'a, str>,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct File<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
        file_uri: &'a str,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    let extra = media.riders.extra();
    let mime = media.media_type.as_deref();
    let inline = |usual, data| Inline {
        mime_type: mime.unwrap_or(usual),
        data,
        inner: Inner::of(extra, WIRE, "inlineData"),
    };
    match &media.source {
        MediaSource::Base64(data) => map.serialize_entry(
            "inlineData",
            &inline("application/octet-stream", Cow::Borrowed(data)),
        ),
        MediaSource::Text(text) => {
            let data = base64::engine::general_purpose::STANDARD.encode(text.as_bytes());
            map.serialize_entry("inlineData", &inline("text/plain", Cow::Owned(data)))
        }
        MediaSource::Url(uri) | MediaSource::File(uri) => map.serialize_entry(
            "fileData",
            &File {
                mime_type: mime.or_else(|| mime_of(uri)),
                file_uri: uri,
                inner: Inner::of(extra, WIRE, "fileData"),
            },
        ),
        _ => Ok(()),
    }
}

/// The MIME type that an address ends like.
fn mime_of(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "html" => "text/html",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "ogg" => "audio/ogg",
        "flac" => "audio/flac",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        _ => return None,
    })
}

/// The kind of media by its MIME type.
pub(crate) fn kind_of(mime: &str) -> MediaKind {
    match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    }
}
