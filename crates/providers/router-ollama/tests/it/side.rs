//! The client side that the other side is judged by.

use bytes::Bytes;
use router_core::collect::Collector;
use router_core::{Call, ChatRequest, ChatResponse, ProviderId};
use router_ollama::OllamaCodec;
use router_wire::framing::FrameLimits;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, StreamReader};

pub(crate) fn codec() -> OllamaCodec {
    OllamaCodec::new(ProviderId::from("ollama"))
}

pub(crate) fn reader() -> StreamReader {
    let call = Call::new("m", ChatRequest::user("x"));
    StreamReader::new(codec().stream_decoder(&call), FrameLimits::default())
}

/// The answer of a stream that is complete.
pub(crate) fn collected(body: Bytes) -> ChatResponse {
    let (events, error) = reader().read_all([body]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}
