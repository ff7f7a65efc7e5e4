//! Images, documents, sound and video, by value or by reference.

use serde::{Deserialize, Serialize};

use super::Riders;
use crate::text::Text;

/// What kind of media a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A PDF, a text file, or another document.
    Document,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
}

/// An image, document, audio or video, by value or by reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where it is.
    pub source: MediaSource,
    /// Its MIME type, where known: `image/png`. Required for data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<Text>,
    /// A file name or title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// How closely an image is looked at, in the vendor's words: `low`, `high`, `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text>,
    /// What rides on the part.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

/// Where media is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MediaSource {
    /// An address that the vendor fetches.
    Url(Text),
    /// The bytes in standard base64, without a `data:` prefix.
    Base64(Text),
    /// A file uploaded to the vendor before, by its id or URI.
    File(Text),
    /// A document as plain text.
    Text(Text),
}

impl Media {
    /// Media of a kind from a source.
    #[must_use]
    pub fn new(kind: MediaKind, source: MediaSource) -> Self {
        Self {
            kind,
            source,
            media_type: None,
            name: None,
            detail: None,
            riders: Riders::new(),
        }
    }

    /// Media by address.
    #[must_use]
    pub fn url(kind: MediaKind, url: impl Into<Text>) -> Self {
        Self::new(kind, MediaSource::Url(url.into()))
    }

    /// Media by value, encoding the bytes.
    #[must_use]
    pub fn bytes(kind: MediaKind, media_type: impl Into<Text>, bytes: &[u8]) -> Self {
        use base64::Engine as _;
        Self::base64(
            kind,
            media_type,
            base64::engine::general_purpose::STANDARD.encode(bytes),
        )
    }

    /// Media by value, already in base64.
    #[must_use]
    pub fn base64(kind: MediaKind, media_type: impl Into<Text>, data: impl Into<Text>) -> Self {
        Self {
            media_type: Some(media_type.into()),
            ..Self::new(kind, MediaSource::Base64(data.into()))
        }
    }

    /// An image by address.
    #[must_use]
    pub fn image_url(url: impl Into<Text>) -> Self {
        Self::url(MediaKind::Image, url)
    }

    /// An image by value.
    #[must_use]
    pub fn image_bytes(media_type: impl Into<Text>, bytes: &[u8]) -> Self {
        Self::bytes(MediaKind::Image, media_type, bytes)
    }

    /// The media with a file name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Media from a `data:` URL; `None` when it is not a base64 data URL.
    #[must_use]
    pub fn from_data_url(kind: MediaKind, url: &Text) -> Option<Self> {
        let rest = url.strip_prefix("data:")?;
        let (head, data) = rest.split_once(',')?;
        let media_type = head.strip_suffix(";base64")?;
        let mut media = Self::new(kind, MediaSource::Base64(url.slice_ref(data)));
        if !media_type.is_empty() {
            media.media_type = Some(url.slice_ref(media_type));
        }
        Some(media)
    }

    /// The media as a `data:` URL, when it is held by value.
    #[must_use]
    pub fn to_data_url(&self) -> Option<String> {
        match &self.source {
            MediaSource::Base64(data) => {
                let media_type = self.media_type.as_deref().unwrap_or("application/octet-stream");
                Some(format!("data:{media_type};base64,{data}"))
            }
            _ => None,
        }
    }

    /// The bytes, decoded, when the media is held by value.
    #[must_use]
    pub fn decode(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        match &self.source {
            MediaSource::Base64(data) => base64::engine::general_purpose::STANDARD
                .decode(data.as_str())
                .ok(),
            MediaSource::Text(text) => Some(text.as_bytes().to_vec()),
            MediaSource::Url(_) | MediaSource::File(_) => None,
        }
    }
}
