//! Texts to vectors.

use router_core::embedding::{EmbeddingRequest, EmbeddingResponse};
use router_core::{BatchLimits, Call, Error, ErrorKind, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::List;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{NOT_THERE, OWN, WIRE};

/// Most texts of one request.
pub(crate) const LIMITS: BatchLimits = BatchLimits::inputs(100);

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &EmbeddingRequest) -> Result<Encoded> {
    let texts = request.texts()?;
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("dimensions", request.dimensions.is_some()),
        ("encoding_format", request.encoding_format.is_some()),
        ("input_type", request.input_type.is_some()),
        ("truncate", request.truncate.is_some()),
        ("user", request.user.is_some()),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    let overrides = &Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Body {
        request,
        texts,
        overrides,
    };
    super::whole(call, &body, warnings.into_list())
}

struct Body<'a> {
    request: &'a EmbeddingRequest,
    texts: Vec<&'a str>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("text", &self.texts)?;
        body.end(&self.request.extra, WIRE)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    data: List<Vec<f32>>,
}

pub(crate) fn decode(result: &HttpResponse) -> Result<EmbeddingResponse> {
    let text = text_of(result)?;
    let answer: Answer = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let vectors = answer.data.0;
    if vectors.is_empty() || vectors.iter().any(Vec::is_empty) {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no embeddings"));
    }
    Ok(EmbeddingResponse::new(vectors))
}
