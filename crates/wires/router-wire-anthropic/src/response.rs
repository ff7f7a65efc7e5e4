//! A whole message, read as the one frame of a stream, so that both give the same response.

use router_core::collect::Collector;
use router_core::{ChatResponse, Error, ErrorKind, FinishReason, Result, Text};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, HttpResponse, StreamDecoder};

use crate::stream::MessagesStreamDecoder;

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, and the vendor's error where it holds one.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    let body = body_text(response)?;
    let mut decoder = MessagesStreamDecoder::new(speaker.clone());
    let mut events = Events::new();
    decoder.decode(&Frame::new(body), &mut events)?;
    decoder.finish(&mut events)?;
    let mut collector = Collector::sharing();
    events.into_iter().for_each(|event| collector.push(event));
    Ok(collector.finish())
}

/// The body as text, when it can be JSON.
pub(crate) fn body_text(response: &HttpResponse) -> Result<Text> {
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

/// What cannot be read, with its beginning.
pub(crate) fn malformed(error: &serde_json::Error, data: &str) -> Error {
    let head: String = data.chars().take(80).collect();
    Error::new(
        ErrorKind::Decode,
        format!("the answer is not the JSON expected ({error}): {head}"),
    )
}

/// Our word for a `stop_reason`, where calls have no say. `pause_turn` asks to be sent back as it is, and stays itself.
#[must_use]
pub fn finish_reason(word: &str) -> FinishReason {
    match word {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Other(Text::from(word)),
    }
}
