//! What one side writes the other reads to the same value.

mod chat;
mod embeddings;
mod models;
mod responses;

use bytes::Bytes;
use router_core::{ChatResponse, Head, Operation, Output};
use router_wire::{HttpRequest, HttpResponse, ServerCodec};

/// The operation that a server reads, and how it is to be answered.
pub(crate) fn ingress(endpoint: &dyn ServerCodec, request: &HttpRequest) -> router_wire::Ingress {
    assert!(
        endpoint.claims(request),
        "{} claims {}",
        endpoint.name(),
        request.path
    );
    endpoint.decode(request).expect("a request that can be read")
}

/// A whole answer, as it is written for this request.
pub(crate) fn whole(endpoint: &dyn ServerCodec, asked: &HttpRequest, output: Output) -> HttpResponse {
    let mut reply = ingress(endpoint, asked).reply;
    reply
        .full(&Head::default(), &output)
        .expect("an answer that can be written")
}

/// The bytes of a streamed answer.
pub(crate) fn streamed(endpoint: &dyn ServerCodec, asked: &HttpRequest, answer: ChatResponse) -> Bytes {
    let mut reply = ingress(endpoint, asked).reply;
    let mut out = bytes::BytesMut::new();
    for event in router_core::replay::events(answer) {
        reply.event(&event, &mut out);
    }
    out.freeze()
}

/// The answer without the vendor's own counts, which a server does not repeat.
pub(crate) fn without_raw(mut answer: ChatResponse) -> ChatResponse {
    if let Some(usage) = &mut answer.usage {
        usage.raw = None;
    }
    answer
}

pub(crate) fn chat_of(operation: &Operation) -> &router_core::ChatRequest {
    match operation {
        Operation::Chat(chat) => chat,
        other => panic!("no chat: {other:?}"),
    }
}
