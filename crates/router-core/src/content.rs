//! The parts a message is made of: text, media, reasoning, tool calls and results, and what no type here names.

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::json::Json;
use crate::model::ProviderId;
use crate::text::Text;
use crate::tool::{ServerToolCall, ToolCall, ToolResult};

/// One part of a message or of an answer.
///
/// Serialized under its name, `{"text": {…}}`, and not with a tag inside: serde would take such a value apart before it
/// knows the part, and JSON that is kept as text could not be read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContentPart {
    /// Text.
    Text(TextPart),
    /// An image, document, audio or video.
    Media(Media),
    /// What the model thought before it answered.
    Reasoning(Reasoning),
    /// Why the model did not answer.
    Refusal(Refusal),
    /// A call that the caller has to run.
    ToolCall(ToolCall),
    /// What a call gave.
    ToolResult(ToolResult),
    /// A call that the vendor ran itself.
    ServerToolCall(ServerToolCall),
    /// A part that only its vendor knows.
    Opaque(Opaque),
}

impl ContentPart {
    /// A text part.
    #[must_use]
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(TextPart {
            text: text.into(),
            citations: Vec::new(),
            riders: Riders::default(),
        })
    }

    /// The text of a text part.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }

    /// What rides on the part, for the kinds that can carry it.
    #[must_use]
    pub fn riders(&self) -> Option<&Riders> {
        match self {
            Self::Text(part) => Some(&part.riders),
            Self::Media(part) => Some(&part.riders),
            Self::Reasoning(part) => Some(&part.riders),
            Self::ToolCall(part) => Some(&part.riders),
            Self::ToolResult(part) => Some(&part.riders),
            Self::ServerToolCall(part) => Some(&part.riders),
            Self::Refusal(_) | Self::Opaque(_) => None,
        }
    }

    /// What rides on the part, to change it.
    pub fn riders_mut(&mut self) -> Option<&mut Riders> {
        match self {
            Self::Text(part) => Some(&mut part.riders),
            Self::Media(part) => Some(&mut part.riders),
            Self::Reasoning(part) => Some(&mut part.riders),
            Self::ToolCall(part) => Some(&mut part.riders),
            Self::ToolResult(part) => Some(&mut part.riders),
            Self::ServerToolCall(part) => Some(&mut part.riders),
            Self::Refusal(_) | Self::Opaque(_) => None,
        }
    }

    /// The part with a cache mark: the prompt up to and including it is worth keeping at the vendor.
    #[must_use]
    pub fn with_cache(mut self, mark: CacheMark) -> Self {
        if let Some(riders) = self.riders_mut() {
            riders.set_cache(Some(mark));
        }
        self
    }
}

impl From<&str> for ContentPart {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for ContentPart {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<Text> for ContentPart {
    fn from(text: Text) -> Self {
        Self::text(text)
    }
}

impl From<Media> for ContentPart {
    fn from(media: Media) -> Self {
        Self::Media(media)
    }
}

impl From<ToolCall> for ContentPart {
    fn from(call: ToolCall) -> Self {
        Self::ToolCall(call)
    }
}

impl From<ToolResult> for ContentPart {
    fn from(result: ToolResult) -> Self {
        Self::ToolResult(result)
    }
}

impl From<Reasoning> for ContentPart {
    fn from(reasoning: Reasoning) -> Self {
        Self::Reasoning(reasoning)
    }
}

/// Text, and the sources it names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextPart {
    /// The text.
    pub text: Text,
    /// Sources that the vendor attached to this text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
    /// What rides on the part.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

impl TextPart {
    /// Text without sources.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A refusal in the model's words, where the vendor keeps it apart from the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusal {
    /// The words.
    pub text: Text,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self { text: text.into() }
    }
}

/// What the model thought, as far as the vendor shows it.
///
/// A vendor may hide the text and give only a signature or encrypted data; such a part has an empty text and must be
/// sent back all the same. Parts without a signature of the vendor called are left out with a warning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reasoning {
    /// The visible text, possibly empty.
    pub text: Text,
    /// Whether the vendor hid the text on purpose; the signature then holds it in encrypted form.
    #[serde(default, skip_serializing_if = "is_false")]
    pub redacted: bool,
    /// Signature and vendor fields.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

impl Reasoning {
    /// Reasoning text without a signature.
    #[must_use]
    pub fn new(text: impl Into<Text>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// The same with a signature.
    #[must_use]
    pub fn with_signature(mut self, signature: Signature) -> Self {
        self.riders.set_signature(Some(signature));
        self
    }
}

/// A part or item in its vendor's own JSON, sent back to that vendor only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opaque {
    /// Who made it.
    pub provider: ProviderId,
    /// The vendor's JSON, untouched.
    pub raw: Json,
}

impl Opaque {
    /// A part of `provider`.
    #[must_use]
    pub fn new(provider: impl Into<ProviderId>, raw: Json) -> Self {
        Self {
            provider: provider.into(),
            raw,
        }
    }
}

/// What rides on a part and belongs to it: signature, cache mark, and fields of the wire it came from.
///
/// One pointer when empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Riders(Option<Box<RiderData>>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct RiderData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<CacheMark>,
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    extra: Extra,
}

impl Riders {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether nothing rides on the part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The vendor's signature over the part.
    #[must_use]
    pub fn signature(&self) -> Option<&Signature> {
        self.0.as_ref().and_then(|data| data.signature.as_ref())
    }

    /// The cache mark on the part.
    #[must_use]
    pub fn cache(&self) -> Option<&CacheMark> {
        self.0.as_ref().and_then(|data| data.cache.as_ref())
    }

    /// Fields of the wire that the types here do not name.
    #[must_use]
    pub fn extra(&self) -> &Extra {
        static NONE: Extra = Extra::new();
        self.0.as_ref().map_or(&NONE, |data| &data.extra)
    }

    /// Sets or clears the signature.
    pub fn set_signature(&mut self, signature: Option<Signature>) {
        self.change(|data| data.signature = signature);
    }

    /// Sets or clears the cache mark.
    pub fn set_cache(&mut self, mark: Option<CacheMark>) {
        self.change(|data| data.cache = mark);
    }

    /// Sets or clears the fields of the wire.
    pub fn set_extra(&mut self, extra: Extra) {
        self.change(|data| data.extra = extra);
    }

    /// The riders with a signature.
    #[must_use]
    pub fn with_signature(mut self, signature: Signature) -> Self {
        self.set_signature(Some(signature));
        self
    }

    /// The riders with a cache mark.
    #[must_use]
    pub fn with_cache(mut self, mark: CacheMark) -> Self {
        self.set_cache(Some(mark));
        self
    }

    /// The riders with fields of a wire.
    #[must_use]
    pub fn with_extra(mut self, extra: Extra) -> Self {
        self.set_extra(extra);
        self
    }

    /// Takes over what `other` has and this has not; of what both have, `other` wins.
    pub fn merge(&mut self, other: Self) {
        let Some(other) = other.0 else { return };
        self.change(|data| {
            data.signature = other.signature.or(data.signature.take());
            data.cache = other.cache.or(data.cache.take());
            if !other.extra.is_empty() {
                data.extra = other.extra;
            }
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut RiderData)) {
        let mut data = self.0.take().unwrap_or_default();
        change(&mut data);
        if *data != RiderData::default() {
            self.0 = Some(data);
        }
    }
}

/// Opaque bytes that a vendor put on a part and wants back unchanged: a signature over reasoning, encrypted reasoning,
/// a thought signature on a tool call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Signature {
    /// Who made it; only this vendor gets it back.
    pub provider: ProviderId,
    /// The signature as the vendor wrote it.
    pub data: Text,
}

impl Signature {
    /// A signature made by `provider`.
    #[must_use]
    pub fn new(provider: impl Into<ProviderId>, data: impl Into<Text>) -> Self {
        Self {
            provider: provider.into(),
            data: data.into(),
        }
    }
}

/// Marks the end of a prompt prefix that the vendor should keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheMark {
    /// How long, in the vendor's words (`5m`, `1h`); the vendor's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Text>,
}

impl CacheMark {
    /// A mark with the vendor's default life time.
    #[must_use]
    pub const fn new() -> Self {
        Self { ttl: None }
    }

    /// A mark with a life time.
    #[must_use]
    pub fn with_ttl(ttl: impl Into<Text>) -> Self {
        Self {
            ttl: Some(ttl.into()),
        }
    }
}

/// A source for a piece of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Citation {
    /// Address of the source.
    pub url: Option<Text>,
    /// Title of the source.
    pub title: Option<Text>,
    /// The words that were cited.
    pub cited_text: Option<Text>,
    /// First and last position in the answer's text that the source supports, in the vendor's unit.
    pub range: Option<(u64, u64)>,
    /// The vendor's own object.
    pub raw: Option<Opaque>,
}

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

fn is_false(value: &bool) -> bool {
    !value
}
