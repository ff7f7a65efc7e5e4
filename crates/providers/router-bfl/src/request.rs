//! A picture as the body of a job, by what a line of models takes.

use router_core::content::MediaSource;
use router_core::image::ImageRequest;
use router_core::{Call, Error, ErrorKind, Media, Result, Text};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::WIRE;

/// Widths and heights are multiples of it.
const STEP: u32 = 32;

/// How a line of models takes a picture to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Starts {
    /// `input_image`, `input_image_2`, … up to eight.
    Inputs,
    /// `image`, and a `mask`.
    Masked,
    /// `image_prompt`.
    Prompt,
}

/// What a line of models takes.
#[derive(Clone, Copy, Debug)]
struct Line {
    starts: Starts,
    /// Width and height in points, and not only one to the other.
    sides: bool,
}

impl Line {
    fn of(model: &str) -> Self {
        let of = |starts, sides| Self { starts, sides };
        if model.contains("kontext") {
            of(Starts::Inputs, false)
        } else if model.starts_with("flux-2") {
            of(Starts::Inputs, true)
        } else if model.contains("fill") || model.contains("expand") {
            of(Starts::Masked, false)
        } else {
            of(Starts::Prompt, !model.contains("ultra"))
        }
    }
}

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    let model = call.model.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if model.is_empty() || model.contains("..") || !model.bytes().all(plain) {
        return Err(invalid("model", "is no name of a model, such as flux-2-pro"));
    }
    let line = Line::of(model);
    let mut warnings = Warnings::new(request.strict);
    check(line, request, &mut warnings)?;
    let sides = sides(line, request, &mut warnings)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = serde_json::to_vec(&Body {
        line,
        request,
        sides,
        overrides: &overrides,
    })
    .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    let http = HttpRequest::post_json(format!("/v1/{model}"), body);
    Ok(Encoded::whole(http, warnings.into_list()))
}

fn check(line: Line, request: &ImageRequest, warnings: &mut Warnings) -> Result<()> {
    for (name, set) in [
        ("negative_prompt", request.negative_prompt.is_some()),
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("user", request.user.is_some()),
    ] {
        if set {
            warnings.dropped(name, "this vendor has no such setting")?;
        }
    }
    if request.n.is_some_and(|n| n > 1) {
        warnings.dropped("n", "this vendor makes one picture at a time")?;
    }
    let most = if line.starts == Starts::Inputs { 8 } else { 1 };
    if request.images.len() > most {
        return Err(invalid("images", &format!("at most {most} with this model")));
    }
    if request.mask.is_some() && line.starts != Starts::Masked {
        return Err(Error::unsupported(
            "a mask with this model; flux-pro-1.0-fill takes one",
        ));
    }
    for (at, media) in request.images.iter().chain(&request.mask).enumerate() {
        match &media.source {
            MediaSource::Url(_) => {}
            MediaSource::Base64(_) if media.decode().is_some() => {}
            MediaSource::Base64(_) => return Err(invalid(&format!("images[{at}]"), "is not valid base64")),
            _ => return Err(Error::unsupported("a picture that is a file of the vendor's")),
        }
    }
    Ok(())
}

/// The shape of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sides {
    Unsaid,
    Points(u32, u32),
    Ratio(u32, u32),
}

fn sides(line: Line, request: &ImageRequest, warnings: &mut Warnings) -> Result<Sides> {
    let Some((width, height)) = request.sides()? else {
        if request.aspect_ratio.is_some() && line.sides {
            warnings.dropped("aspect_ratio", "this model takes a size")?;
        }
        return Ok(Sides::Unsaid);
    };
    if line.sides {
        let near = |side: u32| ((side + STEP / 2) / STEP).max(1) * STEP;
        if (near(width), near(height)) != (width, height) {
            warnings.changed("size", "moved to multiples of 32")?;
        }
        return Ok(Sides::Points(near(width), near(height)));
    }
    if request.aspect_ratio.is_some() {
        warnings.dropped("size", "this model takes a width to height")?;
        return Ok(Sides::Unsaid);
    }
    warnings.changed("size", "sent as the width to height that it has")?;
    let (mut one, mut other) = (width, height);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    Ok(Sides::Ratio(width / one, height / one))
}

struct Body<'a> {
    line: Line,
    request: &'a ImageRequest,
    sides: Sides,
    overrides: &'a Overrides<'a>,
}

/// A picture as the vendor takes it: an address, or bare base64.
fn place(media: &Media) -> &Text {
    match &media.source {
        MediaSource::Url(place)
        | MediaSource::Base64(place)
        | MediaSource::File(place)
        | MediaSource::Text(place) => place,
        _ => &EMPTY,
    }
}

static EMPTY: Text = Text::from_static("");

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("prompt", &request.prompt)?;
        self.pictures(&mut body)?;
        match self.sides {
            Sides::Unsaid if self.line.sides => {}
            Sides::Unsaid => body.some("aspect_ratio", request.aspect_ratio.as_ref())?,
            Sides::Points(width, height) => {
                body.field("width", &width)?;
                body.field("height", &height)?;
            }
            Sides::Ratio(width, height) => body.field("aspect_ratio", &format!("{width}:{height}"))?,
        }
        body.some("seed", request.seed)?;
        let format = request.output_format.as_deref();
        body.some(
            "output_format",
            format.map(|word| if word == "jpg" { "jpeg" } else { word }),
        )?;
        body.end(&request.extra, WIRE)
    }
}

impl Body<'_> {
    fn pictures<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let images = &self.request.images;
        match self.line.starts {
            Starts::Inputs => {
                for (at, media) in images.iter().enumerate() {
                    match at {
                        0 => body.field("input_image", place(media))?,
                        _ => body.named(&format!("input_image_{}", at + 1), place(media))?,
                    }
                }
                Ok(())
            }
            Starts::Masked => {
                body.some("image", images.first().map(place))?;
                body.some("mask", self.request.mask.as_ref().map(place))
            }
            Starts::Prompt => body.some("image_prompt", images.first().map(place)),
        }
    }
}
