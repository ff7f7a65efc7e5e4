//! A text embeddings server over its own wire: vectors and rankings.

use std::sync::Arc;

use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::{
    BatchLimits, Call, Capabilities, ContentPart, Error, ErrorKind, Feature, Operation, OperationKind,
    Output, ProviderId, Result,
};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{Num, Str};
use router_wire::provenance::Speaker;
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::write::{Fields, Overrides};
use router_wire::{Codec, Encoded, Framing, HttpResponse, NoStreams, StreamDecoder, classify};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::codec::WIRE;
use crate::dialect::{CODES, address};
use crate::vectors;

/// A text embeddings server.
#[derive(Clone, Debug)]
pub struct TeiCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for TeiCodec {
    const VENDOR: Vendor = Vendor::new("tei", "Text Embeddings Inference", "http://localhost:8080")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["TEI_API_KEY"])
        .with_base_url_env(&["TEI_BASE_URL"])
        .with_address_reader(address)
        .with_default_model("tei")
        .with_reference("https://huggingface.co/docs/text-embeddings-inference");

    fn new(id: ProviderId) -> Self {
        let operations = [OperationKind::Embed, OperationKind::Rerank];
        Self {
            speaker: Speaker::new(id, WIRE),
            capabilities: Arc::new(Capabilities::new(operations, &[Feature::Dimensions])),
        }
    }
}

impl Codec for TeiCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Embed(request) => vectors::of_server(&self.speaker, request),
            Operation::Rerank(request) => rank(&self.speaker, request),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn batch_limits(&self, _call: &Call) -> Option<BatchLimits> {
        Some(vectors::LIMITS)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        match &call.operation {
            Operation::Embed(request) => vectors::decode(request, response).map(Output::Embed),
            Operation::Rerank(request) => ranked(request, response).map(Output::Rerank),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (Framing::Sse, Box::new(NoStreams))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, CODES)
    }
}

fn rank(speaker: &Speaker, request: &RerankRequest) -> Result<Encoded> {
    let texts = request.texts()?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = Query {
        request,
        texts,
        overrides: &overrides,
    };
    Encoded::post_whole("/rerank", &body, Vec::new())
}

struct Query<'a> {
    request: &'a RerankRequest,
    texts: Vec<&'a str>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Query<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("query", &self.request.query)?;
        body.field("texts", &self.texts)?;
        body.some("return_text", self.request.return_documents)?;
        body.end(&self.request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rank<'a> {
    index: Num,
    score: Num,
    #[serde(borrow)]
    text: Str<'a>,
}

/// The ranking in a reply: of all documents, from which the best are taken that were asked for.
fn ranked(request: &RerankRequest, response: &HttpResponse) -> Result<RerankResponse> {
    let text = text_of(response)?;
    let ranks: Vec<Rank<'_>> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let mut results = Vec::with_capacity(ranks.len());
    for rank in ranks {
        let (Some(index), Some(score)) = (rank.index.index(), rank.score.0) else {
            return Err(Error::new(ErrorKind::Decode, "a rank without its place or score"));
        };
        let mut result = RankedDocument::new(index, score);
        result.document = rank.text.to_text().map(ContentPart::text);
        results.push(result);
    }
    results.sort_by(|one, other| other.score.total_cmp(&one.score));
    if let Some(top) = request.top_n {
        results.truncate(top as usize);
    }
    let mut answer = RerankResponse::default();
    answer.results = results;
    Ok(answer)
}
