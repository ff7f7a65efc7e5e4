//! Pictures in a streamed reply: previews, then each picture.

use router_core::image::ImageRequest;
use router_core::stream::{ChoiceFinish, StreamFinish, StreamStart};
use router_core::{Error, ErrorKind, FinishReason, OperationKind, Output, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::lenient::{Num, Str};
use router_wire::object::Object;
use router_wire::{Events, Frame, HttpResponse, StreamDecoder};

use super::WIRE;
use super::response::{by_value, decode};
use crate::chat::stream::vendor_error;
use crate::chat::wire;

/// Reads `image_generation.…` and `image_edit.…` events.
#[derive(Debug)]
pub struct ImageStreamDecoder {
    asked: u32,
    started: bool,
    complete: u32,
    finish: StreamFinish,
    done: bool,
}

impl ImageStreamDecoder {
    /// A decoder for the answer to a request.
    #[must_use]
    pub fn new(request: &ImageRequest) -> Self {
        Self {
            asked: request.n.unwrap_or(1),
            started: false,
            complete: 0,
            finish: StreamFinish::default(),
            done: false,
        }
    }

    fn start(&mut self, created: Option<i64>, events: &mut Events) {
        if !self.started {
            self.started = true;
            let mut start = StreamStart::default();
            start.operation = OperationKind::GenerateImage;
            start.created = created;
            events.push_back(StreamEvent::Start(Box::new(start)));
        }
    }

    fn end(&mut self, events: &mut Events) {
        self.start(None, events);
        self.done = true;
        let finish = std::mem::take(&mut self.finish);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
    }

    /// A vendor that does not stream answers whole.
    fn whole(&mut self, data: &Text, events: &mut Events) -> Result<()> {
        let answer = decode(&HttpResponse::json(200, data.clone().into_bytes()))?;
        self.finish.usage.clone_from(&answer.usage);
        self.start(answer.created, events);
        events.push_back(StreamEvent::Output(Box::new(Output::GenerateImage(answer))));
        self.end(events);
        Ok(())
    }
}

impl StreamDecoder for ImageStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            // Some of several may have been filtered.
            self.asked = self.asked.min(self.complete.max(1));
            return self.finish(events);
        }
        let mut fields: Object<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        let kind = fields.take("type").and_then(word).unwrap_or_default();
        if kind == "error" || fields.peek("error").is_some() {
            return Err(vendor_error(&frame.data, &[]));
        }
        if kind.is_empty() {
            return self.whole(&frame.data, events);
        }
        let preview = kind.ends_with(".partial_image");
        if !preview && !kind.ends_with(".completed") {
            return Ok(());
        }
        let number = |raw: &serde_json::value::RawValue| serde_json::from_str::<Num>(raw.get()).ok();
        let created = fields.take("created_at").and_then(number).and_then(Num::int);
        self.start(created, events);
        let index = fields.take("partial_image_index").and_then(number);
        let data = fields
            .take("b64_json")
            .and_then(|raw| serde_json::from_str::<Str<'_>>(raw.get()).ok()?.take(&frame.data));
        let Some(data) = data else {
            return Err(Error::new(
                ErrorKind::Decode,
                "an event of pictures without a picture",
            ));
        };
        let format = fields.peek("output_format").and_then(word);
        let image = Box::new(by_value(data, None, format.as_deref()).into());
        let choice = self.complete;
        if preview {
            let preview = Some(index.and_then(Num::index).unwrap_or_default());
            events.push_back(StreamEvent::Image {
                choice,
                preview,
                image,
            });
            return Ok(());
        }
        if let Some(more) = fields.take("usage").and_then(wire::Usage::read) {
            // Each picture has counts of its own.
            match &mut self.finish.usage {
                Some(usage) => usage.add(&more),
                usage @ None => *usage = Some(more),
            }
        }
        self.finish.extra = fields.rest(WIRE);
        self.finish
            .choices
            .push(ChoiceFinish::new(choice, FinishReason::Stop, None));
        self.complete += 1;
        events.push_back(StreamEvent::Image {
            choice,
            preview: None,
            image,
        });
        Ok(())
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if self.done {
            return Ok(());
        }
        if self.complete < self.asked {
            let message = "the stream ended before all pictures had come";
            return Err(Error::new(ErrorKind::Truncated, message));
        }
        self.end(events);
        Ok(())
    }
}

fn word(raw: &serde_json::value::RawValue) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text()
}
