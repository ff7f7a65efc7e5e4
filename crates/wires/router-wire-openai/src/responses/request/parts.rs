//! Parts of messages and results: text and media.

use router_core::content::{MediaKind, MediaSource};
use router_core::{ContentPart, Media};
use router_wire::write::extra_fields;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::Target;
use crate::breakpoint::Breakpoint;
use crate::responses::WIRE;

pub(super) struct InputPart<'a> {
    pub(super) target: Target<'a>,
    pub(super) part: &'a ContentPart,
}

impl Serialize for InputPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.part {
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.part {
            ContentPart::Text(part) => {
                map.serialize_entry("type", "input_text")?;
                map.serialize_entry("text", &part.text)?;
            }
            ContentPart::Media(media) => media_fields(media, &mut map)?,
            _ => {}
        }
        if let Some(riders) = self.part.riders() {
            let breakpoints = self.target.dialect.cache_breakpoints;
            if let Some(mark) = riders.cache().filter(|_| breakpoints) {
                map.serialize_entry("prompt_cache_breakpoint", &Breakpoint::of(mark))?;
            }
            extra_fields(&mut map, riders.extra(), WIRE)?;
        }
        map.end()
    }
}

fn media_fields<M: SerializeMap>(media: &Media, map: &mut M) -> std::result::Result<(), M::Error> {
    if media.kind == MediaKind::Image {
        map.serialize_entry("type", "input_image")?;
        match &media.source {
            MediaSource::File(id) => map.serialize_entry("file_id", id)?,
            MediaSource::Url(url) => map.serialize_entry("image_url", url)?,
            _ => map.serialize_entry("image_url", &media.to_data_url())?,
        }
        return match &media.detail {
            Some(detail) => map.serialize_entry("detail", detail),
            None => Ok(()),
        };
    }
    map.serialize_entry("type", "input_file")?;
    let by_value = !matches!(media.source, MediaSource::File(_) | MediaSource::Url(_));
    // A file by value has to have a name.
    if let Some(name) = media.name.as_deref().or(by_value.then_some("document")) {
        map.serialize_entry("filename", name)?;
    }
    match &media.source {
        MediaSource::File(id) => map.serialize_entry("file_id", id),
        MediaSource::Url(url) => map.serialize_entry("file_url", url),
        MediaSource::Text(text) => {
            let data = Media::bytes(MediaKind::Document, "text/plain", text.as_bytes());
            map.serialize_entry("file_data", &data.to_data_url())
        }
        _ => map.serialize_entry("file_data", &media.to_data_url()),
    }
}
