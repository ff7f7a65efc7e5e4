//! The client side that the other side is judged by.

use bytes::Bytes;
use router_core::collect::Collector;
use router_core::{ChatResponse, ProviderId};
use router_wire::framing::FrameLimits;
use router_wire::provenance::Speaker;
use router_wire::{Framing, StreamReader};
use router_wire_anthropic::WIRE;
use router_wire_anthropic::stream::MessagesStreamDecoder;

pub(crate) fn speaker() -> Speaker {
    Speaker::new(ProviderId::from("anthropic"), WIRE)
}

pub(crate) fn reader() -> StreamReader {
    let decoder = Box::new(MessagesStreamDecoder::new(speaker()));
    StreamReader::new((Framing::Sse, decoder), FrameLimits::default())
}

/// The answer of a stream that is complete.
pub(crate) fn collected(body: Bytes) -> ChatResponse {
    let (events, error) = reader().read_all([body]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}
