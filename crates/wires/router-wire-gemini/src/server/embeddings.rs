//! Embeddings as a server has them: requests to texts, vectors to JSON.

use http::Method;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{Error, ErrorKind, Head, Mode, Operation, Output, Result, StreamEvent, Text};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::Seq;
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::WIRE;
use crate::embeddings::BATCH;
use crate::server::error::{error_body, error_response};
use crate::server::{is_method, model_and_method, object};

/// `:embedContent` and `:batchEmbedContents`.
#[derive(Clone, Copy, Debug)]
pub struct EmbedContent;

impl ServerCodec for EmbedContent {
    fn name(&self) -> &'static str {
        "gemini.embed"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && (is_method(path, "embedContent") || is_method(path, "batchEmbedContents"))
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, method) = model_and_method(request)?;
        let mut body = Object::parse(&request.body)?.proto();
        let batch = method == "batchEmbedContents";
        let mut embedding = EmbeddingRequest::default();
        if batch {
            for (place, raw) in body.list("requests")?.into_iter().enumerate() {
                let path = format!("requests[{place}]");
                let next = one(object(raw, &*path)?)?;
                if place == 0 {
                    embedding = next;
                } else if same(&embedding, &next) {
                    embedding.inputs.extend(next.inputs);
                } else {
                    return Err(invalid(
                        &path,
                        "must ask for the same as the others, but for its text",
                    ));
                }
            }
            body.take("model");
            let mut kept = Object::default();
            kept.keep(BATCH, body);
            for (name, value) in kept.rest(WIRE).for_wire(WIRE) {
                embedding.extra.insert(WIRE, name, value.clone());
            }
        } else {
            embedding = one(body)?;
        }
        Ok(Ingress::new(
            model,
            Operation::from(embedding),
            Mode::Full,
            Encoder { batch },
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// Reads one text, and what is asked for beside it.
fn one(mut fields: Object<'_>) -> Result<EmbeddingRequest> {
    let mut embedding = EmbeddingRequest::default();
    fields.take("model");
    let path = fields.path_of("content");
    let Some(mut content) = fields.object("content")? else {
        return Err(invalid(&path, "is required"));
    };
    content.take("role");
    let mut text = String::new();
    for (at, raw) in content.list("parts")?.into_iter().enumerate() {
        let mut part = object(raw, format!("{path}.parts[{at}]"))?;
        let Some(words) = part.text("text")?.filter(|_| part.is_empty()) else {
            return Err(invalid(&format!("{path}.parts[{at}]"), "must be text alone"));
        };
        text.push_str(&words);
    }
    embedding.inputs.push(EmbeddingInput::Text(Text::from(text)));
    embedding.input_type = fields.text("taskType")?;
    embedding.dimensions = fields.read("outputDimensionality")?;
    fields.keep("content", content);
    embedding.extra = fields.rest(WIRE);
    Ok(embedding)
}

/// Whether two requests of a batch differ in their texts alone.
fn same(one: &EmbeddingRequest, other: &EmbeddingRequest) -> bool {
    let asked = |of: &EmbeddingRequest| (of.input_type.clone(), of.dimensions, of.extra.clone());
    asked(one) == asked(other)
}

struct Encoder {
    batch: bool,
}

struct Vector<'a>(&'a [f32]);

impl Serialize for Vector<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("values", self.0)?;
        map.end()
    }
}

struct Answer<'a> {
    answer: &'a EmbeddingResponse,
    batch: bool,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let vectors = &self.answer.embeddings;
        let mut map = serializer.serialize_map(None)?;
        if self.batch {
            map.serialize_entry("embeddings", &Seq(|| vectors.iter().map(|vector| Vector(vector))))?;
        } else {
            map.serialize_entry(
                "embedding",
                &Vector(vectors.first().map(Vec::as_slice).unwrap_or_default()),
            )?;
        }
        if let Some(usage) = &self.answer.usage {
            let counts = std::collections::BTreeMap::from([("promptTokenCount", usage.input_tokens)]);
            map.serialize_entry("usageMetadata", &counts)?;
        }
        map.end()
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Embed(answer) = output else {
            return Err(Error::unsupported("another output than vectors"));
        };
        let body = Answer {
            answer,
            batch: self.batch,
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
