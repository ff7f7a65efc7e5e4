//! Pictures of `hf-inference`: a prompt goes out, the bytes of a picture come back.

use router_core::image::{GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Call, Error, ErrorKind, Media, Result};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse, media_type};
use serde::Serialize;
use serde::ser::Serializer;

use crate::codec::{WIRE, model_path};

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    if !request.images.is_empty() || request.mask.is_some() {
        return Err(Error::unsupported("pictures made from pictures"));
    }
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
            warnings.dropped(name, "this API has no such setting")?;
        }
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = Body {
        inputs: &request.prompt,
        parameters: Parameters {
            request,
            sides: request.sides()?,
            overrides: &overrides,
        },
    };
    Encoded::post_whole(model_path(call, "")?, &body, warnings.into_list())
}

#[derive(Serialize)]
struct Body<'a> {
    inputs: &'a str,
    parameters: Parameters<'a>,
}

struct Parameters<'a> {
    request: &'a ImageRequest,
    sides: Option<(u32, u32)>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.some("negative_prompt", self.request.negative_prompt.as_ref())?;
        fields.some("width", self.sides.map(|(width, _)| width))?;
        fields.some("height", self.sides.map(|(_, height)| height))?;
        fields.some("seed", self.request.seed)?;
        fields.end(&self.request.extra, WIRE)
    }
}

pub(crate) fn decode(response: &HttpResponse) -> Result<ImageResponse> {
    let said = response
        .header("content-type")
        .filter(|kind| kind.starts_with("image/"));
    let Some(kind) = media_type::of_bytes(&response.body).or(said) else {
        return Err(Error::new(ErrorKind::Decode, "the answer is no picture"));
    };
    let picture = Media::image_bytes(kind.to_owned(), &response.body);
    Ok(ImageResponse::new([GeneratedImage::from(picture)]))
}
