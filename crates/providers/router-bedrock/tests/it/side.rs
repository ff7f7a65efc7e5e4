//! The client side that the other side is judged by.

use router_bedrock::BedrockCodec;
use router_core::{Call, ProviderId};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpRequest};

pub(crate) fn codec() -> BedrockCodec {
    BedrockCodec::new(ProviderId::from_static("bedrock"))
}

pub(crate) fn encode(call: &Call) -> HttpRequest {
    codec().encode(call).expect("a request").request
}
