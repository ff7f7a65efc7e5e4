//! A picture as the form that the vendor takes, files or not.

use http::HeaderValue;
use http::header::ACCEPT;
use router_core::content::MediaSource;
use router_core::image::{Delivery, ImageRequest};
use router_core::{Call, Error, ErrorKind, Media, Result};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, Form, media_type};
use serde::Serialize;
use serde::ser::Serializer;

use crate::WIRE;
use crate::target::{Starts, Target};

/// The widths to heights that the vendor has.
const RATIOS: &[(&str, f64)] = &[
    ("1:1", 1.0),
    ("16:9", 16.0 / 9.0),
    ("9:16", 9.0 / 16.0),
    ("3:2", 1.5),
    ("2:3", 2.0 / 3.0),
    ("4:5", 0.8),
    ("5:4", 1.25),
    ("21:9", 21.0 / 9.0),
    ("9:21", 9.0 / 21.0),
];

/// How much of a picture is changed where the request does not say, from 0 to 1.
const STRENGTH: f64 = 0.5;

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    let target = Target::of(call.model.as_str())?;
    let mut warnings = Warnings::new(request.strict);
    check(&target, request, &mut warnings)?;
    let ratio = ratio(&target, request, &mut warnings)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let fields = serde_json::to_vec(&Body {
        target: &target,
        request,
        ratio,
        overrides: &overrides,
    })
    .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    // A form it must be, also without files.
    let mut form = Form::of_object(&fields)?;
    for (name, media) in request
        .images
        .iter()
        .map(|media| ("image", media))
        .chain(request.mask.iter().map(|media| ("mask", media)))
    {
        file(&mut form, name, media)?;
    }
    let http = form.into_request(target.path)?;
    // By value and with its fate; the picture alone would come with that in headers.
    let http = http.with_header(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(Encoded::whole(http, warnings.into_list()))
}

fn check(target: &Target, request: &ImageRequest, warnings: &mut Warnings) -> Result<()> {
    for (name, set) in [
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
    if request.delivery == Some(Delivery::Url) {
        warnings.dropped("delivery", "this vendor gives pictures by value only")?;
    }
    match (target.starts, request.images.len()) {
        (Starts::Never, 1..) => return Err(Error::unsupported("changing pictures with this model")),
        (Starts::Always, 0) => return Err(invalid("images", "this model needs a picture to start from")),
        (_, 2..) => return Err(Error::unsupported("several pictures to start from")),
        _ => {}
    }
    if request.mask.is_some() && target.starts != Starts::Always {
        return Err(Error::unsupported(
            "a mask with this model; edit/inpaint takes one",
        ));
    }
    Ok(())
}

/// The width to height that is asked for, or comes nearest to the size.
fn ratio<'a>(target: &Target, request: &'a ImageRequest, warnings: &mut Warnings) -> Result<Option<&'a str>> {
    let sides = request.sides()?;
    if target.starts == Starts::Always || (target.starts == Starts::InMode && !request.images.is_empty()) {
        if request.aspect_ratio.is_some() || sides.is_some() {
            warnings.dropped("aspect_ratio", "the picture keeps that of the one it starts from")?;
        }
        return Ok(None);
    }
    if let Some(ratio) = &request.aspect_ratio {
        return Ok(Some(ratio));
    }
    let Some((width, height)) = sides else {
        return Ok(None);
    };
    warnings.changed("size", "sent as the width to height that comes nearest")?;
    let distance = |ratio: f64| (ratio.ln() - (f64::from(width) / f64::from(height)).ln()).abs();
    let nearest = RATIOS
        .iter()
        .min_by(|(_, one), (_, other)| distance(*one).total_cmp(&distance(*other)));
    Ok(nearest.map(|(name, _)| *name))
}

fn file(form: &mut Form, name: &str, media: &Media) -> Result<()> {
    let bytes = match &media.source {
        MediaSource::Base64(_) => media
            .decode()
            .ok_or_else(|| invalid(name, "is not valid base64"))?,
        _ => {
            let what = "pictures by address (send the bytes, or allow fetching)";
            return Err(Error::unsupported(what));
        }
    };
    let kind = media.media_type.as_deref().or(media_type::of_bytes(&bytes));
    let ending = kind.and_then(media_type::format_of).unwrap_or("png");
    form.push_file(name, &format!("{name}.{ending}"), kind, bytes);
    Ok(())
}

struct Body<'a> {
    target: &'a Target,
    request: &'a ImageRequest,
    ratio: Option<&'a str>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { target, request, .. } = self;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        if !request.prompt.is_empty() {
            body.field("prompt", &request.prompt)?;
        }
        body.some("model", target.variant.as_deref())?;
        let changes = !request.images.is_empty();
        if target.starts == Starts::InMode {
            body.field(
                "mode",
                if changes {
                    "image-to-image"
                } else {
                    "text-to-image"
                },
            )?;
        }
        if changes && target.starts != Starts::Always {
            body.field("strength", &STRENGTH)?;
        }
        body.some("negative_prompt", request.negative_prompt.as_ref())?;
        body.some("aspect_ratio", self.ratio)?;
        body.some("seed", request.seed)?;
        let format = request.output_format.as_deref();
        body.some(
            "output_format",
            format.map(|word| if word == "jpg" { "jpeg" } else { word }),
        )?;
        body.end(&request.extra, WIRE)
    }
}
