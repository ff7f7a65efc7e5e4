//! Prompts to pictures by InvokeModel, in the form of each maker.

use router_core::content::MediaKind;
use router_core::image::{GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Call, Error, ErrorKind, Media, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Str};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse, media_type};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::models::{bare, path};

/// The name of this wire in unnamed fields.
const WIRE: &str = "bedrock.images";

/// In whose form a model takes prompts
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nova Canvas, and Titan before it.
    Amazon,
    Stability,
}

impl Form {
    fn of(model: &str) -> Self {
        match bare(model).split('.').next() {
            Some("stability") => Self::Stability,
            _ => Self::Amazon,
        }
    }

    /// Settings that it does not have.
    fn without(self) -> &'static [&'static str] {
        match self {
            Self::Amazon => &["aspect_ratio", "output_format"],
            Self::Stability => &["n", "size", "quality"],
        }
    }
}

/// The request for pictures.
///
/// # Errors
/// `Unsupported` for pictures to start from, and for settings when the request is strict; `InvalidRequest` for a size that is not
/// in pixels.
pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    if !request.images.is_empty() || request.mask.is_some() {
        return Err(Error::unsupported("pictures made from pictures"));
    }
    let form = Form::of(call.model.as_str());
    let mut warnings = Warnings::new(request.strict);
    for (name, set, theirs) in [
        ("n", request.n.is_some_and(|n| n > 1), false),
        ("size", request.size.is_some(), false),
        ("quality", request.quality.is_some(), false),
        ("aspect_ratio", request.aspect_ratio.is_some(), false),
        ("output_format", request.output_format.is_some(), false),
        ("background", request.background.is_some(), true),
        ("previews", request.previews.is_some(), true),
        ("user", request.user.is_some(), true),
    ] {
        if set && (theirs || form.without().contains(&name)) {
            warnings.dropped(name, "this model has no such setting on AWS Bedrock")?;
        }
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[])?;
    let body = Body {
        form,
        request,
        config: Config::of(form, request)?,
        overrides: &overrides,
    };
    Encoded::post_whole(path(call.model.as_str(), "invoke"), &body, warnings.into_list())
}

struct Body<'a> {
    form: Form,
    request: &'a ImageRequest,
    config: Config<'a>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        match self.form {
            Form::Amazon => {
                body.field("taskType", "TEXT_IMAGE")?;
                let prompt = Prompt {
                    text: &request.prompt,
                    negative_text: request.negative_prompt.as_ref(),
                };
                body.field("textToImageParams", &prompt)?;
                if self.config != Config::default() {
                    body.field("imageGenerationConfig", &self.config)?;
                }
            }
            Form::Stability => {
                body.field("prompt", &request.prompt)?;
                body.some("negative_prompt", request.negative_prompt.as_ref())?;
                body.some("aspect_ratio", request.aspect_ratio.as_ref())?;
                body.some("output_format", request.output_format.as_ref())?;
                body.some("seed", request.seed)?;
            }
        }
        body.end(&request.extra, WIRE)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prompt<'a> {
    text: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_text: Option<&'a Text>,
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number_of_images: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a Text>,
}

impl<'a> Config<'a> {
    fn of(form: Form, request: &'a ImageRequest) -> Result<Self> {
        if form == Form::Stability {
            return Ok(Self::default());
        }
        let sides = request.sides()?;
        Ok(Self {
            number_of_images: request.n,
            width: sides.map(|(width, _)| width),
            height: sides.map(|(_, height)| height),
            seed: request.seed,
            quality: request.quality.as_ref(),
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    images: List<Str<'a>>,
    /// Amazon's word for pictures that are missing.
    #[serde(borrow)]
    error: Str<'a>,
    /// Stability's word for each picture: none, or why it was withheld.
    #[serde(borrow)]
    finish_reasons: List<Str<'a>>,
}

/// The pictures in a reply.
///
/// # Errors
/// `ContentFiltered` when the filter withheld all of them, `Decode` when there are none otherwise.
pub(crate) fn decode(response: &HttpResponse) -> Result<ImageResponse> {
    let text = text_of(response)?;
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let reasons = answer.finish_reasons.0;
    let why = answer.error.to_text();
    let why = why.or_else(|| reasons.iter().find_map(Str::to_text));
    let withheld = |at: usize| reasons.get(at).is_some_and(|reason| reason.filled().is_some());
    let pictures = answer.images.0.into_iter().enumerate();
    let pictures: Vec<GeneratedImage> = pictures
        .filter(|(at, _)| !withheld(*at))
        .filter_map(|(_, data)| data.take(&text).map(picture))
        .collect();
    match why {
        Some(why) if pictures.is_empty() => {
            Err(Error::new(ErrorKind::ContentFiltered, why).with_raw(response.raw()))
        }
        None if pictures.is_empty() => Err(Error::new(ErrorKind::Decode, "the answer holds no picture")),
        why => {
            let filtered = reasons.iter().filter(|reason| reason.filled().is_some()).count();
            let mut answer = ImageResponse::new(pictures);
            answer.filtered = u32::try_from(filtered)
                .unwrap_or(u32::MAX)
                .max(u32::from(why.is_some()));
            Ok(answer)
        }
    }
}

fn picture(data: Text) -> GeneratedImage {
    let seen = media_type::of_base64(&data);
    let mut media = Media::base64(MediaKind::Image, "", data);
    media.media_type = seen.map(Text::from_static);
    media.into()
}
