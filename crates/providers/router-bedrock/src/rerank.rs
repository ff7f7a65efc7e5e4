//! Documents by how well they answer a query, by InvokeModel, in the form that Cohere's and Amazon's rankers share.

use router_core::rerank::{RerankRequest, RerankResponse};
use router_core::{Call, Result};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use router_wire_openai::rerank::response;
use serde::ser::{Serialize, Serializer};

use crate::models::{Family, path};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "bedrock.rerank";

/// The version of Cohere's API in a body (<https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-use.html>, read 2026-11).
const COHERE_VERSION: u32 = 2;

/// The request for a ranking.
///
/// # Errors
/// `InvalidRequest` without documents; `Unsupported` for documents that are no text, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &RerankRequest) -> Result<Encoded> {
    let documents = request.texts()?;
    let mut warnings = Warnings::new(request.strict);
    if request.return_documents == Some(true) {
        warnings.dropped("return_documents", "AWS Bedrock has no such setting")?;
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[])?;
    let body = Body {
        version: (Family::of(call.model.as_str()) == Family::Cohere).then_some(COHERE_VERSION),
        documents,
        request,
        overrides: &overrides,
    };
    Encoded::post_whole(path(call.model.as_str(), "invoke"), &body, warnings.into_list())
}

struct Body<'a> {
    version: Option<u32>,
    documents: Vec<&'a str>,
    request: &'a RerankRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("query", &self.request.query)?;
        fields.field("documents", &self.documents)?;
        fields.some("top_n", self.request.top_n)?;
        fields.some("api_version", self.version)?;
        fields.end(&self.request.extra, WIRE)
    }
}

/// The ranking in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<RerankResponse> {
    response::decode(response)
}
