//! Vectors: of `hf-inference`, and of a text embeddings server. Both take texts as `inputs` and give bare lists.

use router_core::embedding::{EmbeddingRequest, EmbeddingResponse};
use router_core::{BatchLimits, Call, Error, ErrorKind, Result, Usage};
use router_wire::body::{malformed, text_of};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::Serialize;
use serde::ser::Serializer;

use crate::codec::{WIRE, model_path};

/// Most texts of one request, as a server has it that was not told otherwise.
pub(crate) const LIMITS: BatchLimits = BatchLimits::inputs(32);

const PATH: &str = "/pipeline/feature-extraction";

/// A request to `hf-inference`.
pub(crate) fn of_hub(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    encode(speaker, model_path(call, PATH)?, request, false)
}

/// A request to a server of one's own, which can shorten vectors.
pub(crate) fn of_server(speaker: &Speaker, request: &EmbeddingRequest) -> Result<Encoded> {
    encode(speaker, "/embed".to_owned(), request, true)
}

fn encode(speaker: &Speaker, path: String, request: &EmbeddingRequest, shortens: bool) -> Result<Encoded> {
    let texts = request.texts()?;
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("dimensions", request.dimensions.is_some() && !shortens),
        ("user", request.user.is_some()),
        ("encoding_format", request.encoding_format.is_some()),
    ] {
        if set {
            warnings.dropped(name, "this API has no such setting")?;
        }
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = Body {
        request,
        texts,
        shortens,
        overrides: &overrides,
    };
    Encoded::post_whole(path, &body, warnings.into_list())
}

struct Body<'a> {
    request: &'a EmbeddingRequest,
    texts: Vec<&'a str>,
    shortens: bool,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("inputs", &self.texts)?;
        body.some("truncate", request.truncate)?;
        // The names that most models have given to their prompts; words of other vendors mean the same.
        let purpose = request.input_type.as_deref().map(|word| match word {
            "search_query" | "RETRIEVAL_QUERY" | "retrieval.query" => "query",
            "search_document" | "RETRIEVAL_DOCUMENT" | "retrieval.passage" => "document",
            other => other,
        });
        body.some("prompt_name", purpose)?;
        body.some("dimensions", request.dimensions.filter(|_| self.shortens))?;
        body.end(&request.extra, WIRE)
    }
}

/// The vectors in a reply: a list of them, or one alone.
pub(crate) fn decode(request: &EmbeddingRequest, response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let vectors = match serde_json::from_str::<Vec<Vec<f32>>>(&text) {
        Ok(vectors) => vectors,
        Err(error) => match serde_json::from_str::<Vec<f32>>(&text) {
            Ok(one) => vec![one],
            Err(_) if text.starts_with("[[[") => {
                let message =
                    "the model gives a vector for each token, and none for a text; another pools them";
                return Err(Error::new(ErrorKind::Decode, message));
            }
            Err(_) => return Err(malformed(&error, &text)),
        },
    };
    if vectors.len() != request.inputs.len() || vectors.iter().any(Vec::is_empty) {
        let message = format!(
            "{} vectors came for {} inputs",
            vectors.len(),
            request.inputs.len()
        );
        return Err(Error::new(ErrorKind::Decode, message));
    }
    let mut answer = EmbeddingResponse::new(vectors);
    // The servers count in a header.
    let tokens = response
        .header("x-compute-tokens")
        .and_then(|count| count.parse().ok());
    answer.usage = tokens.map(|tokens| Usage::new(tokens, 0));
    Ok(answer)
}
