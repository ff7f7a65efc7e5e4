//! `embedContent` and `batchEmbedContents`: texts to vectors.

use router_core::chat::Usage;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{Call, Error, ErrorKind, Extra, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq, inner_fields};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::request::to_json;
use crate::{WIRE, full_name, method_path};

/// Most texts of one request.
pub const MOST: usize = 100;

/// The request for vectors: one text by `embedContent`, more by `batchEmbedContents`.
///
/// # Errors
/// `Unsupported` for tokens as input, and for settings when the request is strict; `InvalidRequest` for no texts, and for more
/// than the vendor takes at once.
pub fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    let texts = check(request, MOST, &mut warnings)?;
    if request.truncate.is_some() {
        warnings.dropped("truncate", "Gemini has no such setting")?;
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, WIRE], &[])?;
    let model = full_name(call.model.as_str());
    let one = |text| One {
        model: &model,
        text,
        request,
        overrides: &overrides,
    };
    let (method, bytes) = match texts.as_slice() {
        [text] => ("embedContent", to_json(&one(text))?),
        many => {
            let requests = Seq(|| many.iter().map(|text| one(text)));
            let body = Batch(requests, &request.extra);
            ("batchEmbedContents", to_json(&body)?)
        }
    };
    let path = method_path(call.model.as_str(), method);
    Ok(Encoded::whole(
        HttpRequest::post_json(path, bytes),
        warnings.into_list(),
    ))
}

/// The same by `embedContent` of Vertex AI, which takes one text, and settings in an object of their own.
///
/// # Errors
/// As [`encode`].
pub fn encode_one(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    let texts = check(request, 1, &mut warnings)?;
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, WIRE], &[])?;
    let bytes = to_json(&Apart {
        text: texts[0],
        request,
        overrides: &overrides,
    })?;
    let path = method_path(call.model.as_str(), "embedContent");
    Ok(Encoded::whole(
        HttpRequest::post_json(path, bytes),
        warnings.into_list(),
    ))
}

/// The texts of a request that has no other inputs, and not more of them than `most`.
pub(crate) fn check<'a>(
    request: &'a EmbeddingRequest,
    most: usize,
    warnings: &mut Warnings,
) -> Result<Vec<&'a Text>> {
    if request.user.is_some() {
        warnings.dropped("user", "Gemini has no such setting")?;
    }
    let format = request.encoding_format.as_deref();
    if format.is_some_and(|format| format != "float") {
        warnings.dropped("encoding_format", "Gemini sends numbers")?;
    }
    let count = request.inputs.len();
    if count == 0 {
        return Err(invalid("inputs", "at least one is required"));
    }
    if count > most {
        let message = format!("this model takes at most {most} at once, and there are {count}");
        return Err(invalid("inputs", &message));
    }
    let text = |input: &'a EmbeddingInput| match input {
        EmbeddingInput::Text(text) => Ok(text),
        _ => Err(Error::unsupported("input of an embedding other than text")),
    };
    request.inputs.iter().map(text).collect()
}

/// What was kept of a batch itself, among the unnamed fields of its requests.
pub(crate) const BATCH: &str = "~batch";

struct Batch<'a, T>(T, &'a Extra);

impl<T: Serialize> Serialize for Batch<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("requests", &self.0)?;
        inner_fields(&mut map, self.1, WIRE, BATCH)?;
        map.end()
    }
}

struct Content<'a>(&'a Text, &'a Extra);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("parts", &[std::collections::BTreeMap::from([("text", self.0)])])?;
        inner_fields(&mut map, self.1, WIRE, "content")?;
        map.end()
    }
}

struct One<'a> {
    model: &'a str,
    text: &'a Text,
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", self.model)?;
        fields.field("content", &Content(self.text, &self.request.extra))?;
        fields.some("taskType", self.request.input_type.as_ref())?;
        fields.some("outputDimensionality", self.request.dimensions)?;
        fields.end_but(&self.request.extra, WIRE, &["content", BATCH])
    }
}

struct Apart<'a> {
    text: &'a Text,
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

#[derive(PartialEq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct ApartSettings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    task_type: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimensionality: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_truncate: Option<bool>,
}

impl Serialize for Apart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let settings = ApartSettings {
            task_type: self.request.input_type.as_ref(),
            output_dimensionality: self.request.dimensions,
            auto_truncate: self.request.truncate,
        };
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("content", &Content(self.text, &self.request.extra))?;
        fields.some(
            "embedContentConfig",
            (settings != ApartSettings::default()).then_some(settings),
        )?;
        fields.end_but(&self.request.extra, WIRE, &["content", BATCH])
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vector {
    values: Vec<f32>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    embedding: Option<Vector>,
    embeddings: Option<Vec<Vector>>,
    usage_metadata: Option<Counts>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counts {
    prompt_token_count: Num,
}

/// The vectors in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let vectors = match (answer.embeddings, answer.embedding) {
        (Some(vectors), _) => vectors,
        (None, Some(vector)) => vec![vector],
        (None, None) => return Err(Error::new(ErrorKind::Decode, "the answer holds no vectors")),
    };
    let mut response = EmbeddingResponse::new(vectors.into_iter().map(|vector| vector.values).collect());
    let count = answer
        .usage_metadata
        .and_then(|counts| counts.prompt_token_count.count());
    response.usage = count.map(|count| Usage::new(count, 0));
    Ok(response)
}
