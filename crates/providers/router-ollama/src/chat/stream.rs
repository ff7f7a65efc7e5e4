//! Lines of `/api/chat` to events, and those of `/api/generate`; a whole answer is one line.

use router_core::chat::{FinishReason, Logprobs, TokenLogprob, Usage};
use router_core::content::Riders;
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish, StreamStart};
use router_core::tool::ToolCallKind;
use router_core::{Error, ErrorKind, Extra, Result, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::object::Object;
use router_wire::{Events, Frame, StreamDecoder, classify};
use serde_json::value::RawValue;

use super::WIRE;
use super::wire::{Line, Token, ToolCall};
use crate::time::seconds_of;

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
        if line
            .error
            .is_some_and(|error| !matches!(error.get(), "null" | "\"\"" | "{}"))
        {
            let body = ErrorBody::read(data.as_bytes());
            return Err(classify::of_body(None, &http::HeaderMap::new(), None, &body, &[]));
        }
        // A line without a message or an end is none that we know.
        let said = line.message.is_some() || line.response.0.is_some();
        if !self.begun && (said || line.done == Some(true)) {
            self.begun = true;
            let mut start = StreamStart::default();
            start.model = line.model.take(data).map(|model| model.detach());
            start.created = line.created_at.filled().and_then(seconds_of);
            events.push_back(StreamEvent::Start(Box::new(start)));
        }
        self.said(line.thinking.take(data), line.response.take(data), events);
        if let Some(message) = line.message {
            self.said(message.thinking.take(data), message.content.take(data), events);
            for call in message.tool_calls.0 {
                self.end_thinking(events);
                self.tool_call(call, data, events);
            }
        }
        if !line.logprobs.0.is_empty() {
            let content = line.logprobs.0.into_iter();
            let content = content.map(|token| logprob(token, data)).collect();
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
                finish.usage = Some(Usage::new(counts.0.unwrap_or(0), counts.1.unwrap_or(0)));
            }
            finish.extra = unnamed(data);
            events.push_back(StreamEvent::Finish(Box::new(finish)));
        }
        Ok(())
    }

    /// The native wire never says that it waits for tools.
    fn reason(&self, raw: Option<&Text>) -> FinishReason {
        match raw.map(Text::as_str) {
            Some("length") => FinishReason::Length,
            // No word of the vendor, but of servers that speak its wire for others.
            Some("content_filter") => FinishReason::ContentFilter,
            Some("error") => FinishReason::Error,
            Some("stop") | None if self.calls > 0 => FinishReason::ToolCalls,
            Some("stop") | None => FinishReason::Stop,
            Some(word) => FinishReason::Other(Text::from(word)),
        }
    }

    fn said(&mut self, thought: Option<Text>, text: Option<Text>, events: &mut Events) {
        if let Some(text) = thought {
            self.thinking = true;
            events.push_back(StreamEvent::ReasoningDelta { choice: 0, text });
        }
        if let Some(text) = text {
            self.end_thinking(events);
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
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
        let Some(function) = call.function else { return };
        let Some(name) = function.name.take(data) else {
            return;
        };
        let place = self.calls;
        self.calls += 1;
        let id = call
            .id
            .take(data)
            .unwrap_or_else(|| Text::from(format!("call_0_{place}")));
        events.push_back(StreamEvent::tool_call_start(
            0,
            place,
            id,
            name,
            ToolCallKind::Function,
        ));
        events.push_back(StreamEvent::ToolCallDelta {
            choice: 0,
            call: place,
            arguments: arguments(function.arguments, data),
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
    entry.token = token.token.take(data).unwrap_or_default().detach();
    entry.logprob = token.logprob.0.unwrap_or_default();
    let bytes = token.bytes.0.into_iter();
    let bytes: Option<Vec<u8>> = bytes
        .map(|byte| byte.count().and_then(|byte| u8::try_from(byte).ok()))
        .collect();
    entry.bytes = bytes.filter(|bytes| !bytes.is_empty());
    let top = token.top_logprobs.0.into_iter();
    entry.top = top.map(|token| logprob(token, data)).collect();
    entry
}

/// The fields of the last line that are read nowhere: durations, and what the vendor adds.
fn unnamed(data: &Text) -> Extra {
    const READ: [&str; 11] = [
        "model",
        "created_at",
        "message",
        "response",
        "thinking",
        "done",
        "done_reason",
        "prompt_eval_count",
        "eval_count",
        "logprobs",
        "error",
    ];
    let Ok(mut fields) = serde_json::from_str::<Object<'_>>(data) else {
        return Extra::new();
    };
    for name in READ {
        fields.take(name);
    }
    fields.rest(WIRE)
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
    fn a_cut_stream_and_an_error_line_are_errors() {
        let cut = events(&[r#"{"model":"m","message":{"content":"a"},"done":false}"#]);
        assert_eq!(cut.unwrap_err().kind(), ErrorKind::Truncated);
        let failed = events(&[r#"{"error":"model 'x' not found"}"#]);
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn text_without_messages() {
        let events = events(&[
            r#"{"model":"m","response":"Hel","done":false}"#,
            r#"{"model":"m","response":"lo!","done":false}"#,
            r#"{"model":"m","response":"","done":true,"done_reason":"stop","context":[1,2],"prompt_eval_count":4,"eval_count":3}"#,
        ])
        .unwrap();
        let text: String = events
            .iter()
            .filter_map(|event| match event {
                StreamEvent::TextDelta { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(text, "Hello!");
        assert!(matches!(events.last(), Some(StreamEvent::Finish(_))));
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
