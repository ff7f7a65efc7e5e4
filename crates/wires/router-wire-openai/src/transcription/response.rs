//! Written-down speech in a whole reply: JSON, plain text or subtitles.

use router_core::audio::{Segment, TranscriptionRequest, TranscriptionResponse, Word};
use router_core::{Error, ErrorKind, Result, Text, Usage};
use router_wire::HttpResponse;
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{Num, Str};
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

use super::WIRE;
use crate::chat::wire;

/// The transcript in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(request: &TranscriptionRequest, response: &HttpResponse) -> Result<TranscriptionResponse> {
    let kind = response.header("content-type").unwrap_or_default();
    let is_text = kind.starts_with("text/plain") || kind.contains("subrip") || kind.starts_with("text/vtt");
    if is_text || !response.body.trim_ascii_start().starts_with(b"{") {
        return plain(request, response);
    }
    of_json(&text_of(response)?)
}

/// A silence is an empty text.
fn plain(request: &TranscriptionRequest, response: &HttpResponse) -> Result<TranscriptionResponse> {
    let text = Text::from_utf8(response.body.clone())
        .map_err(|_| Error::new(ErrorKind::Decode, "the vendor's answer is not UTF-8"))?;
    if text.trim_start().starts_with('<') {
        let message = "the vendor answered HTML instead of a transcript; is the base URL right?";
        return Err(Error::new(ErrorKind::Decode, message));
    }
    let subtitles = request
        .format
        .clone()
        .filter(|format| matches!(format.as_str(), "srt" | "vtt"));
    let mut answer = match subtitles {
        Some(_) => TranscriptionResponse::new(text),
        None => TranscriptionResponse::new(text.slice_ref(text.trim_end_matches(['\r', '\n']))),
    };
    answer.format = subtitles;
    Ok(answer)
}

/// A transcript in JSON.
///
/// # Errors
/// `Decode` when it holds neither a text nor segments.
pub(super) fn of_json(text: &Text) -> Result<TranscriptionResponse> {
    let mut body: Object<'_> = serde_json::from_str(text).map_err(|error| malformed(&error, text))?;
    let segments = body.take("segments").and_then(list_of).unwrap_or_default();
    let words = body.take("words").and_then(list_of).unwrap_or_default();
    let mut answer = TranscriptionResponse::default();
    answer.segments = segments.into_iter().filter_map(segment).collect();
    answer.words = words.into_iter().filter_map(word_of).collect();
    answer.text = match body.take("text").and_then(string) {
        Some(text) => text,
        None if !answer.segments.is_empty() => {
            let texts = answer.segments.iter().map(|segment| segment.text.as_str());
            Text::from(texts.collect::<String>())
        }
        None => return Err(Error::new(ErrorKind::Decode, "the answer holds no transcript")),
    };
    // The request says it.
    body.take("task");
    answer.model = body.take("model").and_then(string);
    answer.language = body.take("language").and_then(string);
    answer.duration = body.take("duration").and_then(number);
    if let Some(raw) = body.take("usage") {
        answer.usage = usage(raw);
        // Seconds are no tokens; they go back on the same wire.
        if answer.usage.is_none() {
            body.put_back("usage", raw);
        }
    }
    answer.extra = body.rest(WIRE);
    Ok(answer)
}

/// A segment with its times.
pub(super) fn segment(raw: &RawValue) -> Option<Segment> {
    let mut fields = Object::of(raw, "").ok()?;
    fields.take("type");
    let mut segment = Segment::new(
        fields.take("start").and_then(number).unwrap_or_default(),
        fields.take("end").and_then(number).unwrap_or_default(),
        fields.take("text").and_then(string).unwrap_or_default(),
    );
    segment.speaker = fields.take_any(&["speaker", "speaker_id"]).and_then(string);
    segment.extra = fields.rest(WIRE);
    Some(segment)
}

fn word_of(raw: &RawValue) -> Option<Word> {
    let mut fields = Object::of(raw, "").ok()?;
    let mut word = Word::new(
        fields.take("start").and_then(number).unwrap_or_default(),
        fields.take("end").and_then(number).unwrap_or_default(),
        fields.take_any(&["word", "text"]).and_then(string)?,
    );
    word.speaker = fields.take_any(&["speaker", "speaker_id"]).and_then(string);
    word.extra = fields.rest(WIRE);
    Some(word)
}

/// Tokens, those of sound told apart.
pub(super) fn usage(raw: &RawValue) -> Option<Usage> {
    let mut usage = wire::Usage::read(raw)?;
    let details = Object::lenient(Some(raw)).inner("input_token_details");
    if !details.is_empty() {
        usage.audio_input_tokens = details.number("audio_tokens").count();
    }
    Some(usage)
}

fn string(raw: &RawValue) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok()?.0.map(Text::from)
}

fn number(raw: &RawValue) -> Option<f64> {
    serde_json::from_str::<Num>(raw.get()).ok()?.0
}
