//! Tokens as events; a whole answer is all of them at once.

use http::HeaderMap;
use router_core::chat::{FinishReason, Usage};
use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::{Error, ErrorKind, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{Num, Str};
use router_wire::{Events, Frame, StreamDecoder, classify};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dialect::CODES;

/// Reads tokens, whole answers, and lists of these.
#[derive(Debug, Default)]
pub(super) struct GenerateStreamDecoder {
    started: bool,
    ended: bool,
}

/// A token with what has come to its end, or a whole answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow)]
    token: Option<Token<'a>>,
    #[serde(borrow)]
    generated_text: Option<Str<'a>>,
    #[serde(borrow)]
    details: Option<Details<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Token<'a> {
    #[serde(borrow)]
    text: Str<'a>,
    special: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    finish_reason: Str<'a>,
    generated_tokens: Num,
    input_length: Num,
}

impl GenerateStreamDecoder {
    fn start(&mut self, events: &mut Events) {
        if !std::mem::replace(&mut self.started, true) {
            events.push_back(StreamEvent::Start(Box::default()));
        }
    }

    /// The answers of a body: one, or one for each that was asked for.
    fn answers(&mut self, pieces: Vec<Piece<'_>>, data: &Text, events: &mut Events) {
        self.start(events);
        let mut finish = StreamFinish::default();
        for (choice, piece) in (0..).zip(pieces) {
            if let Some(text) = piece.generated_text.and_then(|text| text.take(data)) {
                events.push_back(StreamEvent::TextDelta { choice, text });
            }
            let details = piece.details.unwrap_or_default();
            add(&mut finish.usage, &details);
            finish.choices.push(ended(choice, &details, data));
        }
        self.end(finish, events);
    }

    fn end(&mut self, finish: StreamFinish, events: &mut Events) {
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        self.ended = true;
    }
}

fn add(usage: &mut Option<Usage>, details: &Details<'_>) {
    let Some(output) = details.generated_tokens.count() else {
        return;
    };
    let usage = usage.get_or_insert_with(|| Usage::new(0, 0));
    usage.input_tokens += details.input_length.count().unwrap_or(0);
    usage.output_tokens += output;
}

fn ended(choice: u32, details: &Details<'_>, data: &Text) -> ChoiceFinish {
    let raw = details.finish_reason.share(data);
    let reason = match raw.as_deref() {
        Some("eos_token" | "stop_sequence" | "stop") => FinishReason::Stop,
        Some("length") => FinishReason::Length,
        other => FinishReason::Other(other.map(Text::from).unwrap_or_default()),
    };
    ChoiceFinish::new(choice, reason, raw)
}

impl StreamDecoder for GenerateStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if self.ended || data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        if data.starts_with('[') {
            let pieces = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
            self.answers(pieces, &frame.data, events);
            return Ok(());
        }
        let mut piece: Piece<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        if piece.error.is_some_and(|error| error.get() != "null") {
            let body = ErrorBody::read(data.as_bytes());
            return Err(classify::of_body(None, &HeaderMap::new(), None, &body, CODES));
        }
        let Some(token) = piece.token.take() else {
            if piece.generated_text.is_some() {
                self.answers(vec![piece], &frame.data, events);
            }
            return Ok(());
        };
        self.start(events);
        if !token.special
            && let Some(text) = token.text.share(&frame.data)
        {
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
        }
        // The last token comes with all that was said, which is known by then.
        if piece.generated_text.is_some_and(|text| text.0.is_some()) || piece.details.is_some() {
            let details = piece.details.unwrap_or_default();
            let mut finish = StreamFinish::default();
            add(&mut finish.usage, &details);
            finish.choices.push(ended(0, &details, &frame.data));
            self.end(finish, events);
        }
        Ok(())
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        let message = "the stream ended before its last token";
        Err(Error::new(ErrorKind::Truncated, message))
    }
}
