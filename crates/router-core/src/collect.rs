//! Folds events into the answer that a plain call gives.

use bytes::BytesMut;
use smallvec::SmallVec;

use crate::audio::{Segment, SpeechResponse, TranscriptionResponse};
use crate::call::Output;
use crate::capability::OperationKind;
use crate::chat::{ChatResponse, Choice, FinishReason, Logprobs};
use crate::content::{Citation, ContentPart, Media, MediaKind, Reasoning, Refusal, Riders, TextPart};
use crate::image::{GeneratedImage, ImageResponse};
use crate::stream::{PartKind, StreamEvent, StreamFinish, ToolCallStart};
use crate::text::Text;
use crate::tool::{ToolCall, ToolCallKind};

/// Gathers events. What arrived before an error can still be taken with [`Collector::finish`].
#[derive(Debug, Default)]
pub struct Collector {
    operation: OperationKind,
    media_type: Option<Text>,
    response: ChatResponse,
    /// Nearly always one.
    choices: SmallVec<[Gathered; 1]>,
    /// Whether texts may stay slices of what they came in.
    shares: bool,
    images: Vec<(u32, GeneratedImage)>,
    segments: Vec<Segment>,
    /// An answer that came whole.
    output: Option<Box<Output>>,
}

#[derive(Debug, Default)]
struct Gathered {
    index: u32,
    shares: bool,
    content: Vec<ContentPart>,
    /// The part that deltas are appended to, and its text so far.
    open: Option<(PartKind, Growing)>,
    /// Sources of the open text part.
    citations: Vec<Citation>,
    /// Place in `content` and growing arguments, by call.
    calls: Vec<(u32, usize, Growing)>,
    logprobs: Option<Logprobs>,
    audio: BytesMut,
}

/// A text that grows; one delta is shared, more are copied together.
#[derive(Debug, Default)]
struct Growing {
    first: Text,
    all: String,
}

impl Growing {
    fn push(&mut self, delta: Text) {
        if self.all.is_empty() && self.first.is_empty() {
            self.first = delta;
        } else {
            if self.all.is_empty() {
                self.all.push_str(&self.first);
            }
            self.all.push_str(&delta);
        }
    }

    fn take(&mut self, shares: bool) -> Text {
        let (first, all) = (std::mem::take(&mut self.first), std::mem::take(&mut self.all));
        if !all.is_empty() {
            Text::from(all)
        } else if shares {
            first
        } else {
            first.detach()
        }
    }
}

impl Collector {
    /// Nothing gathered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For an answer that came whole: its texts stay slices of the one buffer that all of it came in.
    #[must_use]
    pub fn sharing() -> Self {
        Self {
            shares: true,
            ..Self::default()
        }
    }

    /// Adds an event.
    pub fn push(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Start(start) => {
                self.response.id = start.id;
                self.response.model = start.model;
                self.response.created = start.created;
                self.operation = start.operation;
                self.media_type = start.media_type;
            }
            StreamEvent::TextDelta { choice, text } => self.choice(choice).delta(PartKind::Text, text),
            StreamEvent::ReasoningDelta { choice, text } => {
                self.choice(choice).delta(PartKind::Reasoning, text)
            }
            StreamEvent::RefusalDelta { choice, text } => self.choice(choice).delta(PartKind::Refusal, text),
            StreamEvent::ToolCallStart(start) => self.choice(start.choice).start_call(*start),
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => self.choice(choice).grow_call(call, arguments),
            StreamEvent::ToolCallEnd { choice, call, riders } => self.choice(choice).end_call(call, riders),
            // The end of the part brings all that rides on it.
            StreamEvent::PartStart { choice, .. } => self.choice(choice).close(),
            StreamEvent::PartEnd { choice, kind, riders } => self.choice(choice).end_part(kind, riders),
            StreamEvent::Citation { choice, citation } => self.choice(choice).cite(*citation),
            StreamEvent::ServerToolCall { choice, call } => {
                self.choice(choice).whole(ContentPart::ServerToolCall(*call));
            }
            StreamEvent::Media { choice, media } => self.choice(choice).whole(ContentPart::Media(*media)),
            StreamEvent::Opaque { choice, part } => self.choice(choice).whole(ContentPart::Opaque(*part)),
            StreamEvent::Logprobs { choice, logprobs } => {
                self.choice(choice)
                    .logprobs
                    .get_or_insert_with(Logprobs::default)
                    .append(*logprobs);
            }
            StreamEvent::AudioDelta { choice, audio } => {
                self.choice(choice).audio.extend_from_slice(&audio);
            }
            // What was to be seen on the way is no part of the answer.
            StreamEvent::Image { preview: Some(_), .. } => {}
            StreamEvent::Image { choice, image, .. } => self.images.push((choice, *image)),
            StreamEvent::Segment(segment) => self.segments.push(*segment),
            StreamEvent::Output(output) => self.output = Some(output),
            StreamEvent::Finish(finish) => self.end(*finish),
        }
    }

    /// What was gathered, as the answer to the operation that the stream is of.
    #[must_use]
    pub fn finish_output(mut self) -> Output {
        if let Some(output) = self.output.take() {
            return *output;
        }
        match self.operation {
            OperationKind::GenerateImage => Output::GenerateImage(self.image()),
            OperationKind::Speak => Output::Speak(self.speech()),
            OperationKind::Transcribe => Output::Transcribe(self.transcript()),
            _ => Output::Chat(self.finish()),
        }
    }

    fn image(mut self) -> ImageResponse {
        put_in_order(&mut self.images, |(choice, _)| *choice);
        let mut answer = ImageResponse::new(self.images.into_iter().map(|(_, image)| image));
        let filtered = |choice: &&Choice| choice.finish_reason == FinishReason::ContentFilter;
        answer.filtered = self.response.choices.iter().filter(filtered).count() as u32;
        answer.created = self.response.created;
        answer.model = self.response.model;
        answer.usage = self.response.usage;
        answer.extra = self.response.extra;
        answer
    }

    fn speech(mut self) -> SpeechResponse {
        let audio = std::mem::take(&mut self.choice(0).audio);
        let mut answer = SpeechResponse::new(audio.freeze(), self.media_type);
        answer.model = self.response.model;
        answer.usage = self.response.usage;
        answer
    }

    fn transcript(mut self) -> TranscriptionResponse {
        let segments = std::mem::take(&mut self.segments);
        let chat = self.finish();
        let mut answer = TranscriptionResponse::new(chat.text());
        answer.segments = segments;
        answer.model = chat.model;
        answer.usage = chat.usage;
        answer.extra = chat.extra;
        answer
    }

    /// What was gathered of a chat. Choices without a finish reason, of a stream that broke, have `Other("")`.
    #[must_use]
    pub fn finish(mut self) -> ChatResponse {
        for gathered in &mut self.choices {
            gathered.close();
        }
        for mut gathered in std::mem::take(&mut self.choices) {
            gathered.close_calls();
            gathered.close_audio(self.media_type.as_ref());
            match self
                .response
                .choices
                .iter_mut()
                .find(|choice| choice.index == gathered.index)
            {
                Some(choice) => {
                    choice.content = gathered.content;
                    choice.logprobs = gathered.logprobs;
                }
                None => {
                    let mut choice =
                        Choice::new(gathered.index, gathered.content, FinishReason::Other(Text::new()));
                    choice.logprobs = gathered.logprobs;
                    self.response.choices.push(choice);
                }
            }
        }
        put_in_order(&mut self.response.choices, |choice| choice.index);
        self.response
    }

    fn end(&mut self, finish: StreamFinish) {
        self.response.choices = finish
            .choices
            .into_iter()
            .map(|end| Choice {
                finish_reason_raw: end.raw,
                stop_sequence: end.stop_sequence,
                extra: end.extra,
                ..Choice::new(end.index, Vec::new(), end.reason)
            })
            .collect();
        self.response.usage = finish.usage;
        self.response.service_tier = finish.service_tier;
        self.response.extra = finish.extra;
        if finish.id.is_some() {
            self.response.id = finish.id;
        }
        if finish.model.is_some() {
            self.response.model = finish.model;
        }
    }

    fn choice(&mut self, index: u32) -> &mut Gathered {
        let at = match self.choices.iter().position(|gathered| gathered.index == index) {
            Some(at) => at,
            None => {
                self.choices.push(Gathered {
                    index,
                    shares: self.shares,
                    ..Gathered::default()
                });
                self.choices.len() - 1
            }
        };
        &mut self.choices[at]
    }
}

impl Gathered {
    /// A text as it is kept.
    fn own(&self, text: Text) -> Text {
        if self.shares { text } else { text.detach() }
    }

    fn delta(&mut self, kind: PartKind, text: Text) {
        if text.is_empty() {
            return;
        }
        match &mut self.open {
            Some((open, growing)) if *open == kind => growing.push(text),
            _ => {
                self.close();
                let mut growing = Growing::default();
                growing.push(text);
                self.open = Some((kind, growing));
            }
        }
    }

    fn close(&mut self) {
        self.close_with(Riders::new());
    }

    fn close_with(&mut self, riders: Riders) {
        if let Some((kind, mut growing)) = self.open.take() {
            let citations = std::mem::take(&mut self.citations);
            self.content
                .push(part(kind, growing.take(self.shares), citations, riders));
        }
    }

    fn end_part(&mut self, kind: PartKind, riders: Riders) {
        let open = self.open.as_ref().is_some_and(|(open, _)| *open == kind);
        if open {
            self.close_with(riders);
        } else if !riders.is_empty() {
            self.close();
            self.content.push(part(kind, Text::new(), Vec::new(), riders));
        }
    }

    fn start_call(&mut self, start: ToolCallStart) {
        self.close();
        self.calls
            .push((start.call, self.content.len(), Growing::default()));
        self.content.push(ContentPart::ToolCall(ToolCall {
            kind: start.kind,
            ..ToolCall::new(self.own(start.id), self.own(start.name), Text::new())
        }));
    }

    fn grow_call(&mut self, call: u32, arguments: Text) {
        if let Some((_, _, growing)) = self.calls.iter_mut().rfind(|(known, _, _)| *known == call) {
            growing.push(arguments);
        }
    }

    fn end_call(&mut self, call: u32, riders: Riders) {
        let Some((_, at, _)) = self.calls.iter().rfind(|(known, _, _)| *known == call) else {
            return;
        };
        if let Some(ContentPart::ToolCall(call)) = self.content.get_mut(*at) {
            call.riders.merge(riders);
        }
    }

    /// A sound that came in pieces is one part.
    fn close_audio(&mut self, media_type: Option<&Text>) {
        if !self.audio.is_empty() {
            let mut media = Media::bytes(MediaKind::Audio, "", &self.audio);
            media.media_type = media_type.cloned();
            self.content.push(ContentPart::Media(media));
        }
    }

    fn close_calls(&mut self) {
        for (_, at, growing) in &mut self.calls {
            if let Some(ContentPart::ToolCall(call)) = self.content.get_mut(*at) {
                call.arguments = growing.take(self.shares);
                if call.kind == ToolCallKind::Function && call.arguments.trim().is_empty() {
                    call.arguments = Text::from_static("{}");
                }
            }
        }
    }

    fn cite(&mut self, citation: Citation) {
        if matches!(self.open, Some((PartKind::Text, _))) {
            self.citations.push(citation);
            return;
        }
        let last = self.content.iter_mut().rev().find_map(|part| match part {
            ContentPart::Text(part) => Some(part),
            _ => None,
        });
        match last {
            Some(part) => part.citations.push(citation),
            None => self
                .content
                .push(part(PartKind::Text, Text::new(), vec![citation], Riders::new())),
        }
    }

    fn whole(&mut self, part: ContentPart) {
        self.close();
        self.content.push(part);
    }
}

fn part(kind: PartKind, text: Text, citations: Vec<Citation>, riders: Riders) -> ContentPart {
    match kind {
        PartKind::Text => ContentPart::Text(TextPart {
            citations,
            riders,
            ..TextPart::new(text)
        }),
        PartKind::Reasoning => ContentPart::Reasoning(Reasoning {
            riders,
            ..Reasoning::new(text)
        }),
        PartKind::RedactedReasoning => ContentPart::Reasoning(Reasoning {
            redacted: true,
            riders,
            ..Reasoning::new(text)
        }),
        PartKind::Refusal => ContentPart::Refusal(Refusal::new(text)),
    }
}

/// Sorts what is numbered, and nearly always in order already; what has the same number stays as it came.
///
/// A sort of its own would be a dozen functions in a program for each type that is sorted so.
pub fn put_in_order<T>(items: &mut [T], number: impl Fn(&T) -> u32) {
    if items.is_sorted_by_key(&number) {
        return;
    }
    let mut order: Vec<(u32, usize)> = items.iter().map(number).zip(0..).collect();
    order.sort_unstable();
    // What belongs at a place comes there, what was there goes where that came from, until the circle is closed.
    for start in 0..items.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at].1, at);
            if from == start || from == at {
                break;
            }
            items.swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::put_in_order;

    #[test]
    fn what_is_numbered_is_put_in_order_and_equals_stay_as_they_came() {
        let numbers = [
            [0, 1, 2, 3, 4],
            [4, 3, 2, 1, 0],
            [1, 2, 0, 1, 0],
            [2, 2, 2, 1, 1],
            [3, 0, 4, 1, 2],
        ];
        for numbers in numbers {
            let mut items: Vec<(u32, usize)> = numbers.into_iter().zip(0..).collect();
            let mut sorted = items.clone();
            put_in_order(&mut items, |(number, _)| *number);
            sorted.sort_by_key(|(number, _)| *number);
            assert_eq!(items, sorted);
        }
    }
}
