//! The client side that the other side is judged by.

use router_bedrock::BedrockCodec;
use router_core::{Call, ProviderId, Result, Warning};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpRequest};
use serde_json::Value;

pub(crate) fn codec() -> BedrockCodec {
    BedrockCodec::new(ProviderId::from_static("bedrock"))
}

pub(crate) fn encode(call: &Call) -> HttpRequest {
    codec().encode(call).expect("a request").request
}

/// The body of a request, and what was dropped or changed.
pub(crate) fn body(call: &Call) -> Result<(Value, Vec<Warning>)> {
    let encoded = codec().encode(call)?;
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    Ok((body, encoded.warnings))
}
