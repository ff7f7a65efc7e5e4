//! The client side that the other side is judged by.

use bytes::Bytes;
use router_core::collect::Collector;
use router_core::{Call, ChatRequest, ChatResponse, ProviderId};
use router_wire::framing::FrameLimits;
use router_wire::provenance::Speaker;
use router_wire::{Codec, Framing, StreamReader};
use router_wire_openai::responses::stream::ResponsesStreamDecoder;
use router_wire_openai::{Compatible, Dialect, SIGNED};

pub(crate) fn id() -> ProviderId {
    ProviderId::from_static(SIGNED)
}

pub(crate) fn speaker() -> Speaker {
    router_wire_openai::speaker(id())
}

pub(crate) fn codec() -> Compatible {
    Compatible::new(id(), Dialect::default())
}

/// A call of a chat, for what needs one.
pub(crate) fn call() -> Call {
    Call::new("m", ChatRequest::user("x"))
}

/// Reads the stream of a chat completion.
pub(crate) fn chat_reader() -> StreamReader {
    StreamReader::new(
        codec().stream_decoder(&call().streaming()),
        FrameLimits::default(),
    )
}

/// Reads the stream of a response.
pub(crate) fn responses_reader() -> StreamReader {
    let decoder = Box::new(ResponsesStreamDecoder::new(speaker()));
    StreamReader::new((Framing::Sse, decoder), FrameLimits::default())
}

/// The answer of a stream that is complete.
pub(crate) fn collected(reader: StreamReader, body: Bytes) -> ChatResponse {
    let (events, error) = reader.read_all([body]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}
