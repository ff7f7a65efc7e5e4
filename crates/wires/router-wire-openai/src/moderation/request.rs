//! Inputs to judge as the body of a request.

use router_core::content::{MediaKind, MediaSource};
use router_core::moderation::ModerationRequest;
use router_core::{Call, Content, ContentPart, Error, Extra, Result, Text};
use router_wire::Encoded;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::write::{Fields, Inner, Overrides, Seq, extra_fields_but};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{ALONE, WIRE};

/// The request for judgements.
///
/// # Errors
/// `InvalidRequest` without inputs, `Unsupported` for what is neither text nor picture, and for several inputs of which one
/// has a picture: this wire judges those all together.
pub fn encode(
    path: &str,
    speaker: &Speaker,
    call: &Call,
    request: &ModerationRequest,
    own: &[&str],
) -> Result<Encoded> {
    let input = Input::of(request)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let body = Body {
        call,
        input,
        extra: &request.extra,
        overrides: &overrides,
    };
    Encoded::post_whole(path, &body, Vec::new())
}

/// What is judged, in one of the forms that the wire has.
enum Input<'a> {
    Text(Text),
    Texts(Vec<Text>),
    /// Judged together.
    Parts(&'a [ContentPart]),
}

impl<'a> Input<'a> {
    fn of(request: &'a ModerationRequest) -> Result<Self> {
        match &request.inputs[..] {
            [] => return Err(invalid("inputs", "at least one is needed")),
            [Content::Parts(parts)] if !parts.iter().all(is_text) => {
                if !parts.iter().all(|part| is_text(part) || is_picture(part)) {
                    return Err(Error::unsupported("judging what is neither text nor picture"));
                }
                return Ok(Self::Parts(parts));
            }
            _ => {}
        }
        let together = "judging several inputs of which one has a picture; ask for each on its own";
        let texts = request.inputs.iter().map(|input| match input {
            Content::Parts(parts) if !parts.iter().all(is_text) => Err(Error::unsupported(together)),
            input => Ok(input.joined_text()),
        });
        let mut texts = texts.collect::<Result<Vec<_>>>()?;
        if texts.len() == 1 && request.extra.get(WIRE, ALONE).is_some() {
            return Ok(Self::Text(texts.remove(0)));
        }
        Ok(Self::Texts(texts))
    }
}

fn is_text(part: &ContentPart) -> bool {
    part.as_text().is_some()
}

fn is_picture(part: &ContentPart) -> bool {
    matches!(part, ContentPart::Media(media) if media.kind == MediaKind::Image
        && matches!(media.source, MediaSource::Url(_) | MediaSource::Base64(_)))
}

struct Body<'a> {
    call: &'a Call,
    input: Input<'a>,
    extra: &'a Extra,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        if !self.call.model.as_str().is_empty() {
            body.field("model", &self.call.model)?;
        }
        match &self.input {
            Input::Text(text) => body.field("input", text)?,
            Input::Texts(texts) => body.field("input", texts)?,
            Input::Parts(parts) => body.field("input", &Seq(|| parts.iter().map(Part)))?,
        }
        body.end_but(self.extra, WIRE, &[ALONE])
    }
}

struct Part<'a>(&'a ContentPart);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Url<'a> {
            url: &'a str,
            #[serde(flatten)]
            inner: Inner<'a>,
        }
        static NONE: Extra = Extra::new();
        let extra = self.0.riders().map_or(&NONE, |riders| riders.extra());
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            ContentPart::Media(media) => {
                map.serialize_entry("type", "image_url")?;
                let data = media.to_data_url();
                let url = match (&media.source, &data) {
                    (MediaSource::Url(url), _) => url.as_str(),
                    (_, data) => data.as_deref().unwrap_or_default(),
                };
                map.serialize_entry(
                    "image_url",
                    &Url {
                        url,
                        inner: Inner::of(extra, WIRE, "image_url"),
                    },
                )?;
            }
            part => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", part.as_text().unwrap_or(&Text::new()))?;
            }
        }
        extra_fields_but(&mut map, extra, WIRE, &["image_url"])?;
        map.end()
    }
}
