//! A chat in OpenAI's form, without the model and the word for a stream, which stand in the address.

use std::borrow::Cow;

use router_core::{Call, ChatRequest, Error, ErrorKind, Result, Warning};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire_openai::Dialect;
use router_wire_openai::chat::request;
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::models::Family;
use crate::options::OWN;

pub(super) fn body(
    speaker: &Speaker,
    family: Family,
    call: &Call,
    request: &ChatRequest,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    let mut dialect = Dialect::default().without(&[
        "audio",
        "metadata",
        "modalities",
        "prompt_cache_key",
        "service_tier",
        "store",
        "verbosity",
    ]);
    dialect.user_field = None;
    dialect.stream_options = false;
    dialect.image_urls = false;
    dialect.files = false;
    dialect.audio = false;
    dialect.video = false;
    if family == Family::OpenAi {
        dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
    }
    let encoded = request::encode(&dialect, speaker, call, request, OWN)?;
    let mut fields = Object::parse(&encoded.request.body)?;
    fields.take("model");
    fields.take("stream");
    let fields = Rest(fields.into_fields().collect());
    let bytes = serde_json::to_vec(&fields)
        .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    Ok((bytes, encoded.warnings))
}

struct Rest<'a>(Vec<(String, &'a RawValue)>);

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
