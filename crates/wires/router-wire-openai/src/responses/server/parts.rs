//! Parts of messages and results.

use router_core::content::{Media, MediaKind, MediaSource, Opaque, TextPart};
use router_core::{Content, ContentPart, Json, Result, Text};
use router_wire::object::{Object, invalid, is_string, list_of};
use serde_json::value::RawValue;

use super::request::read;
use crate::responses::WIRE;

pub(super) fn content(raw: &RawValue, path: &str) -> Result<Content> {
    if is_string(raw) {
        return read::<Text>(raw, path).map(Content::Text);
    }
    let rows = list_of(raw).ok_or_else(|| invalid(path, "must be a string or a list of parts"))?;
    let parts = rows
        .into_iter()
        .enumerate()
        .map(|(at, raw)| part(Object::of(raw, format!("{path}[{at}]"))?, raw));
    Ok(Content::from(parts.collect::<Result<Vec<_>>>()?))
}

fn part(mut fields: Object<'_>, raw: &RawValue) -> Result<ContentPart> {
    let by_url = |kind: MediaKind, url: &Text, path: &str| match Media::from_data_url(kind, url) {
        Some(media) if media.decode().is_none() => Err(invalid(path, "is not valid base64")),
        Some(media) => Ok(media),
        None if url.starts_with("data:") => Err(invalid(path, "is not a base64 data URL")),
        None => Ok(Media::url(kind, url)),
    };
    let mut part = match fields.required_text("type")?.as_str() {
        "input_text" | "output_text" | "text" => {
            ContentPart::Text(TextPart::new(fields.required_text("text")?))
        }
        "input_image" => {
            let path = fields.path_of("image_url");
            let mut media = match (fields.text("image_url")?, fields.text("file_id")?) {
                (Some(url), _) => by_url(MediaKind::Image, &url, &path)?,
                (None, Some(id)) => Media::new(MediaKind::Image, MediaSource::File(id)),
                (None, None) => return Err(invalid(&path, "is required")),
            };
            media.detail = fields.text("detail")?;
            ContentPart::Media(media)
        }
        "input_file" => {
            let path = fields.path_of("file_data");
            let name = fields.text("filename")?;
            let mut media = match (
                fields.text("file_data")?,
                fields.text("file_url")?,
                fields.text("file_id")?,
            ) {
                (Some(data), _, _) => by_url(MediaKind::Document, &data, &path)?,
                (None, Some(url), _) => Media::url(MediaKind::Document, url),
                (None, None, Some(id)) => Media::new(MediaKind::Document, MediaSource::File(id)),
                _ => return Err(invalid(&path, "is required")),
            };
            media.name = name;
            ContentPart::Media(media)
        }
        "input_audio" => {
            let path = fields.path_of("input_audio");
            let mut audio = fields
                .object("input_audio")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let format = audio.required_text("format")?;
            let media_type = if format == "mp3" {
                "audio/mpeg".to_owned()
            } else {
                format!("audio/{format}")
            };
            ContentPart::Media(Media::base64(
                MediaKind::Audio,
                media_type,
                audio.required_text("data")?,
            ))
        }
        _ => return Ok(ContentPart::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)))),
    };
    if let Some(riders) = part.riders_mut() {
        riders.set_extra(fields.rest(WIRE));
    }
    Ok(part)
}
