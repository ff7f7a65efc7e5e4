//! Embeddings of DashScope's own API, which alone tells questions from documents.

use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{BatchLimits, Call, Error, ErrorKind, Result, Usage};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::options::OWN;

const PATH: &str = "/api/v1/services/embeddings/text-embedding/text-embedding";
/// The name of this wire in unnamed fields.
pub(crate) const WIRE: &str = "dashscope.embeddings";
/// Most texts of one request, on both APIs.
pub(crate) const LIMITS: BatchLimits = BatchLimits::inputs(10);

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let mut texts = Vec::with_capacity(request.inputs.len());
    for input in &request.inputs {
        match input {
            EmbeddingInput::Text(text) => texts.push(text.as_str()),
            _ => {
                return Err(Error::unsupported(
                    "embeddings of tokens over DashScope's own API",
                ));
            }
        }
    }
    if texts.is_empty() {
        return Err(invalid("inputs", "at least one is needed"));
    }
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("truncate", request.truncate.is_some()),
        ("user", request.user.is_some()),
        ("encoding_format", request.encoding_format.is_some()),
    ] {
        if set {
            warnings.dropped(name, "this API has no such setting")?;
        }
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Body {
        model: call.model.as_str(),
        input: Input { texts },
        parameters: Parameters {
            request,
            overrides: &overrides,
        },
    };
    Encoded::post_whole(PATH, &body, warnings.into_list())
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Input<'a>,
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
struct Input<'a> {
    texts: Vec<&'a str>,
}

struct Parameters<'a> {
    request: &'a EmbeddingRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.some("dimension", self.request.dimensions)?;
        // Words of other vendors mean the same.
        let purpose = self.request.input_type.as_deref().map(|word| match word {
            "search_query" | "RETRIEVAL_QUERY" | "retrieval.query" => "query",
            "search_document" | "passage" | "RETRIEVAL_DOCUMENT" | "retrieval.passage" => "document",
            other => other,
        });
        fields.some("text_type", purpose)?;
        fields.end(&self.request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    output: Output,
    usage: Option<Counts>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Output {
    embeddings: List<Row>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    embedding: Vec<f32>,
    text_index: Num,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    total_tokens: Num,
    input_tokens: Num,
}

/// Whether a reply is of this API.
pub(crate) fn is_native(response: &HttpResponse) -> bool {
    memchr::memmem::find(&response.body, b"\"output\"").is_some()
}

pub(crate) fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let mut rows = answer.output.embeddings.0;
    if rows.is_empty() || rows.iter().any(|row| row.embedding.is_empty()) {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no embeddings"));
    }
    rows.sort_by_key(|row| row.text_index.count());
    let mut embeddings = EmbeddingResponse::default();
    embeddings.embeddings = rows.into_iter().map(|row| row.embedding).collect();
    let counts = answer.usage.unwrap_or_default();
    let tokens = counts.total_tokens.count().or(counts.input_tokens.count());
    embeddings.usage = tokens.map(|tokens| Usage::new(tokens, 0));
    Ok(embeddings)
}
