//! The events of a stream, kept to be given again: the texts of all deltas in one buffer.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::call::Output;
use crate::collect::Collector;
use crate::stream::StreamEvent;
use crate::text::Text;

/// The events of one stream in order. Recording a delta copies its text into a buffer of all, so that the frames which came
/// from the vendor are not kept alive, and costs no allocation of its own.
///
/// In JSON it is the list of events.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Deltas without their texts.
    events: Vec<StreamEvent>,
    /// Where each event's text ends.
    ends: Vec<usize>,
    texts: String,
    bytes: usize,
}

impl Recording {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    pub fn push(&mut self, event: &StreamEvent) {
        if self.events.capacity() == 0 {
            self.events.reserve(64);
            self.ends.reserve(64);
            self.texts.reserve(512);
        }
        let kept = match event {
            StreamEvent::TextDelta { choice, text } => {
                self.texts.push_str(text);
                StreamEvent::TextDelta {
                    choice: *choice,
                    text: Text::new(),
                }
            }
            StreamEvent::ReasoningDelta { choice, text } => {
                self.texts.push_str(text);
                StreamEvent::ReasoningDelta {
                    choice: *choice,
                    text: Text::new(),
                }
            }
            StreamEvent::RefusalDelta { choice, text } => {
                self.texts.push_str(text);
                StreamEvent::RefusalDelta {
                    choice: *choice,
                    text: Text::new(),
                }
            }
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                self.texts.push_str(arguments);
                StreamEvent::ToolCallDelta {
                    choice: *choice,
                    call: *call,
                    arguments: Text::new(),
                }
            }
            other => {
                self.bytes += size_of_whole(other);
                other.clone()
            }
        };
        self.bytes += size_of::<StreamEvent>() + size_of::<usize>();
        self.events.push(kept);
        self.ends.push(self.texts.len());
    }

    /// How many events there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes + self.texts.len()
    }

    /// The event at a place, with a text of its own.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<StreamEvent> {
        let event = self.events.get(place)?.clone();
        Some(with_text(event, || Text::from(self.text_of(place))))
    }

    /// The whole answer, as collecting the stream gives it.
    #[must_use]
    pub fn to_output(&self) -> Output {
        let mut collector = Collector::new();
        self.events().into_iter().for_each(|event| collector.push(event));
        collector.finish_output()
    }

    /// The events, whose texts share one buffer.
    #[must_use]
    pub fn events(&self) -> VecDeque<StreamEvent> {
        // Cut from one text, each is a counter more and no allocation.
        let all = Text::from_utf8(Bytes::copy_from_slice(self.texts.as_bytes())).unwrap_or_default();
        let events = self.events.iter().enumerate().map(|(place, event)| {
            let (from, to) = self.span(place);
            with_text(event.clone(), || all.slice_ref(&all[from..to]))
        });
        events.collect()
    }

    fn span(&self, place: usize) -> (usize, usize) {
        let from = if place == 0 { 0 } else { self.ends[place - 1] };
        (from, self.ends[place])
    }

    fn text_of(&self, place: usize) -> &str {
        let (from, to) = self.span(place);
        &self.texts[from..to]
    }
}

impl<'a> FromIterator<&'a StreamEvent> for Recording {
    fn from_iter<I: IntoIterator<Item = &'a StreamEvent>>(events: I) -> Self {
        let mut recording = Self::new();
        events.into_iter().for_each(|event| recording.push(event));
        recording
    }
}

impl PartialEq for Recording {
    fn eq(&self, other: &Self) -> bool {
        self.events() == other.events()
    }
}

impl Serialize for Recording {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.events())
    }
}

impl<'de> Deserialize<'de> for Recording {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let events = Vec::<StreamEvent>::deserialize(deserializer)?;
        Ok(events.iter().collect())
    }
}

/// A delta with its text; everything else as it is.
fn with_text(mut event: StreamEvent, own: impl FnOnce() -> Text) -> StreamEvent {
    match &mut event {
        StreamEvent::TextDelta { text, .. }
        | StreamEvent::ReasoningDelta { text, .. }
        | StreamEvent::RefusalDelta { text, .. }
        | StreamEvent::ToolCallDelta { arguments: text, .. } => *text = own(),
        _ => {}
    }
    event
}

/// About how large what is kept as it came is, beside the event itself.
fn size_of_whole(event: &StreamEvent) -> usize {
    match event {
        StreamEvent::AudioDelta { audio, .. } => audio.len(),
        // Rare, and of any size: the length of their JSON is near enough.
        StreamEvent::Media { .. }
        | StreamEvent::Image { .. }
        | StreamEvent::Output(_)
        | StreamEvent::Opaque { .. }
        | StreamEvent::ServerToolCall { .. }
        | StreamEvent::Logprobs { .. } => json_len(event),
        // Small ones keep the frame alive that they were cut from.
        _ => 512,
    }
}

/// The length of a value's JSON, without making it.
pub(crate) fn json_len(value: &impl Serialize) -> usize {
    struct Count(usize);

    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // What cannot be JSON is counted as far as it is.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

#[cfg(test)]
mod tests;
