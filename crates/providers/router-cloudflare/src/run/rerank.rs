//! A query over texts, and their scores.

use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::{Call, Error, ErrorKind, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num};
use router_wire::provenance::Speaker;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{OWN, WIRE};

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &RerankRequest) -> Result<Encoded> {
    let contexts = request
        .texts()?
        .into_iter()
        .map(|text| Context { text })
        .collect();
    let overrides = &Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Body {
        request,
        contexts,
        overrides,
    };
    super::whole(call, &body, Vec::new())
}

struct Body<'a> {
    request: &'a RerankRequest,
    contexts: Vec<Context<'a>>,
    overrides: &'a Overrides<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    text: &'a str,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("query", &self.request.query)?;
        body.field("contexts", &self.contexts)?;
        body.some("top_k", self.request.top_n)?;
        body.end(&self.request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    response: Option<List<Rank>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rank {
    id: Num,
    score: Num,
}

/// The ranking in a reply. Documents are not repeated by the vendor, but they are at hand.
pub(crate) fn decode(request: &RerankRequest, result: &HttpResponse) -> Result<RerankResponse> {
    let text = text_of(result)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(ranks) = answer.response else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no ranking"));
    };
    let repeats = request.return_documents == Some(true);
    let ranked = |rank: Rank| {
        let mut ranked = RankedDocument::new(rank.id.index()?, rank.score.0?);
        let document = request.documents.get(ranked.index as usize);
        ranked.document = document.filter(|_| repeats).cloned();
        Some(ranked)
    };
    let mut answer = RerankResponse::default();
    answer.results = ranks.0.into_iter().filter_map(ranked).collect();
    answer
        .results
        .sort_by(|one, other| other.score.total_cmp(&one.score));
    Ok(answer)
}
