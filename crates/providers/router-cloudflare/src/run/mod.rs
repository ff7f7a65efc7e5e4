//! A model that is run: its name is the path, and its answer lies in an envelope.

pub(crate) mod chat;
pub(crate) mod embeddings;
pub(crate) mod images;
pub(crate) mod rerank;
pub(crate) mod sound;

use router_core::{Call, Result, Warning};
use router_wire::body::text_of;
use router_wire::error_body::ErrorBody;
use router_wire::{Encoded, HttpResponse, classify};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dialect::CODES;

/// The name of this wire in unnamed fields.
pub(crate) const WIRE: &str = "cloudflare.run";

/// Options that steer the codec and are not sent.
pub(crate) const OWN: &[&str] = &["api"];

/// What is said of a setting that no run has.
pub(crate) const NOT_THERE: &str = "a run of a model has no such setting";

/// The path of a run: the name stands in it as it is, slashes and all.
pub(crate) fn path(call: &Call) -> Result<String> {
    let model = router_wire::message::path_encoded(call.model.as_str())?;
    Ok(format!("/run/{model}"))
}

/// A run with a body of JSON, which is answered whole.
pub(crate) fn whole(call: &Call, body: &impl Serialize, warnings: Vec<Warning>) -> Result<Encoded> {
    Encoded::post_whole(path(call)?, body, warnings)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    success: Option<bool>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

/// What lies in the envelope of a reply; a reply without one, such as the bytes of a picture, is taken as it is.
///
/// # Errors
/// The vendor's error, where the envelope holds one.
pub(crate) fn result_of(response: &HttpResponse) -> Result<HttpResponse> {
    let mut inner = response.clone();
    if !response.body.trim_ascii_start().starts_with(b"{") {
        return Ok(inner);
    }
    let text = text_of(response)?;
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(&text) else {
        return Ok(inner);
    };
    if envelope.success == Some(false) {
        let body = ErrorBody::read(&response.body);
        let error = classify::of_body(None, &response.headers, response.received_at, &body, CODES);
        return Err(error.with_raw(response.raw()));
    }
    if let Some(result) = envelope.result.filter(|result| result.get() != "null") {
        inner.body = text.slice_ref(result.get()).into_bytes();
    }
    Ok(inner)
}
