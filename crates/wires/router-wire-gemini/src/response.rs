//! A whole answer to a chat.

use router_core::{ChatResponse, Result};
use router_wire::HttpResponse;
use router_wire::provenance::Speaker;

use crate::stream::GenerateStreamDecoder;

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, the vendor's error where it holds one, `ContentFiltered` for a blocked prompt.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    router_wire::body::read_whole(GenerateStreamDecoder::whole(speaker.clone()), response)
}
