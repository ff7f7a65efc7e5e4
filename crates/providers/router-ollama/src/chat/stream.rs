//! Lines of `/api/chat` to events; a whole answer is one line.

use router_core::chat::{FinishReason, Logprobs, TokenLogprob, Usage};
use router_core::content::Riders;
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{Error, ErrorKind, Json, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::{Events, Frame, StreamDecoder, classify};
use serde_json::value::RawValue;

use super::wire::{Line, Token, ToolCall};

/// Decodes the lines of one answer.
#[derive(Debug, Default)]
pub struct ChatStreamDecoder {
    begun: bool,
    ended: bool,
    thinking: bool,
    calls: u32,
}

impl ChatStreamDecoder {
    /// A decoder at the beginning of an answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn line(&mut self, line: Line<'_>, data: &Text, events: &mut Events) -> Result<()> {
        if line.error.is_some() {
            let body = ErrorBody::read(data.as_bytes());
            return Err(classify::of_body(None, &http::HeaderMap::new(), None, &body, &[]));
        }
        if !self.begun {
            self.begun = true;
            let mut start = router_core::stream::StreamStart::default();
            start.model = line.model.clone().take(data);
            start.created = line.created_at.filled().and_then(seconds_of);
            events.push_back(StreamEvent::Start(Box::new(start)));
        }
        if let Some(message) = line.message {
            if let Some(text) = message.thinking.take(data) {
                self.thinking = true;
                events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
            }
            if let Some(text) = message.content.take(data) {
                self.end_thinking(events);
                events.push_back(StreamEvent::TextDelta { choice: 0, text });
            }
            for call in message.tool_calls.0 {
                self.end_thinking(events);
                self.tool_call(call, data, events);
            }
        }
        if let Some(tokens) = line.logprobs.filter(|tokens| !tokens.is_empty()) {
            let content = tokens.into_iter().map(|token| logprob(token, data)).collect();
            events.push_back(StreamEvent::Logprobs {
                choice: 0,
                logprobs: Box::new(Logprobs::of_content(content)),
            });
        }
        if line.done == Some(true) {
            self.ended = true;
            let raw = line.done_reason.take(data);
            let mut finish = StreamFinish::default();
            finish.choices = vec![ChoiceFinish::new(0, self.reason(raw.as_ref()), raw)];
            let counts = (line.prompt_eval_count.count(), line.eval_count.count());
            if counts != (None, None) {
                let mut usage = Usage::new(counts.0.unwrap_or(0), counts.1.unwrap_or(0));
                usage.raw = Json::parse(data.clone()).ok();
                finish.usage = Some(usage);
            }
            events.push_back(StreamEvent::Finish(Box::new(finish)));
        }
        Ok(())
    }

    /// The native wire never says that it waits for tools.
    fn reason(&self, raw: Option<&Text>) -> FinishReason {
        match raw.map(Text::as_str) {
            Some("length") => FinishReason::Length,
            Some("stop") | None if self.calls > 0 => FinishReason::ToolCalls,
            Some("stop") | None => FinishReason::Stop,
            Some(word) => FinishReason::Other(Text::from(word)),
        }
    }

    fn end_thinking(&mut self, events: &mut Events) {
        if std::mem::take(&mut self.thinking) {
            events.push_back(StreamEvent::PartEnd {
                choice: 0,
                kind: PartKind::Reasoning,
                riders: Riders::new(),
            });
        }
    }

    fn tool_call(&mut self, call: ToolCall<'_>, data: &Text, events: &mut Events) {
        let Some(name) = call.function.name.take(data) else {
            return;
        };
        let place = self.calls;
        self.calls += 1;
        let id = call
            .id
            .take(data)
            .unwrap_or_else(|| Text::from(format!("call_0_{place}")));
        events.push_back(StreamEvent::ToolCallStart {
            choice: 0,
            call: place,
            id,
            name,
            kind: ToolCallKind::Function,
        });
        events.push_back(StreamEvent::ToolCallDelta {
            choice: 0,
            call: place,
            arguments: arguments(call.function.arguments, data),
        });
        events.push_back(StreamEvent::ToolCallEnd {
            choice: 0,
            call: place,
            riders: Riders::new(),
        });
    }
}

/// Arguments are an object here; some servers write it into a string.
fn arguments(raw: Option<&RawValue>, data: &Text) -> Text {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
        return Text::from_static("{}");
    };
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) if text.trim().is_empty() => Text::from_static("{}"),
        Ok(text) => Text::from(text),
        Err(_) => data.slice_ref(raw.get()),
    }
}

fn logprob(token: Token<'_>, data: &Text) -> TokenLogprob {
    let mut entry = TokenLogprob::default();
    entry.token = data.slice_cow(token.token);
    entry.logprob = token.logprob;
    entry.bytes = token.bytes;
    entry.top = token
        .top_logprobs
        .into_iter()
        .map(|token| logprob(token, data))
        .collect();
    entry
}

/// Seconds since 1970 of a time as RFC 3339 has it.
fn seconds_of(time: &str) -> Option<i64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days from the civil calendar: years counted from March, so that a leap day ends one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let offset = match time.get(19..)?.find(['+', '-']) {
        Some(at) => {
            let sign = if time.as_bytes().get(19 + at) == Some(&b'-') {
                -1
            } else {
                1
            };
            let hours = number(20 + at, 22 + at)?;
            let minutes = number(23 + at, 25 + at).unwrap_or(0);
            sign * (hours * 3600 + minutes * 60)
        }
        None => 0,
    };
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

impl StreamDecoder for ChatStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.as_str();
        if self.ended || data.trim().is_empty() {
            return Ok(());
        }
        let line = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        self.line(line, &frame.data, events)
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Truncated,
            "the stream ended without a line that says done",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(lines: &[&str]) -> Result<Vec<StreamEvent>> {
        let mut decoder = ChatStreamDecoder::new();
        let mut events = Events::new();
        for line in lines {
            decoder.decode(&Frame::new(Text::from(*line)), &mut events)?;
        }
        decoder.finish(&mut events)?;
        Ok(events.into())
    }

    #[test]
    fn times_are_read() {
        assert_eq!(seconds_of("2024-02-29T12:00:00.5Z"), Some(1_709_208_000));
        assert_eq!(seconds_of("2024-02-29T12:00:00-07:00"), Some(1_709_233_200));
        assert_eq!(seconds_of("soon"), None);
    }

    #[test]
    fn a_cut_stream_and_an_error_line_are_errors() {
        let cut = events(&[r#"{"model":"m","message":{"content":"a"},"done":false}"#]);
        assert_eq!(cut.unwrap_err().kind(), ErrorKind::Truncated);
        let failed = events(&[r#"{"error":"model 'x' not found"}"#]);
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn whole_calls_become_events() {
        let events = events(&[
            r#"{"model":"m","message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},"done":false}"#,
            r#"{"model":"m","message":{"content":""},"done":true,"done_reason":"stop","eval_count":3}"#,
        ])
        .unwrap();
        assert!(
            matches!(&events[2], StreamEvent::ToolCallDelta { arguments, .. } if *arguments == r#"{"a":1}"#)
        );
        let Some(StreamEvent::Finish(finish)) = events.last() else {
            panic!("no end")
        };
        assert_eq!(finish.choices[0].reason, FinishReason::ToolCalls);
        assert_eq!(
            finish
                .usage
                .as_ref()
                .map(|usage| (usage.input_tokens, usage.output_tokens)),
            Some((0, 3))
        );
    }
}
