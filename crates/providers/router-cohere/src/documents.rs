//! Documents: texts with a title on our side, objects of any fields on the wire.

use std::borrow::Cow;

use router_core::content::MediaSource;
use router_core::{Error, Media, Result};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::chat::WIRE;

/// The name under which a document is kept as it came.
const AS_IT_CAME: &str = "document";

/// The text of a document that the wire can carry.
///
/// # Errors
/// `Unsupported` for what is no text.
pub(crate) fn text_of(media: &Media) -> Result<Cow<'_, str>> {
    let text = match &media.source {
        MediaSource::Text(text) => Some(Cow::Borrowed(text.as_str())),
        MediaSource::Base64(_) if is_text(media) => media
            .decode()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(Cow::Owned),
        _ => None,
    };
    text.ok_or_else(|| Error::unsupported("a document other than text"))
}

fn is_text(media: &Media) -> bool {
    media
        .media_type
        .as_deref()
        .is_some_and(|kind| kind.starts_with("text/") || kind.starts_with("application/json"))
}

/// A document, as it came or made of its text.
pub(crate) struct Document<'a>(pub(crate) &'a Media);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Data<'a>(&'a Media);
        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                if let Some(title) = &self.0.name {
                    map.serialize_entry("title", title)?;
                }
                let text = text_of(self.0).map_err(serde::ser::Error::custom)?;
                map.serialize_entry("text", &text)?;
                map.end()
            }
        }
        if let Some(document) = self.0.riders.extra().get(WIRE, AS_IT_CAME) {
            return document.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("data", &Data(self.0))?;
        map.end()
    }
}

/// A document on the wire, a text or an object, as one of ours; kept as it came where ours does not say all.
#[cfg(feature = "server")]
pub(crate) fn read(raw: &serde_json::value::RawValue, path: &str) -> Result<Media> {
    use router_core::content::{MediaKind, Riders};
    use router_core::{Extra, Json, Text};
    use router_wire::object::{Object, invalid, is_string};

    let of = |text: Text| Media::new(MediaKind::Document, MediaSource::Text(text));
    let kept = |mut media: Media| {
        let as_it_came = (Text::from_static(AS_IT_CAME), Json::from_raw(raw));
        let extra = Extra::of(Text::from_static(WIRE), vec![as_it_came]);
        media.riders = Riders::new().with_extra(extra);
        media
    };
    if is_string(raw) {
        let text = serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))?;
        return Ok(kept(of(text)));
    }
    let mut fields = Object::of(raw, path)?;
    let place = fields.path_of("data");
    let Some(mut data) = fields.object("data")? else {
        return Err(invalid(&place, "is required"));
    };
    let mut word = |names: &[&str]| -> Option<Text> {
        names.iter().find_map(|name| {
            let text = serde_json::from_str::<Text>(data.peek(name)?.get()).ok()?;
            data.take(name);
            Some(text)
        })
    };
    let title = word(&["title"]);
    let text = word(&["text"]);
    let more = !data.is_empty() || !fields.is_empty();
    // Other words for the text are the caller's own; then the whole object says most.
    let whole = text.is_none();
    let mut media = of(text.unwrap_or_else(|| Text::from(raw.get())));
    media.name = title;
    Ok(if more || whole { kept(media) } else { media })
}
