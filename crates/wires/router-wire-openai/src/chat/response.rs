//! A whole answer, read as the one frame of a stream, so that both give the same response.

use router_core::{ChatResponse, FinishReason, Result, Text};
use router_wire::HttpResponse;
use router_wire::body::read_whole;
use router_wire::classify::CodeTable;
use router_wire::provenance::Speaker;

use super::stream::ChatStreamDecoder;

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, and the vendor's error where it holds one.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    decode_with(speaker, response, &[])
}

/// As [`decode`], with error words of the vendor.
///
/// # Errors
/// As [`decode`].
pub fn decode_with(speaker: &Speaker, response: &HttpResponse, codes: CodeTable) -> Result<ChatResponse> {
    let decoder = ChatStreamDecoder::new(speaker.clone()).with_codes(codes);
    read_whole(decoder.whole(), response)
}

/// Our word for a vendor's word, where neither calls nor refusals have a say.
pub(crate) fn finish_reason(raw: &str) -> FinishReason {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(raw));
    if is(&["stop", "eos", "end_turn", "stop_sequence", "eos_token", "normal"]) {
        FinishReason::Stop
    } else if is(&[
        "length",
        "time_limit",
        "max_tokens",
        "model_length",
        "model_context_window_exceeded",
        "maximum_tokens",
    ]) {
        FinishReason::Length
    } else if is(&["tool_calls", "function_call", "tool_use"]) {
        FinishReason::ToolCalls
    } else if is(&["content_filter", "sensitive", "safety", "refusal", "recitation"]) {
        FinishReason::ContentFilter
    } else if is(&[
        "error",
        "network_error",
        "insufficient_system_resource",
        "abort",
        "cancelled",
    ]) {
        FinishReason::Error
    } else {
        FinishReason::Other(Text::from(raw))
    }
}
