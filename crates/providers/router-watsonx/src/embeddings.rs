//! Embeddings: texts only, of the length that the model has.

use router_core::embedding::{EmbeddingRequest, EmbeddingResponse};
use router_core::{Call, Error, ErrorKind, Result, Usage};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num, Str};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::place::Place;

const PATH: &str = "/ml/v1/text/embeddings";
/// The name of this wire in unnamed fields.
const WIRE: &str = "watsonx.embeddings";
/// Most texts of one request.
pub(crate) const MOST: usize = 1000;

pub(crate) fn encode(
    speaker: &Speaker,
    place: &Place,
    call: &Call,
    request: &EmbeddingRequest,
) -> Result<Encoded> {
    let texts = request.texts()?;
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("dimensions", request.dimensions.is_some()),
        ("encoding_format", request.encoding_format.is_some()),
        ("input_type", request.input_type.is_some()),
        ("user", request.user.is_some()),
    ] {
        if set {
            warnings.dropped(name, "this vendor has no such setting")?;
        }
    }
    if request.truncate.is_some() {
        let why = "this vendor cuts to a number of tokens: parameters.truncate_input_tokens in the options";
        warnings.dropped("truncate", why)?;
    }
    place.check(&request.provider_options, speaker.provider())?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = Body {
        call,
        place,
        request,
        texts,
        overrides: &overrides,
    };
    Encoded::post_whole(place.path(PATH), &body, warnings.into_list())
}

struct Body<'a> {
    call: &'a Call,
    place: &'a Place,
    request: &'a EmbeddingRequest,
    texts: Vec<&'a str>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model_id", &self.call.model)?;
        self.place.write(&mut body, self.overrides)?;
        body.field("inputs", &self.texts)?;
        body.end(&self.request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    results: List<Row>,
    #[serde(borrow)]
    model_id: Str<'a>,
    input_token_count: Num,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    embedding: Vec<f32>,
}

pub(crate) fn decode(response: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(response)?;
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = answer.results.0;
    if rows.is_empty() || rows.iter().any(|row| row.embedding.is_empty()) {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no embeddings"));
    }
    let mut embeddings = EmbeddingResponse::default();
    embeddings.embeddings = rows.into_iter().map(|row| row.embedding).collect();
    embeddings.model = answer.model_id.to_text();
    embeddings.usage = answer
        .input_token_count
        .count()
        .map(|tokens| Usage::new(tokens, 0));
    Ok(embeddings)
}
