//! Answers of the makers that only give text: Titan, Llama, Mistral, Cohere, AI21's Jurassic, and Claude before its messages.

use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::{Error, ErrorKind, FinishReason, Result, StreamEvent, Text, Usage};
use router_wire::Events;
use router_wire::body::malformed;
use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;

use crate::converse::total;

/// Reads the pieces of one answer, whosever they are.
#[derive(Debug, Default)]
pub(super) struct TextDecoder {
    begun: bool,
    ended: bool,
    /// Whether any text came.
    said: bool,
    word: Option<Text>,
    input: Option<u64>,
    output: Option<u64>,
    metrics: Option<Usage>,
}

/// A piece, or a whole answer, in the words of all makers. What stands in a list is the one element of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow, rename = "outputText")]
    output_text: Str<'a>,
    #[serde(borrow)]
    generation: Str<'a>,
    #[serde(borrow)]
    text: Str<'a>,
    #[serde(borrow)]
    completion: Str<'a>,
    #[serde(borrow, rename = "completionReason")]
    completion_reason: Str<'a>,
    #[serde(borrow)]
    stop_reason: Str<'a>,
    #[serde(borrow)]
    finish_reason: Str<'a>,
    is_finished: Option<bool>,
    #[serde(borrow)]
    event_type: Str<'a>,
    #[serde(rename = "inputTextTokenCount")]
    input_text_token_count: Num,
    #[serde(rename = "tokenCount")]
    token_count: Num,
    #[serde(rename = "totalOutputTextTokenCount")]
    total_output_text_token_count: Num,
    prompt_token_count: Num,
    generation_token_count: Num,
    #[serde(borrow)]
    results: List<Piece<'a>>,
    #[serde(borrow)]
    outputs: List<Piece<'a>>,
    #[serde(borrow)]
    generations: List<Piece<'a>>,
    #[serde(borrow)]
    completions: List<Completion<'a>>,
}

/// A text of Jurassic, which is read like a piece that holds it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Completion<'a> {
    #[serde(borrow)]
    data: Piece<'a>,
    #[serde(borrow, rename = "finishReason")]
    finish_reason: Reason<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason<'a> {
    #[serde(borrow)]
    reason: Str<'a>,
}

impl TextDecoder {
    /// Reads a piece.
    pub(super) fn piece(&mut self, data: &Text, events: &mut Events) -> Result<()> {
        let piece: Piece<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        if !std::mem::replace(&mut self.begun, true) {
            events.push_back(StreamEvent::start(None, None));
        }
        self.read(piece, data, events);
        Ok(())
    }

    fn read(&mut self, mut piece: Piece<'_>, data: &Text, events: &mut Events) {
        let inner = [&mut piece.results, &mut piece.outputs, &mut piece.generations];
        let inner: Vec<Piece<'_>> = inner
            .into_iter()
            .flat_map(|list| list.0.drain(..).take(1))
            .collect();
        let completed = piece.completions.0.drain(..).take(1).map(|completion| Piece {
            finish_reason: completion.finish_reason.reason,
            ..completion.data
        });
        for piece in inner.into_iter().chain(completed) {
            self.read(piece, data, events);
        }
        let texts = [piece.output_text, piece.generation, piece.text, piece.completion];
        // The last event of Cohere says the whole text once more.
        if piece.event_type.filled() != Some("stream-end")
            && let Some(text) = texts.into_iter().find_map(|text| text.take(data))
        {
            self.said = true;
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
        }
        let words = [piece.completion_reason, piece.stop_reason, piece.finish_reason];
        if let Some(word) = words.iter().find_map(Str::to_text) {
            self.word = Some(word);
            self.ended = true;
        }
        self.ended |= piece.is_finished == Some(true);
        let input = piece
            .input_text_token_count
            .count()
            .or(piece.prompt_token_count.count());
        let output = [
            piece.token_count,
            piece.total_output_text_token_count,
            piece.generation_token_count,
        ];
        let output = output.into_iter().find_map(Num::count);
        self.input = input.or(self.input);
        self.output = output.or(self.output);
    }

    /// Takes over the service's own counts.
    pub(super) fn count(&mut self, usage: Usage) {
        self.metrics = Some(usage);
    }

    /// The answer is over; a whole one needs no word for it.
    pub(super) fn finish(&mut self, is_whole: bool, events: &mut Events) -> Result<()> {
        if !(self.ended || is_whole && self.begun) {
            return Err(Error::new(
                ErrorKind::Truncated,
                "the stream ended without a reason for its end",
            ));
        }
        if !self.said && !self.ended {
            return Err(Error::new(
                ErrorKind::Decode,
                "the answer holds no text in the form of any maker",
            ));
        }
        let raw = self.word.take();
        let reason = match raw.as_ref().map(|word| word.to_ascii_lowercase()).as_deref() {
            Some(
                "finish" | "stop" | "stop_criteria_met" | "complete" | "stop_sequence" | "end_turn"
                | "endoftext",
            ) => FinishReason::Stop,
            Some("length" | "max_tokens") => FinishReason::Length,
            Some("content_filtered" | "error_toxic") => FinishReason::ContentFilter,
            Some("error") => FinishReason::Error,
            _ => FinishReason::Other(raw.clone().unwrap_or_default()),
        };
        let mut finish = StreamFinish::default();
        finish.choices = vec![ChoiceFinish::new(0, reason, raw)];
        // Some count the prompt alone.
        let own = || total(self.input, self.output, None, None);
        let counted = self.output.and_then(|_| own());
        finish.usage = counted.or(self.metrics.take()).or_else(own);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        Ok(())
    }
}
