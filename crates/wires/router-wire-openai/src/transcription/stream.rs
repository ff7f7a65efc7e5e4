//! Written-down speech in a streamed reply.

use router_core::stream::{StreamFinish, StreamStart};
use router_core::{Error, ErrorKind, OperationKind, Output, Result, StreamEvent};
use router_wire::body::malformed;
use router_wire::lenient::Str;
use router_wire::object::Object;
use router_wire::{Events, Frame, StreamDecoder};

use super::WIRE;
use super::response::{of_json, segment, usage};
use crate::chat::stream::vendor_error;

/// Reads `transcript.text.…` events.
#[derive(Debug, Default)]
pub struct TranscriptionStreamDecoder {
    started: bool,
    /// Whether any text came before the end.
    told: bool,
    done: bool,
}

impl TranscriptionStreamDecoder {
    /// A decoder for one transcript.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn start(&mut self, events: &mut Events) {
        if !self.started {
            self.started = true;
            let mut start = StreamStart::default();
            start.operation = OperationKind::Transcribe;
            events.push_back(StreamEvent::Start(Box::new(start)));
        }
    }

    fn end(&mut self, finish: StreamFinish, events: &mut Events) {
        self.done = true;
        events.push_back(StreamEvent::Finish(Box::new(finish)));
    }
}

impl StreamDecoder for TranscriptionStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let mut fields: Object<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        let kind = fields.peek("type").and_then(|raw| {
            let word = serde_json::from_str::<Str<'_>>(raw.get()).ok()?;
            word.to_text()
        });
        let mut text = |name: &str| {
            let raw = fields.take(name)?;
            serde_json::from_str::<Str<'_>>(raw.get()).ok()?.take(&frame.data)
        };
        match kind.as_deref() {
            Some("error") => return Err(vendor_error(&frame.data, &[])),
            Some("transcript.text.delta") => {
                self.start(events);
                if let Some(text) = text("delta") {
                    self.told = true;
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
            }
            Some("transcript.text.segment") => {
                self.start(events);
                let raw = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
                events.extend(segment(raw).map(|segment| StreamEvent::Segment(Box::new(segment))));
            }
            Some("transcript.text.done") => {
                self.start(events);
                // Where speakers are told apart, the text comes only here.
                if let Some(text) = text("text").filter(|_| !self.told) {
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
                let mut finish = StreamFinish::default();
                fields.take("type");
                fields.take("text");
                if let Some(raw) = fields.take("usage") {
                    finish.usage = usage(raw);
                    if finish.usage.is_none() {
                        fields.put_back("usage", raw);
                    }
                }
                finish.extra = fields.rest(WIRE);
                self.end(finish, events);
            }
            _ if fields.peek("error").is_some() => return Err(vendor_error(&frame.data, &[])),
            // A vendor that does not stream answers whole.
            None => {
                let answer = of_json(&frame.data)?;
                let mut finish = StreamFinish::default();
                finish.usage.clone_from(&answer.usage);
                self.start(events);
                events.push_back(StreamEvent::Output(Box::new(Output::Transcribe(answer))));
                self.end(finish, events);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        if self.done {
            return Ok(());
        }
        let message = "the stream ended before the transcript did";
        Err(Error::new(ErrorKind::Truncated, message))
    }
}
