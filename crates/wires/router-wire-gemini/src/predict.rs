//! `predict`: the older method of the vendor's models that are not Gemini, for embeddings (Vertex AI) and pictures (Imagen).

use router_core::chat::Usage;
use router_core::content::{Media, MediaKind, MediaSource};
use router_core::embedding::{EmbeddingRequest, EmbeddingResponse};
use router_core::image::{Delivery, GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Call, Error, ErrorKind, Json, Result, Text, Warning};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num, Str};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::request::to_json;
use crate::{WIRE, embeddings, images, method_path};

/// The request for vectors. Most models take many texts at once; `most` says how many this one does.
///
/// # Errors
/// As [`embeddings::encode`].
pub fn encode_embeddings(
    speaker: &Speaker,
    call: &Call,
    request: &EmbeddingRequest,
    most: usize,
) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    let texts = embeddings::check(request, most, &mut warnings)?;
    let task = request.input_type.as_ref();
    let overrides = overrides(&request.provider_options, speaker)?;
    let parameters = |map: &mut Parameters<'_>| {
        map.some("outputDimensionality", request.dimensions.map(Into::into));
        map.some("autoTruncate", request.truncate.map(Into::into));
    };
    let instances = Seq(|| texts.iter().map(|text| Instance { text, task }));
    encoded(call, &instances, &overrides, parameters, warnings.into_list())
}

/// The request for pictures.
///
/// # Errors
/// `Unsupported` for pictures to start from, and for settings when the request is strict.
pub fn encode_images(speaker: &Speaker, call: &Call, request: &ImageRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    if !request.images.is_empty() || request.mask.is_some() {
        return Err(Error::unsupported("pictures to start from (of this model)"));
    }
    let gone = [
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("delivery", request.delivery == Some(Delivery::Url)),
        ("user", request.user.is_some()),
    ];
    for (name, is_set) in gone {
        if is_set {
            warnings.dropped(name, "Imagen has no such setting")?;
        }
    }
    let size = images::Size::of(request, &mut warnings)?;
    let overrides = overrides(&request.provider_options, speaker)?;
    let parameters = |map: &mut Parameters<'_>| {
        map.some("sampleCount", request.n.map(Into::into));
        map.some("aspectRatio", size.ratio.map(Into::into));
        map.some("sampleImageSize", size.resolution.map(Into::into));
        map.some(
            "negativePrompt",
            request.negative_prompt.as_deref().map(Into::into),
        );
        map.some("seed", request.seed.map(Into::into));
        // The vendor takes a seed only for pictures without its mark.
        map.some("addWatermark", request.seed.map(|_| false.into()));
        let mime = request.output_format.as_deref().map(images::mime_of_format);
        map.some(
            "outputOptions",
            mime.map(|mime| serde_json::json!({ "mimeType": mime })),
        );
    };
    let instances = [std::collections::BTreeMap::from([("prompt", &request.prompt)])];
    encoded(call, &instances, &overrides, parameters, warnings.into_list())
}

fn overrides<'a>(options: &'a router_core::ProviderOptions, speaker: &Speaker) -> Result<Overrides<'a>> {
    Overrides::of(options, &[speaker.provider().as_str(), WIRE], &[])
}

/// The parameters that are set, of which the caller's own win.
struct Parameters<'a> {
    map: serde_json::Map<String, serde_json::Value>,
    own: &'a Overrides<'a>,
}

impl Parameters<'_> {
    fn some(&mut self, name: &str, value: Option<serde_json::Value>) {
        if let Some(value) = value.filter(|_| !self.own.has(name)) {
            self.map.insert(name.to_owned(), value);
        }
    }
}

fn encoded(
    call: &Call,
    instances: &impl Serialize,
    own: &Overrides<'_>,
    set: impl FnOnce(&mut Parameters<'_>),
    warnings: Vec<Warning>,
) -> Result<Encoded> {
    let mut parameters = Parameters {
        map: serde_json::Map::new(),
        own,
    };
    set(&mut parameters);
    let bytes = to_json(&Body {
        instances,
        parameters: &parameters,
    })?;
    let path = method_path(call.model.as_str(), "predict");
    Ok(Encoded::whole(HttpRequest::post_json(path, bytes), warnings))
}

struct Body<'a, I> {
    instances: &'a I,
    parameters: &'a Parameters<'a>,
}

impl<I: Serialize> Serialize for Body<'_, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("instances", self.instances)?;
        map.serialize_entry("parameters", self.parameters)?;
        map.end()
    }
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.own);
        for (name, value) in &self.map {
            fields.named(name, value)?;
        }
        fields.end(&router_core::Extra::new(), WIRE)
    }
}

/// A text to embed. This method writes its fields with underscores.
struct Instance<'a> {
    text: &'a Text,
    task: Option<&'a Text>,
}

impl Serialize for Instance<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content", self.text)?;
        if let Some(task) = self.task {
            map.serialize_entry("task_type", task)?;
        }
        map.end()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vectors {
    predictions: Vec<Prediction>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Prediction {
    embeddings: Vector,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vector {
    values: Vec<f32>,
    statistics: Statistics,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Statistics {
    token_count: Num,
}

/// The vectors in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode_embeddings(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Vectors = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    if answer.predictions.is_empty() {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no vectors"));
    }
    let counts = answer
        .predictions
        .iter()
        .filter_map(|prediction| prediction.embeddings.statistics.token_count.count())
        .reduce(u64::saturating_add);
    let vectors = answer
        .predictions
        .into_iter()
        .map(|prediction| prediction.embeddings.values);
    let mut response = EmbeddingResponse::new(vectors.collect());
    response.usage = counts.map(|count| Usage::new(count, 0));
    Ok(response)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pictures<'a> {
    #[serde(borrow)]
    predictions: List<Picture<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Picture<'a> {
    #[serde(borrow)]
    mime_type: Str<'a>,
    #[serde(borrow)]
    bytes_base64_encoded: Str<'a>,
    #[serde(borrow)]
    gcs_uri: Str<'a>,
    #[serde(borrow)]
    rai_filtered_reason: Str<'a>,
    #[serde(borrow)]
    prompt: Str<'a>,
}

/// The pictures in a reply. Those that the vendor's filter removed are counted; their number is in a text where one says so for
/// several.
///
/// # Errors
/// `ContentFiltered` for neither a picture nor a word of one that was removed, `Decode` when the body is no JSON.
pub fn decode_images(response: &HttpResponse) -> Result<ImageResponse> {
    let text = text_of(response)?;
    let answer: Pictures<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let mut response = ImageResponse::default();
    for picture in answer.predictions.0 {
        let mime = picture.mime_type.to_text();
        let source = match (
            picture.bytes_base64_encoded.take(&text),
            picture.gcs_uri.take(&text),
        ) {
            (Some(data), _) => MediaSource::Base64(data),
            (None, Some(uri)) => MediaSource::Url(uri),
            (None, None) => {
                response.filtered += u32::from(picture.rai_filtered_reason.filled().is_some());
                if let Some(why) = picture.rai_filtered_reason.to_text() {
                    let why = Json::from(serde_json::Value::from(why.as_str()));
                    response.extra.insert(WIRE, "raiFilteredReason", why);
                }
                continue;
            }
        };
        let mut media = Media::new(MediaKind::Image, source);
        media.media_type = mime;
        let mut image = GeneratedImage::from(media);
        image.revised_prompt = picture.prompt.to_text();
        response.images.push(image);
    }
    if response.images.is_empty() && response.filtered == 0 {
        let message = "the vendor's filter left no picture";
        return Err(Error::new(ErrorKind::ContentFiltered, message));
    }
    Ok(response)
}
