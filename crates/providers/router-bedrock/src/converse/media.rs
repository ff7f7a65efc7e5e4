//! Pictures, documents, films and sounds as blocks.

use router_core::content::{MediaKind, MediaSource};
use router_core::{Error, Media, Result, Text};
use router_wire::media_type;
use router_wire::object::invalid;
use router_wire::write::extra_fields;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::WIRE;

/// Most bytes of a picture and of a document (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html>,
/// read 2026-11).
const MOST_OF_IMAGE: usize = 3_932_160;
const MOST_OF_DOCUMENT: usize = 4_718_592;

/// MIME types of documents and films, and the vendor's words for them, where these are not the common ones.
const FORMATS: &[(&str, &str)] = &[
    ("text/csv", "csv"),
    ("application/msword", "doc"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/vnd.ms-excel", "xls"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    ("text/html", "html"),
    ("text/markdown", "md"),
    ("video/x-matroska", "mkv"),
    ("video/quicktime", "mov"),
    ("video/x-flv", "flv"),
    ("video/mpg", "mpg"),
    ("video/x-ms-wmv", "wmv"),
    ("video/3gpp", "three_gp"),
    ("audio/x-aac", "x-aac"),
    ("audio/x-matroska", "mka"),
];

/// The name of the block for a kind.
pub(super) fn block(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => "audio",
        _ => "video",
    }
}

/// The vendor's word for the format of a file.
pub(super) fn format_of(media: &Media) -> Option<&str> {
    let of_type = |media_type: &str| {
        let plain = media_type.split(';').next().unwrap_or_default().trim();
        let own = FORMATS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(plain));
        own.map(|(_, format)| *format)
            .or_else(|| media_type::format_of(media_type))
    };
    let by_type = media.media_type.as_deref().and_then(of_type);
    let by_name = || {
        let (_, end) = media.name.as_deref()?.rsplit_once('.')?;
        FORMATS
            .iter()
            .map(|(_, format)| *format)
            .chain(["pdf", "txt", "png", "jpeg", "gif", "webp", "mp4", "webm", "mpeg"])
            .find(|format| format.eq_ignore_ascii_case(end))
    };
    match (media.kind, by_type.or_else(by_name)) {
        (MediaKind::Image, Some("jpg")) => Some("jpeg"),
        (MediaKind::Document, None) if matches!(media.source, MediaSource::Text(_)) => Some("txt"),
        (_, format) => format,
    }
}

/// The MIME type of the vendor's word for a format.
#[cfg(feature = "server")]
pub(super) fn media_type_of(kind: MediaKind, format: &str) -> Text {
    let own = FORMATS.iter().find(|(_, known)| *known == format);
    match own
        .map(|(media_type, _)| *media_type)
        .or_else(|| media_type::of_format(format))
    {
        Some(known) if kind != MediaKind::Audio || !known.starts_with("video/") => Text::from_static(known),
        _ => Text::from(format!("{}/{format}", block(kind))),
    }
}

/// Refuses what the vendor does not take.
pub(super) fn check(media: &Media, place: &str) -> Result<()> {
    let what = block(media.kind);
    match &media.source {
        MediaSource::Base64(data) => {
            let bytes = data.len() / 4 * 3;
            let most = match media.kind {
                MediaKind::Image => MOST_OF_IMAGE,
                MediaKind::Document => MOST_OF_DOCUMENT,
                _ => usize::MAX,
            };
            if bytes > most {
                let message = format!("the {what} has {bytes} bytes, and AWS Bedrock takes {most} at most");
                return Err(invalid(place, &message));
            }
        }
        MediaSource::Text(_) if media.kind == MediaKind::Document => {}
        MediaSource::Url(url) | MediaSource::File(url) if url.starts_with("s3://") => {}
        MediaSource::Url(_) => {
            return Err(Error::unsupported(format_args!(
                "{what} by address, other than s3:// (AWS Bedrock fetches nothing: send the bytes, or allow fetching)"
            )));
        }
        _ => return Err(Error::unsupported(format_args!("{what} by the id of a file"))),
    }
    let takes = |format: &&str| match media.kind {
        MediaKind::Image => ["png", "jpeg", "gif", "webp"].contains(format),
        MediaKind::Document => {
            ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"].contains(format)
        }
        _ => true,
    };
    match format_of(media) {
        Some(format) if takes(&format) => Ok(()),
        _ => {
            let named = media.media_type.as_deref().unwrap_or("unknown");
            Err(invalid(
                place,
                &format!("AWS Bedrock takes no {what} of the type {named}"),
            ))
        }
    }
}

/// What is inside of the block.
pub(super) struct Inside<'a> {
    pub(super) media: &'a Media,
    /// The name of a document.
    pub(super) name: Option<&'a str>,
}

impl Serialize for Inside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(format) = format_of(self.media) {
            map.serialize_entry("format", format)?;
        }
        if let Some(name) = self.name {
            map.serialize_entry("name", name)?;
        }
        map.serialize_entry("source", &Source(&self.media.source))?;
        extra_fields(&mut map, self.media.riders.extra(), WIRE)?;
        map.end()
    }
}

struct Source<'a>(&'a MediaSource);

impl Serialize for Source<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0 {
            MediaSource::Text(text) => map.serialize_entry("text", text)?,
            MediaSource::Base64(data) => map.serialize_entry("bytes", data)?,
            MediaSource::Url(uri) | MediaSource::File(uri) => {
                map.serialize_entry("s3Location", &S3 { uri })?;
            }
            // What is added later was refused before.
            _ => {}
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct S3<'a> {
    uri: &'a Text,
}
