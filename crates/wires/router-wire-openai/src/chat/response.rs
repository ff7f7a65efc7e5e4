//! A whole answer, read as the one frame of a stream, so that both give the same response.

use router_core::collect::Collector;
use router_core::{ChatResponse, Error, ErrorKind, FinishReason, Result, Text};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, HttpResponse, StreamDecoder};

use super::stream::ChatStreamDecoder;

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, and the vendor's error where it holds one.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    read_whole(
        Box::new(ChatStreamDecoder::new(speaker.clone()).whole()),
        response,
    )
}

/// Reads a body through a stream decoder.
pub(crate) fn read_whole(
    mut decoder: Box<dyn StreamDecoder>,
    response: &HttpResponse,
) -> Result<ChatResponse> {
    let body = text_of(response)?;
    let mut events = Events::new();
    decoder.decode(&Frame::new(body), &mut events)?;
    decoder.finish(&mut events)?;
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    Ok(collector.finish())
}

/// The body as text, when it can be JSON.
pub(crate) fn text_of(response: &HttpResponse) -> Result<Text> {
    let text = Text::from_utf8(response.body.clone())
        .map_err(|_| Error::new(ErrorKind::Decode, "the vendor's answer is not UTF-8"))?;
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    if trimmed.starts_with('<') {
        return Err(Error::new(
            ErrorKind::Decode,
            "the vendor answered HTML instead of JSON; is the base URL right?",
        ));
    }
    if trimmed.is_empty() {
        return Err(Error::new(ErrorKind::Decode, "the vendor answered an empty body"));
    }
    Ok(text.slice_ref(trimmed))
}

/// Our word for a vendor's word, where neither calls nor refusals have a say.
pub(crate) fn finish_reason(raw: &str) -> FinishReason {
    match raw.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "end_turn" | "stop_sequence" | "eos_token" | "normal" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" | "maximum_tokens" => {
            FinishReason::Length
        }
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "sensitive" | "safety" | "refusal" | "recitation" => FinishReason::ContentFilter,
        "error" | "network_error" | "insufficient_system_resource" | "abort" => FinishReason::Error,
        _ => FinishReason::Other(Text::from(raw)),
    }
}
