//! Vectors and rankings as a server has them.

use http::Method;
use router_core::rerank::{RankedDocument, RerankRequest};
use router_core::{
    ContentPart, EmbeddingRequest, Error, ErrorKind, Head, Mode, ModelId, Operation, Output, Result,
    StreamEvent, Text, Usage,
};
use router_wire::object::{Object, invalid};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::Seq;
use router_wire::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use super::chat::made_id;
use super::error::{error_body, error_response, unrepresentable};
use crate::embeddings::WIRE;

/// `POST …/services/embeddings/text-embedding/text-embedding`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Embeddings;

/// `POST …/services/rerank/text-rerank/text-rerank`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rerank;

/// The model, the input and the parameters of a request.
fn three(body: &[u8]) -> Result<(ModelId, Object<'_>, Option<Object<'_>>)> {
    let mut body = Object::parse(body)?;
    let model = ModelId::from(body.required_text("model")?);
    let input = body
        .object("input")?
        .ok_or_else(|| invalid("input", "is required"))?;
    Ok((model, input, body.object("parameters")?))
}

/// The texts of a list that must have some.
fn texts(input: &mut Object<'_>, name: &'static str) -> Result<Vec<Text>> {
    let path = input.path_of(name);
    let texts: Vec<Text> = input.read(name)?.unwrap_or_default();
    if texts.is_empty() {
        return Err(invalid(&path, "at least one is required"));
    }
    Ok(texts)
}

impl ServerCodec for Embeddings {
    fn name(&self) -> &'static str {
        "dashscope.embeddings"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/services/embeddings/text-embedding/text-embedding")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, mut input, parameters) = three(&request.body)?;
        let mut embed = EmbeddingRequest::new(texts(&mut input, "texts")?);
        if let Some(mut parameters) = parameters {
            embed.dimensions = parameters.read("dimension")?;
            embed.input_type = parameters.text("text_type")?;
            if parameters
                .text("output_type")?
                .is_some_and(|kind| kind != *"dense")
            {
                return Err(invalid("parameters.output_type", "only dense vectors are served"));
            }
            embed.extra = parameters.rest(WIRE);
        }
        Ok(Ingress::new(
            model,
            Operation::from(embed),
            Mode::Full,
            Encoder::default(),
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

impl ServerCodec for Rerank {
    fn name(&self) -> &'static str {
        "dashscope.rerank"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/services/rerank/text-rerank/text-rerank")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let (model, mut input, parameters) = three(&request.body)?;
        let query = input.required_text("query")?;
        let mut rerank = RerankRequest::new(query, texts(&mut input, "documents")?);
        let mut encoder = Encoder::default();
        if let Some(mut parameters) = parameters {
            rerank.top_n = parameters.read("top_n")?;
            if rerank.top_n == Some(0) {
                return Err(invalid("parameters.top_n", "must be at least 1"));
            }
            // The documents are at hand here, so that no vendor has to send them back.
            if parameters.read("return_documents")? == Some(true) {
                encoder.documents = rerank.documents.clone();
            }
            rerank.extra = parameters.rest(WIRE);
        }
        Ok(Ingress::new(model, Operation::from(rerank), Mode::Full, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// Writes vectors and rankings; of these, with their documents where they were asked for.
#[derive(Default)]
struct Encoder {
    documents: Vec<ContentPart>,
}

#[derive(Serialize)]
struct Answer<T> {
    output: T,
    usage: Total,
    request_id: String,
}

#[derive(Serialize)]
struct Total {
    total_tokens: u64,
}

impl<T: Serialize> Answer<T> {
    fn of(output: T, usage: Option<&Usage>) -> Result<HttpResponse> {
        let body = Self {
            output,
            usage: Total {
                total_tokens: usage.map_or(0, |usage| usage.input_tokens),
            },
            request_id: made_id(),
        };
        let bytes = serde_json::to_vec(&body).map_err(unrepresentable)?;
        Ok(HttpResponse::json(200, bytes))
    }
}

#[derive(Serialize)]
struct Vectors<'a> {
    embeddings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    text_index: usize,
    embedding: &'a [f32],
}

struct Ranks<'a>(&'a [RankedDocument], &'a [ContentPart]);

impl Serialize for Ranks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("results", &Seq(|| self.0.iter().map(|rank| Rank(rank, self.1))))?;
        map.end()
    }
}

struct Rank<'a>(&'a RankedDocument, &'a [ContentPart]);

impl Serialize for Rank<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            text: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.0.index)?;
        map.serialize_entry("relevance_score", &self.0.score)?;
        let document = self.1.get(self.0.index as usize);
        if let Some(text) = document.and_then(|document| document.as_text()) {
            map.serialize_entry("document", &Document { text })?;
        }
        map.end()
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        match output {
            Output::Embed(answer) => {
                let rows = answer.embeddings.iter().enumerate();
                let embeddings = rows.map(|(text_index, embedding)| Row {
                    text_index,
                    embedding,
                });
                let vectors = Vectors {
                    embeddings: embeddings.collect(),
                };
                Answer::of(vectors, answer.usage.as_ref())
            }
            Output::Rerank(answer) => {
                Answer::of(Ranks(&answer.results, &self.documents), answer.usage.as_ref())
            }
            _ => Err(Error::new(
                ErrorKind::Decode,
                "the provider answered something else than vectors or a ranking",
            )),
        }
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        HttpResponse::json(200, "")
    }

    fn event(&mut self, _event: &StreamEvent, _out: &mut bytes::BytesMut) {}

    fn stream_error(&mut self, error: &Error, out: &mut bytes::BytesMut) {
        out.extend_from_slice(&error_body(error));
    }
}
