//! Parts of a message: text and media.

use router_core::content::{MediaKind, MediaSource};
use router_core::{ContentPart, Error, ErrorKind, Media, Result, Text};
use router_wire::write::{Inner, extra_fields_but};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::tools::CacheControl;
use super::{Target, reasoning};
use crate::chat::WIRE;

pub(super) struct Parts<'a> {
    pub(super) target: Target<'a>,
    pub(super) parts: &'a [ContentPart],
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let sent = |part: &&ContentPart| match part {
            ContentPart::Text(_) | ContentPart::Media(_) | ContentPart::Refusal(_) => true,
            part => self.target.takes_opaque(part),
        };
        serializer.collect_seq(self.parts.iter().filter(sent).map(|part| Part {
            target: self.target,
            part,
        }))
    }
}

pub(super) struct Part<'a> {
    pub(super) target: Target<'a>,
    pub(super) part: &'a ContentPart,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.part {
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.part {
            ContentPart::Text(part) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", &part.text)?;
            }
            ContentPart::Refusal(part) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", &part.text)?;
            }
            ContentPart::Media(media) => {
                media_fields(media, self.target.dialect.audio_data_urls, &mut map)?;
            }
            ContentPart::Reasoning(part) => {
                reasoning::chunk(part, &mut map)?;
                return map.end();
            }
            _ => {}
        }
        if let Some(riders) = self.part.riders() {
            if let Some(mark) = riders.cache().filter(|_| self.target.dialect.cache_control) {
                map.serialize_entry("cache_control", &CacheControl::of(mark))?;
            }
            extra_fields_but(&mut map, riders.extra(), WIRE, INNER)?;
        }
        map.end()
    }
}

/// Objects that are written with what was kept of them.
const INNER: &[&str] = &["image_url", "video_url", "input_audio", "file"];

fn media_fields<M: SerializeMap>(
    media: &Media,
    audio_data_urls: bool,
    map: &mut M,
) -> std::result::Result<(), M::Error> {
    #[derive(Serialize)]
    struct Url<'a> {
        url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a Text>,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    #[derive(Serialize)]
    struct InputAudio<'a> {
        data: &'a str,
        format: &'a str,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    #[derive(Serialize)]
    struct File<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a Text>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_data: Option<String>,
        #[serde(flatten)]
        inner: Inner<'a>,
    }
    let inner = |name| Inner::of(media.riders.extra(), WIRE, name);
    let data_url = media.to_data_url();
    let url = match &media.source {
        MediaSource::Url(url) | MediaSource::File(url) => url.as_str(),
        _ => data_url.as_deref().unwrap_or_default(),
    };
    match (media.kind, &media.source) {
        (MediaKind::Image, _) => {
            map.serialize_entry("type", "image_url")?;
            map.serialize_entry(
                "image_url",
                &Url {
                    url,
                    detail: media.detail.as_ref(),
                    inner: inner("image_url"),
                },
            )
        }
        (MediaKind::Audio, MediaSource::Base64(data)) => {
            map.serialize_entry("type", "input_audio")?;
            map.serialize_entry(
                "input_audio",
                &InputAudio {
                    data: if audio_data_urls { url } else { data.as_str() },
                    format: audio_format(media).unwrap_or("wav"),
                    inner: inner("input_audio"),
                },
            )
        }
        (MediaKind::Video, _) => {
            map.serialize_entry("type", "video_url")?;
            let video = Url {
                url,
                detail: None,
                inner: inner("video_url"),
            };
            map.serialize_entry("video_url", &video)
        }
        (_, MediaSource::File(id)) => {
            map.serialize_entry("type", "file")?;
            let file = File {
                file_id: Some(id),
                filename: media.name.as_deref(),
                file_data: None,
                inner: inner("file"),
            };
            map.serialize_entry("file", &file)
        }
        (_, source) => {
            let file_data = match source {
                MediaSource::Text(text) => {
                    Media::bytes(MediaKind::Document, "text/plain", text.as_bytes()).to_data_url()
                }
                MediaSource::Url(url) => Some(url.to_string()),
                _ => data_url,
            };
            map.serialize_entry("type", "file")?;
            let filename = media.name.as_deref().or(Some("document"));
            map.serialize_entry(
                "file",
                &File {
                    file_id: None,
                    filename,
                    file_data,
                    inner: inner("file"),
                },
            )
        }
    }
}

/// The wire's word for a sound format.
pub(super) fn audio_format(media: &Media) -> Result<&str> {
    let media_type = media.media_type.as_deref().unwrap_or_default();
    let word = media_type.strip_prefix("audio/").unwrap_or(media_type);
    Ok(match word {
        "mpeg" | "mpga" | "mp3" => "mp3",
        "x-wav" | "wave" | "vnd.wave" | "wav" => "wav",
        "" => {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "audio needs a media type such as audio/wav",
            ));
        }
        other => other,
    })
}
