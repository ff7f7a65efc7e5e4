//! Pictures: by `generateContent` of the models that answer with some, by `predict` of Imagen.

use router_core::content::MediaKind;
use router_core::image::{Delivery, ImageRequest, ImageResponse, sides_of};
use router_core::{Call, ContentPart, Error, ErrorKind, Extra, FinishReason, Media, Result, Text};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use crate::parts::write_media;
use crate::request::{OWN, Settings, own_config, to_json};
use crate::{WIRE, method_path, predict, response};

/// Whether a model makes pictures by `predict`.
fn predicts(model: &str) -> bool {
    model.rsplit('/').next().unwrap_or(model).starts_with("imagen")
}

/// The request for pictures.
///
/// # Errors
/// `Unsupported` for what the model does not take, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    if predicts(call.model.as_str()) {
        return predict::encode_images(speaker, call, request);
    }
    const NOT_THERE: &str = "Gemini has no such setting";
    let mut warnings = Warnings::new(request.strict);
    let gone = [
        ("negative_prompt", request.negative_prompt.is_some()),
        ("mask", request.mask.is_some()),
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("output_format", request.output_format.is_some()),
        ("delivery", request.delivery == Some(Delivery::Url)),
        ("user", request.user.is_some()),
    ];
    for (name, is_set) in gone {
        if is_set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    let size = Size::of(request, &mut warnings)?;
    let bytes = to_json(&Body {
        request,
        size,
        own: &own_config(&request.provider_options, speaker)?,
        overrides: &Overrides::of(
            &request.provider_options,
            &[speaker.provider().as_str(), WIRE],
            OWN,
        )?,
    })?;
    let path = method_path(call.model.as_str(), "generateContent");
    Ok(Encoded::whole(
        HttpRequest::post_json(path, bytes),
        warnings.into_list(),
    ))
}

/// The pictures in a reply.
///
/// # Errors
/// `ContentFiltered` when the vendor's filter left none, `Decode` when there are none for another reason.
pub fn decode(speaker: &Speaker, call: &Call, reply: &HttpResponse) -> Result<ImageResponse> {
    if predicts(call.model.as_str()) {
        return predict::decode_images(reply);
    }
    let answer = response::decode(speaker, reply)?;
    let mut pictures = ImageResponse::default();
    for choice in &answer.choices {
        let found = choice.content.iter().filter_map(|part| match part {
            ContentPart::Media(media) if media.kind == MediaKind::Image => Some(media.clone().into()),
            _ => None,
        });
        pictures.images.extend(found);
        pictures.filtered += u32::from(choice.finish_reason == FinishReason::ContentFilter);
    }
    pictures.usage = answer.usage.clone();
    pictures.model.clone_from(&answer.model);
    if pictures.images.is_empty() {
        let raw = answer.first().and_then(|choice| choice.finish_reason_raw.clone());
        let said = answer.text();
        let (kind, message) = match pictures.filtered {
            0 if said.is_empty() => (
                ErrorKind::Decode,
                Text::from_static("the answer holds no picture"),
            ),
            0 => (
                ErrorKind::Decode,
                Text::from(format!("the answer holds no picture, but: {said}")),
            ),
            _ => (
                ErrorKind::ContentFiltered,
                Text::from_static("the vendor's filter left no picture"),
            ),
        };
        let error = Error::new(kind, message);
        let error = match raw {
            Some(raw) => error.with_code(raw),
            None => error,
        };
        return Err(match answer.usage {
            Some(usage) => error.with_usage(usage),
            None => error,
        });
    }
    Ok(pictures)
}

struct Body<'a> {
    request: &'a ImageRequest,
    size: Size,
    own: &'a [(String, &'a RawValue)],
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("contents", &[Turn(self.request)])?;
        fields.field("generationConfig", &Config(self))?;
        fields.end(&Extra::new(), WIRE)
    }
}

struct Turn<'a>(&'a ImageRequest);

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let prompt = || std::iter::once(Part::Text(&self.0.prompt));
        let pictures = || self.0.images.iter().map(Part::Picture);
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", "user")?;
        map.serialize_entry("parts", &Seq(|| prompt().chain(pictures())))?;
        map.end()
    }
}

enum Part<'a> {
    Text(&'a Text),
    Picture(&'a Media),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Text(text) => map.serialize_entry("text", text)?,
            Self::Picture(media) => write_media(&mut map, media)?,
        }
        map.end()
    }
}

struct Config<'a>(&'a Body<'a>);

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_size: Option<&'static str>,
}

impl Serialize for Config<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Body {
            request, size, own, ..
        } = self.0;
        let mut fields = Settings::new(serializer.serialize_map(None)?, own);
        fields.some("responseModalities", Some(["TEXT", "IMAGE"]))?;
        fields.some("candidateCount", request.n)?;
        fields.some("seed", request.seed)?;
        let config = ImageConfig {
            aspect_ratio: size.ratio,
            image_size: size.resolution,
        };
        let is_set = size.ratio.is_some() || size.resolution.is_some();
        fields.some("imageConfig", is_set.then_some(config))?;
        fields.end()
    }
}

/// The MIME type of a format.
pub(crate) fn mime_of_format(format: &str) -> String {
    match format {
        "jpg" => "image/jpeg".to_owned(),
        mime if mime.contains('/') => mime.to_owned(),
        format => format!("image/{format}"),
    }
}

/// Ratios of width to height that the vendor makes.
const RATIOS: &[(&str, f64)] = &[
    ("1:1", 1.0),
    ("2:3", 2.0 / 3.0),
    ("3:2", 3.0 / 2.0),
    ("3:4", 3.0 / 4.0),
    ("4:3", 4.0 / 3.0),
    ("4:5", 4.0 / 5.0),
    ("5:4", 5.0 / 4.0),
    ("9:16", 9.0 / 16.0),
    ("16:9", 16.0 / 9.0),
    ("21:9", 21.0 / 9.0),
];

/// A size as the vendor has it: a ratio and a class of resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) ratio: Option<&'static str>,
    pub(crate) resolution: Option<&'static str>,
}

impl Size {
    /// The size that a request asks for: in the vendor's words (`16:9`, `2K`), or in pixels (`1024x1536`), which become the
    /// nearest ratio and class.
    pub(crate) fn of(request: &ImageRequest, warnings: &mut Warnings) -> Result<Self> {
        let mut found = Self::default();
        if let Some(wanted) = request.aspect_ratio.as_deref() {
            found.ratio = RATIOS
                .iter()
                .find(|(ratio, _)| *ratio == wanted)
                .map(|(ratio, _)| *ratio);
            if found.ratio.is_none() {
                warnings.dropped("aspect_ratio", "not a ratio that Gemini has")?;
            }
        }
        let Some(size) = request.size.as_deref().filter(|size| *size != "auto") else {
            return Ok(found);
        };
        if let Some((ratio, _)) = RATIOS.iter().find(|(ratio, _)| *ratio == size) {
            found.ratio = Some(ratio);
            return Ok(found);
        }
        if let Some(class) = ["1K", "2K", "4K"]
            .into_iter()
            .find(|class| class.eq_ignore_ascii_case(size))
        {
            found.resolution = Some(class);
            return Ok(found);
        }
        let Some((width, height)) = sides_of(size) else {
            warnings.dropped("size", "not a size that Gemini has: 16:9, 2K, or pixels")?;
            return Ok(found);
        };
        let wanted = f64::from(width) / f64::from(height);
        let far = |ratio: f64| (ratio.ln() - wanted.ln()).abs();
        let nearest = RATIOS
            .iter()
            .min_by(|one, other| far(one.1).total_cmp(&far(other.1)));
        found.ratio = nearest.map(|(ratio, _)| *ratio);
        found.resolution = match width.max(height) {
            0..=1536 => None,
            1537..=2560 => Some("2K"),
            _ => Some("4K"),
        };
        warnings.changed("size", "Gemini has ratios and classes: sent as the nearest")?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use router_core::image::ImageRequest;
    use router_wire::warnings::Warnings;

    use super::Size;

    #[test]
    fn sizes_are_ratios_and_classes() {
        let of = |size: &str| {
            let mut request = ImageRequest::new("x");
            request.size = Some(size.into());
            let mut warnings = Warnings::new(false);
            let size = Size::of(&request, &mut warnings).expect("a size");
            (size.ratio, size.resolution, warnings.into_list().len())
        };
        assert_eq!(of("auto"), (None, None, 0));
        assert_eq!(of("16:9"), (Some("16:9"), None, 0));
        assert_eq!(of("2k"), (None, Some("2K"), 0));
        assert_eq!(of("1024x1024"), (Some("1:1"), None, 1));
        assert_eq!(of("1024x1536"), (Some("2:3"), None, 1));
        assert_eq!(of("3840x2160"), (Some("16:9"), Some("4K"), 1));
        assert_eq!(of("big"), (None, None, 1));
        assert_eq!(of("0x5"), (None, None, 1));
    }
}
