//! Pictures as the input and the output of a prediction.

use router_core::content::{MediaKind, MediaSource};
use router_core::image::{Delivery, ImageRequest, ImageResponse};
use router_core::{Call, Error, ErrorKind, Media, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::Serialize;
use serde::ser::Serializer;
use serde_json::Value;

use crate::WIRE;
use crate::chat::place;
use crate::codec::submitted;
use crate::prediction::Prediction;
use crate::target::Target;

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    let target = Target::of(call.model.as_str())?;
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("size", request.size.is_some()),
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("user", request.user.is_some()),
    ] {
        if set {
            warnings.dropped(
                name,
                "predictions have no such setting; a model's own go as options",
            )?;
        }
    }
    if request.delivery == Some(Delivery::Base64) {
        warnings.dropped("delivery", "this vendor gives pictures by address only")?;
    }
    let field = field_of(&target);
    if request.images.len() > 1 && field != "image_input" {
        return Err(Error::unsupported("several pictures with this model"));
    }
    for (at, media) in request.images.iter().chain(&request.mask).enumerate() {
        match &media.source {
            MediaSource::Url(_) => {}
            MediaSource::Base64(_) if media.decode().is_some() => {}
            MediaSource::Base64(_) => return Err(invalid(&format!("images[{at}]"), "is not valid base64")),
            _ => return Err(Error::unsupported("a picture that is a file of the vendor's")),
        }
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let input = Input {
        field,
        request,
        overrides: &overrides,
    };
    submitted(call, &target, &input, warnings.into_list())
}

/// The field for a picture to start from.
fn field_of(target: &Target<'_>) -> &'static str {
    match target.owner {
        "google" | "openai" | "bytedance" => "image_input",
        _ if target.name.contains("kontext") => "input_image",
        _ => "image",
    }
}

struct Input<'a> {
    field: &'static str,
    request: &'a ImageRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Input<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut input = Fields::new(serializer.serialize_map(None)?, self.overrides);
        input.field("prompt", &request.prompt)?;
        input.some("negative_prompt", request.negative_prompt.as_ref())?;
        let pictures: Vec<String> = request.images.iter().map(place).collect();
        match &pictures[..] {
            [] => {}
            all if self.field == "image_input" => input.field(self.field, all)?,
            [only, ..] => input.field(self.field, only)?,
        }
        input.some("mask", request.mask.as_ref().map(place))?;
        input.some("num_outputs", request.n)?;
        input.some("aspect_ratio", request.aspect_ratio.as_ref())?;
        let format = request.output_format.as_deref();
        input.some(
            "output_format",
            format.map(|word| if word == "jpeg" { "jpg" } else { word }),
        )?;
        input.some("seed", request.seed)?;
        input.end(&request.extra, WIRE)
    }
}

pub(crate) fn decode(response: &HttpResponse) -> Result<ImageResponse> {
    let body = text_of(response)?;
    let prediction: Prediction<'_> = serde_json::from_str(&body).map_err(|error| malformed(&error, &body))?;
    let output = prediction
        .output
        .map(|raw| serde_json::from_str::<Value>(raw.get()));
    let places: Vec<String> = match output {
        Some(Ok(Value::String(place))) => vec![place],
        Some(Ok(Value::Array(list))) => list
            .iter()
            .filter_map(|place| place.as_str().map(str::to_owned))
            .collect(),
        Some(Ok(Value::Object(fields))) => fields
            .values()
            .filter_map(Value::as_str)
            .filter(|place| place.starts_with("http") || place.starts_with("data:"))
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    if places.is_empty() {
        return Err(Error::new(ErrorKind::Decode, "the prediction holds no pictures"));
    }
    let pictures = places.into_iter().map(|place| {
        let place = Text::from(place);
        Media::from_data_url(MediaKind::Image, &place).unwrap_or_else(|| Media::image_url(place))
    });
    let mut answer = ImageResponse::new(pictures);
    answer.model = prediction.model.to_text();
    Ok(answer)
}
