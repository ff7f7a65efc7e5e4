//! Pieces of an answer to events; a whole answer is one piece.

mod call;
mod choice;
mod logprobs;
mod sources;
mod usage;

use router_core::stream::{StreamFinish, StreamStart};
use router_core::{Error, ErrorKind, Extra, Json, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, StreamDecoder, classify};

use self::choice::Choice;
use self::usage::Counts;
use crate::parts::ANSWER;
use crate::wire::{Answer, Candidate};

/// Decodes the pieces of one answer.
#[derive(Debug)]
pub struct GenerateStreamDecoder {
    speaker: Speaker,
    whole: bool,
    started: bool,
    id: Option<Text>,
    model: Option<Text>,
    /// Why the prompt was not answered, and what the vendor says of it.
    blocked: Option<(Text, Option<Text>)>,
    counts: Counts,
    choices: Vec<Choice>,
    /// Fields of the answer that are not named here; the last of each.
    extra: Extra,
}

impl GenerateStreamDecoder {
    /// A decoder at the beginning of an answer.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            whole: false,
            started: false,
            id: None,
            model: None,
            blocked: None,
            counts: Counts::default(),
            choices: Vec::new(),
            extra: Extra::new(),
        }
    }

    /// A decoder of an answer that is one piece: it is complete without a finish reason too.
    pub(crate) fn whole(speaker: Speaker) -> Self {
        Self {
            whole: true,
            ..Self::new(speaker)
        }
    }

    fn piece(&mut self, answer: Answer<'_>, data: &Text, events: &mut Events) -> Result<()> {
        if answer.error.is_some() {
            let body = ErrorBody::read(data.as_bytes());
            return Err(self.counted(classify::of_body(None, &http::HeaderMap::new(), None, &body, &[])));
        }
        let (id, model) = (answer.response_id.take(data), answer.model_version.take(data));
        if self.started {
            self.id = self.id.take().or(id);
            self.model = self.model.take().or(model);
        } else {
            self.started = true;
            let mut start = StreamStart::default();
            start.id.clone_from(&id);
            start.model.clone_from(&model);
            events.push_back(StreamEvent::Start(Box::new(start)));
            (self.id, self.model) = (id, model);
        }
        if let Some(raw) = answer.usage_metadata {
            self.counts.take(raw);
        }
        if let Some(reason) = answer.prompt_feedback.block_reason.to_text() {
            self.blocked = Some((reason, answer.prompt_feedback.block_reason_message.to_text()));
        }
        for (name, raw) in answer.rest {
            self.extra
                .insert(Text::from_static(ANSWER), Text::from(name), Json::from_raw(raw));
        }
        for (place, candidate) in (0..).zip(answer.candidates.0) {
            self.candidate(place, candidate, data, events);
        }
        Ok(())
    }

    fn candidate(&mut self, place: u32, candidate: Candidate<'_>, data: &Text, events: &mut Events) {
        let index = candidate.index.index().unwrap_or(place);
        let at = match self.choices.iter().position(|choice| choice.index == index) {
            Some(at) => at,
            None => {
                self.choices.push(Choice::new(index));
                self.choices.len() - 1
            }
        };
        let answer = self.id.as_ref();
        self.choices[at].take(candidate, &self.speaker, answer, data, events);
    }

    /// An error with what was counted before it: it may be billed.
    fn counted(&self, error: Error) -> Error {
        match self.counts.usage() {
            Some(usage) => error.with_usage(usage),
            None => error,
        }
    }

    /// The error for a prompt that was not answered.
    fn blocked(&mut self) -> Option<Error> {
        let (reason, message) = self.blocked.take().filter(|_| self.choices.is_empty())?;
        let message = message.unwrap_or_else(|| Text::from(format!("the prompt was blocked: {reason}")));
        Some(self.counted(Error::new(ErrorKind::ContentFiltered, message).with_code(reason)))
    }
}

impl StreamDecoder for GenerateStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.as_str().trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        if data.starts_with('[') {
            // Asked for whole where a stream was sent, or an error in a list of one.
            let pieces: Vec<Answer<'_>> =
                serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
            return pieces
                .into_iter()
                .try_for_each(|piece| self.piece(piece, &frame.data, events));
        }
        let piece = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        self.piece(piece, &frame.data, events)
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if let Some(error) = self.blocked() {
            return Err(error);
        }
        if !self.whole && !self.choices.iter().any(Choice::is_ended) {
            let error = Error::new(ErrorKind::Truncated, "the stream ended without a finish reason");
            return Err(self.counted(error));
        }
        let mut finish = StreamFinish::default();
        self.choices.sort_by_key(|choice| choice.index);
        let answer = self.id.take();
        for choice in std::mem::take(&mut self.choices) {
            finish.choices.push(choice.finish(answer.as_ref(), events));
        }
        finish.usage = self.counts.usage();
        finish.service_tier = self.counts.tier.take();
        finish.id = answer;
        finish.model = self.model.take();
        finish.extra = std::mem::take(&mut self.extra);
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        Ok(())
    }
}
