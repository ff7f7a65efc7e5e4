//! Parts of messages and results: text and media.

use router_core::content::{MediaKind, MediaSource};
use router_core::{ContentPart, Media, Text};
use router_wire::write::extra_fields;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::responses::WIRE;

pub(super) struct InputPart<'a>(pub(super) &'a ContentPart);

impl Serialize for InputPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.0 {
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.0 {
            ContentPart::Text(part) => {
                map.serialize_entry("type", "input_text")?;
                map.serialize_entry("text", &part.text)?;
            }
            ContentPart::Media(media) => media_fields(media, &mut map)?,
            _ => {}
        }
        if let Some(riders) = self.0.riders() {
            extra_fields(&mut map, riders.extra(), WIRE)?;
        }
        map.end()
    }
}

fn media_fields<M: SerializeMap>(media: &Media, map: &mut M) -> std::result::Result<(), M::Error> {
    #[derive(Serialize)]
    struct InputAudio<'a> {
        data: &'a Text,
        format: &'a str,
    }
    match (media.kind, &media.source) {
        (MediaKind::Image, source) => {
            map.serialize_entry("type", "input_image")?;
            match source {
                MediaSource::File(id) => map.serialize_entry("file_id", id)?,
                MediaSource::Url(url) => map.serialize_entry("image_url", url)?,
                _ => map.serialize_entry("image_url", &media.to_data_url())?,
            }
            if let Some(detail) = &media.detail {
                map.serialize_entry("detail", detail)?;
            }
            Ok(())
        }
        (MediaKind::Audio, MediaSource::Base64(data)) => {
            let media_type = media.media_type.as_deref().unwrap_or("audio/wav");
            let format = if media_type == "audio/mpeg" {
                "mp3"
            } else {
                media_type.strip_prefix("audio/").unwrap_or(media_type)
            };
            map.serialize_entry("type", "input_audio")?;
            map.serialize_entry("input_audio", &InputAudio { data, format })
        }
        (_, source) => {
            map.serialize_entry("type", "input_file")?;
            if let Some(name) = &media.name {
                map.serialize_entry("filename", name)?;
            }
            match source {
                MediaSource::File(id) => map.serialize_entry("file_id", id),
                MediaSource::Url(url) => map.serialize_entry("file_url", url),
                MediaSource::Text(text) => {
                    let data = Media::bytes(MediaKind::Document, "text/plain", text.as_bytes());
                    map.serialize_entry("file_data", &data.to_data_url())
                }
                _ => map.serialize_entry("file_data", &media.to_data_url()),
            }
        }
    }
}
