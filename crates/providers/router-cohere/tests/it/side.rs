//! The client side that the other side is judged by.

use bytes::Bytes;
use router_cohere::CohereCodec;
use router_core::collect::Collector;
use router_core::{Call, ChatRequest, ChatResponse, Operation, Output, ProviderId};
use router_wire::framing::FrameLimits;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, HttpResponse, StreamReader};

pub(crate) fn codec() -> CohereCodec {
    CohereCodec::new(ProviderId::from("cohere"))
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

pub(crate) fn decoded(operation: impl Into<Operation>, response: &HttpResponse) -> Output {
    let call = Call::new("m", operation.into());
    codec()
        .decode(&call, response)
        .expect("an answer that can be read")
}
