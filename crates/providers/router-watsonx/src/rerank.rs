//! A query over documents, and their scores.

use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::{Call, ContentPart, Error, ErrorKind, Result, Usage};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num, Str};
use router_wire::provenance::Speaker;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::place::Place;

const PATH: &str = "/ml/v1/text/rerank";
/// The name of this wire in unnamed fields.
const WIRE: &str = "watsonx.rerank";

pub(crate) fn encode(
    speaker: &Speaker,
    place: &Place,
    call: &Call,
    request: &RerankRequest,
) -> Result<Encoded> {
    let texts = request.texts()?;
    place.check(&request.provider_options, speaker.provider())?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = Body {
        call,
        place,
        request,
        inputs: texts.into_iter().map(|text| Document { text }).collect(),
        overrides: &overrides,
    };
    Encoded::post_whole(place.path(PATH), &body, Vec::new())
}

struct Body<'a> {
    call: &'a Call,
    place: &'a Place,
    request: &'a RerankRequest,
    inputs: Vec<Document<'a>>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model_id", &self.call.model)?;
        self.place.write(&mut body, self.overrides)?;
        body.field("query", &request.query)?;
        body.field("inputs", &self.inputs)?;
        if request.top_n.is_some() || request.return_documents.is_some() {
            let return_options = Returned {
                top_n: request.top_n,
                inputs: request.return_documents,
            };
            body.field("parameters", &Parameters { return_options })?;
        }
        body.end(&request.extra, WIRE)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Parameters {
    return_options: Returned,
}

#[derive(Serialize)]
struct Returned {
    #[serde(skip_serializing_if = "Option::is_none")]
    top_n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    results: Option<List<Row<'a>>>,
    #[serde(borrow)]
    model_id: Str<'a>,
    input_token_count: Num,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    index: Num,
    score: Num,
    #[serde(borrow)]
    input: Input<'a>,
}

/// A document, as a text or in an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Input<'a> {
    Text(std::borrow::Cow<'a, str>),
    Object { text: std::borrow::Cow<'a, str> },
    None(serde::de::IgnoredAny),
}

impl Default for Input<'_> {
    fn default() -> Self {
        Self::None(serde::de::IgnoredAny)
    }
}

pub(crate) fn decode(response: &HttpResponse) -> Result<RerankResponse> {
    let text = text_of(response)?;
    let body: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(rows) = body.results else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no ranking"));
    };
    let mut answer = RerankResponse::default();
    answer.results = rows.0.into_iter().filter_map(ranked).collect();
    answer.model = body.model_id.to_text();
    answer.usage = body.input_token_count.count().map(|tokens| Usage::new(tokens, 0));
    Ok(answer)
}

fn ranked(row: Row<'_>) -> Option<RankedDocument> {
    let mut ranked = RankedDocument::new(row.index.index()?, row.score.0?);
    ranked.document = match row.input {
        Input::Text(text) | Input::Object { text } => Some(ContentPart::text(text.into_owned())),
        Input::None(_) => None,
    };
    Some(ranked)
}
