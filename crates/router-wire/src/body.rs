//! Whole bodies: as text, and read through a stream decoder.

use router_core::collect::Collector;
use router_core::{ChatResponse, Error, ErrorKind, Result, Text};

use crate::codec::{Events, StreamDecoder};
use crate::framing::Frame;
use crate::message::HttpResponse;

/// A body as text, when it can be JSON.
///
/// # Errors
/// `Decode` for what is not UTF-8, for HTML, and for an empty body.
pub fn text_of(response: &HttpResponse) -> Result<Text> {
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
    if trimmed.len() == text.len() {
        return Ok(text);
    }
    Ok(text.slice_ref(trimmed))
}

/// The error for JSON that cannot be read, with its beginning.
#[must_use]
pub fn malformed(error: &serde_json::Error, data: &str) -> Error {
    let head: String = data.chars().take(80).collect();
    Error::new(
        ErrorKind::Decode,
        format!("the answer is not the JSON expected ({error}): {head}"),
    )
}

/// A whole chat answer, read as the one frame of a stream, so that both give the same response.
///
/// # Errors
/// Those of [`text_of`] and of the decoder.
pub fn read_whole(mut decoder: impl StreamDecoder, response: &HttpResponse) -> Result<ChatResponse> {
    let body = text_of(response)?;
    let mut events = Events::new();
    decoder.decode(&Frame::new(body), &mut events)?;
    decoder.finish(&mut events)?;
    let mut collector = Collector::sharing();
    events.into_iter().for_each(|event| collector.push(event));
    Ok(collector.finish())
}
