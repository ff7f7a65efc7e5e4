//! A whole response, read as the one frame of a stream, so that both give the same answer.

use router_core::{ChatResponse, Result};
use router_wire::HttpResponse;
use router_wire::body::read_whole;
use router_wire::provenance::Speaker;

use super::stream::ResponsesStreamDecoder;

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, and the vendor's error where it holds one.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    read_whole(ResponsesStreamDecoder::new(speaker.clone()), response)
}
