//! The stream of a prediction: pieces of plain text, and how it ended.

use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::{Error, ErrorKind, FinishReason, Result, StreamEvent, Text};
use router_wire::{Events, Frame, StreamDecoder};
use serde_json::Value;

use crate::prediction::failed;

/// Decodes the events of one prediction.
#[derive(Debug, Default)]
pub struct PredictionStreamDecoder {
    begun: bool,
    ended: bool,
}

impl PredictionStreamDecoder {
    /// A decoder at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn begin(&mut self, events: &mut Events) {
        if !std::mem::replace(&mut self.begun, true) {
            events.push_back(StreamEvent::Start(Box::default()));
        }
    }

    fn done(&mut self, data: &str, events: &mut Events) -> Result<()> {
        let data: Value = serde_json::from_str(data).unwrap_or_default();
        match data["reason"].as_str() {
            None | Some("") => {}
            Some("canceled") => {
                return Err(Error::new(ErrorKind::Cancelled, "the prediction was canceled"));
            }
            Some("error") => return Err(failed(&data["error"])),
            Some(other) => return Err(failed(&Value::from(format!("the prediction ended: {other}")))),
        }
        self.begin(events);
        self.ended = true;
        let mut finish = StreamFinish::default();
        let word = Text::from_static("done");
        finish.choices = vec![ChoiceFinish::new(0, FinishReason::Stop, Some(word))];
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        Ok(())
    }
}

impl StreamDecoder for PredictionStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        match frame.event.as_deref() {
            Some("output") => {
                self.begin(events);
                if !frame.data.is_empty() {
                    let text = frame.data.clone();
                    events.push_back(StreamEvent::TextDelta { choice: 0, text });
                }
                Ok(())
            }
            Some("done") => self.done(&frame.data, events),
            Some("error") => {
                let data: Value =
                    serde_json::from_str(&frame.data).unwrap_or_else(|_| Value::from(frame.data.as_str()));
                let detail = match &data["detail"] {
                    Value::Null => data.clone(),
                    detail => detail.clone(),
                };
                Err(failed(&detail))
            }
            // Logs, and what is to come.
            _ => Ok(()),
        }
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Truncated,
            "the stream ended without the event done",
        ))
    }
}
