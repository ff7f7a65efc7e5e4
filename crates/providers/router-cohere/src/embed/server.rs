//! The endpoint as a server has it.

use base64::Engine as _;
use http::Method;
use router_core::content::MediaKind;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{
    ContentPart, Error, ErrorKind, Head, Json, Media, Mode, ModelId, Operation, Output, Result, StreamEvent,
    Text,
};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{Seq, extra_fields_but, inner_fields};
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::WIRE;
use crate::error::{error_body, error_response};

/// `POST /v2/embed`, and `POST /v1/embed`, which answers with bare vectors where no kinds of them are named.
#[derive(Clone, Copy, Debug)]
pub struct Embed;

impl ServerCodec for Embed {
    fn name(&self) -> &'static str {
        "cohere.embed"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && matches!(path, "/v2/embed" | "/v1/embed")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = body.required_text("model")?;
        let mut embed = EmbeddingRequest::new(inputs(&mut body)?);
        let is_first = request.path_only() == "/v1/embed";
        embed.input_type = match is_first {
            true => body.text("input_type")?,
            false => Some(body.required_text("input_type")?),
        };
        embed.dimensions = body.read("output_dimension")?;
        if embed.dimensions == Some(0) {
            return Err(invalid("output_dimension", "must be at least 1"));
        }
        embed.truncate = match body.peek("truncate").map(RawValue::get) {
            Some("\"END\"") => Some(true),
            Some("\"NONE\"") => Some(false),
            // `START` has no word of ours.
            _ => None,
        };
        if embed.truncate.is_some() {
            body.take("truncate");
        }
        let kinds: Vec<Text> = body.read("embedding_types")?.unwrap_or_default();
        if let [kind] = &kinds[..] {
            embed.encoding_format = Some(kind.clone());
        }
        embed.extra = body.rest(WIRE);
        if kinds.len() > 1 {
            let kinds = Json::of(&kinds)?;
            embed.extra.insert(WIRE, "embedding_types", kinds);
        }
        let bare = (is_first && kinds.is_empty()).then(|| {
            let texts = embed.inputs.iter().map(|input| match input {
                EmbeddingInput::Text(text) => text.clone(),
                _ => Text::default(),
            });
            texts.collect()
        });
        let base64 = kinds.iter().any(|kind| *kind == *"base64");
        let floats = !base64 || kinds.len() > 1;
        Ok(Ingress::new(
            ModelId::from(model),
            Operation::from(embed),
            Mode::Full,
            Encoder { base64, floats, bare },
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// Texts, pictures, or lists of both.
fn inputs(body: &mut Object<'_>) -> Result<Vec<EmbeddingInput>> {
    let mut inputs = Vec::new();
    if let Some(texts) = body.read::<Vec<Text>>("texts")? {
        inputs.extend(texts.into_iter().map(EmbeddingInput::Text));
    }
    for url in body.read::<Vec<Text>>("images")?.unwrap_or_default() {
        inputs.push(image(url).into());
    }
    for (at, raw) in body.list("inputs")?.into_iter().enumerate() {
        let mut input = Object::of(raw, format!("inputs[{at}]"))?;
        let path = input.path_of("content");
        let mut parts = Vec::new();
        for (at, raw) in input.list("content")?.into_iter().enumerate() {
            parts.push(part(Object::of(raw, format!("{path}[{at}]"))?)?);
        }
        inputs.push(EmbeddingInput::Parts(parts));
    }
    if inputs.is_empty() {
        return Err(invalid("texts", "texts, images or inputs are required"));
    }
    Ok(inputs)
}

fn part(mut fields: Object<'_>) -> Result<ContentPart> {
    let path = fields.path_of("type");
    match fields.required_text("type")?.as_str() {
        "text" => Ok(ContentPart::text(fields.required_text("text")?)),
        "image_url" => {
            let place = fields.path_of("image_url");
            let Some(mut url) = fields.object("image_url")? else {
                return Err(invalid(&place, "is required"));
            };
            Ok(image(url.required_text("url")?).into())
        }
        _ => Err(invalid(&path, "must be text or image_url")),
    }
}

fn image(url: Text) -> Media {
    Media::from_data_url(MediaKind::Image, &url).unwrap_or_else(|| Media::image_url(url))
}

struct Encoder {
    base64: bool,
    floats: bool,
    /// The texts, where the vectors are not told by their kinds.
    bare: Option<Vec<Text>>,
}

struct Answer<'a> {
    encoder: &'a Encoder,
    answer: &'a EmbeddingResponse,
}

struct Vectors<'a>(&'a Answer<'a>);

impl Serialize for Vectors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Answer { encoder, answer } = self.0;
        let vectors = &answer.embeddings;
        let mut map = serializer.serialize_map(None)?;
        if encoder.floats {
            map.serialize_entry("float", vectors)?;
        }
        if encoder.base64 {
            let coded = |vector: &Vec<f32>| {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                base64::engine::general_purpose::STANDARD.encode(bytes)
            };
            map.serialize_entry("base64", &Seq(|| vectors.iter().map(coded)))?;
        }
        inner_fields(&mut map, &answer.extra, WIRE, "embeddings")?;
        map.end()
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Version {
            version: &'static str,
        }
        #[derive(serde::Serialize)]
        struct Units {
            input_tokens: u64,
        }
        #[derive(serde::Serialize)]
        struct Meta {
            api_version: Version,
            #[serde(skip_serializing_if = "Option::is_none")]
            billed_units: Option<Units>,
        }
        let extra = &self.answer.extra;
        let mut map = serializer.serialize_map(None)?;
        if extra.get(WIRE, "id").is_none() {
            // Clients of the wire take one for granted.
            map.serialize_entry("id", "embed")?;
        }
        if let Some(texts) = &self.encoder.bare {
            map.serialize_entry("embeddings", &self.answer.embeddings)?;
            map.serialize_entry("texts", texts)?;
            map.serialize_entry("response_type", "embeddings_floats")?;
        } else {
            map.serialize_entry("embeddings", &Vectors(self))?;
            map.serialize_entry("response_type", "embeddings_by_type")?;
        }
        if extra.get(WIRE, "meta").is_none() {
            let usage = self.answer.usage.as_ref();
            let meta = Meta {
                api_version: Version { version: "2" },
                billed_units: usage.map(|usage| Units {
                    input_tokens: usage.input_tokens,
                }),
            };
            map.serialize_entry("meta", &meta)?;
        }
        extra_fields_but(&mut map, extra, WIRE, &["embeddings"])?;
        map.end()
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Embed(answer) = output else {
            return Err(Error::unsupported("another output than vectors"));
        };
        let body = Answer {
            encoder: self,
            answer,
        };
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut bytes::BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut bytes::BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}
