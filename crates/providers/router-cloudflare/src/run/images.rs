//! A prompt, perhaps with a picture to start from, to a picture: its bytes, or JSON around them.

use router_core::content::{MediaKind, MediaSource};
use router_core::image::{GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Call, Error, ErrorKind, Media, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Str;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, Form, HttpResponse, media_type};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{NOT_THERE, OWN, WIRE};
use crate::models;

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    let start = match request.images.as_slice() {
        [] => None,
        [
            Media {
                source: MediaSource::Base64(data),
                ..
            },
        ] => Some(data),
        [_] => {
            return Err(Error::unsupported(
                "a picture to start from that is not given by value",
            ));
        }
        _ => return Err(Error::unsupported("more than one picture to start from")),
    };
    let mask = match &request.mask {
        None => None,
        Some(mask) => Some(
            mask.decode()
                .ok_or_else(|| invalid("mask", "is not valid base64"))?,
        ),
    };
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("n", request.n.is_some_and(|n| n > 1)),
        ("aspect_ratio", request.aspect_ratio.is_some()),
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("output_format", request.output_format.is_some()),
        ("previews", request.previews.is_some()),
        ("user", request.user.is_some()),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    let overrides = &Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Body {
        request,
        sides: request.sides()?,
        start,
        mask: mask.as_deref(),
        overrides,
    };
    let mut encoded = super::whole(call, &body, warnings.into_list())?;
    if models::takes_form(&call.model) {
        encoded.request = Form::of_object(&encoded.request.body)?.into_request(super::path(call)?)?;
    }
    Ok(encoded)
}

struct Body<'a> {
    request: &'a ImageRequest,
    sides: Option<(u32, u32)>,
    start: Option<&'a Text>,
    mask: Option<&'a [u8]>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("prompt", &request.prompt)?;
        body.some("negative_prompt", request.negative_prompt.as_ref())?;
        body.some("width", self.sides.map(|(width, _)| width))?;
        body.some("height", self.sides.map(|(_, height)| height))?;
        body.some("seed", request.seed)?;
        body.some("image_b64", self.start)?;
        body.some("mask", self.mask)?;
        body.end(&request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    image: Str<'a>,
}

pub(crate) fn decode(result: &HttpResponse) -> Result<ImageResponse> {
    if let Some(kind) = media_type::of_bytes(&result.body) {
        let picture = Media::image_bytes(kind, &result.body);
        return Ok(ImageResponse::new([GeneratedImage::from(picture)]));
    }
    let text = text_of(result)?;
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(data) = answer.image.take(&text) else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no picture"));
    };
    let seen = media_type::of_base64(&data);
    let mut picture = Media::base64(MediaKind::Image, "", data);
    picture.media_type = seen.map(Text::from_static);
    Ok(ImageResponse::new([GeneratedImage::from(picture)]))
}
