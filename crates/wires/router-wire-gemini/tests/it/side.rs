//! The client side that the other side is judged by.

use bytes::Bytes;
use router_core::collect::Collector;
use router_core::{Call, ChatRequest, ChatResponse, ProviderId};
use router_wire::framing::FrameLimits;
use router_wire::provenance::Speaker;
use router_wire::{Encoded, Framing, StreamReader};
use router_wire_gemini::stream::GenerateStreamDecoder;
use router_wire_gemini::{Rules, Service, WIRE, request};
use serde_json::Value;

pub(crate) fn speaker() -> Speaker {
    Speaker::new(ProviderId::from("gemini"), WIRE)
}

pub(crate) fn reader() -> StreamReader {
    let decoder = Box::new(GenerateStreamDecoder::new(speaker()));
    StreamReader::new((Framing::Sse, decoder), FrameLimits::default())
}

/// The answer of a stream that is complete.
pub(crate) fn collected(body: impl Into<Bytes>) -> ChatResponse {
    let (events, error) = reader().read_all([body.into()]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}

/// A request to the Gemini API.
pub(crate) fn encoded(call: &Call, chat: &ChatRequest) -> router_core::Result<Encoded> {
    let rules = Rules::of(call.model.as_str());
    request::encode(&Service::GEMINI, &rules, &speaker(), call, chat)
}

/// What is sent to a model, and the settings that were warned of.
pub(crate) fn sent(model: &'static str, chat: &ChatRequest) -> (Value, Vec<String>) {
    let encoded = encoded(&Call::new(model, chat.clone()), chat).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let settings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    (body, settings.collect())
}
