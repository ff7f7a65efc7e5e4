//! Answers and events as texts.

use bytes::BytesMut;
use router_core::chat::{Choice, Logprobs, TokenLogprob};
use router_core::{ChatResponse, ContentPart, Error, FinishReason, Head, Output, Result, StreamEvent, Text};
use router_wire::HttpResponse;
use router_wire::completion::{MARK, WIRE, has_mark};
use router_wire::server::{ReplyEncoder, check_end, failed_finish};
use router_wire::write::{Seq, extra_fields};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::chat::server::WireUsage;
use crate::reply::{another, error_event, event, events_head, json};
use crate::stamp::{seconds, stamp};

/// What a request asked of the form of its reply.
pub(super) struct Asked {
    pub(super) model: Text,
    pub(super) include_usage: bool,
    /// The prompts, where they stand before their answers.
    pub(super) echo: Option<Vec<Text>>,
    /// How many choices each prompt has.
    pub(super) each: u32,
    /// What only a vendor with this wire can do.
    pub(super) needs: Option<&'static str>,
}

impl Asked {
    /// The prompt of a choice, where it stands before the answer and the vendor did not put it there.
    fn echo(&self, choice: u32, is_native: bool) -> Option<&Text> {
        let prompts = self.echo.as_ref().filter(|_| !is_native)?;
        prompts.get((choice / self.each) as usize)
    }

    fn check(&self, is_native: bool) -> Result<()> {
        match self.needs {
            Some(what) if !is_native => Err(Error::unsupported(format_args!(
                "{what}, with a provider that takes chats only,"
            ))),
            _ => Ok(()),
        }
    }
}

/// Writes texts and pieces of them.
pub(super) struct Encoder {
    asked: Asked,
    id: Text,
    created: i64,
    is_native: bool,
    /// Whether the beginning was seen.
    begun: bool,
    /// Whether the stream ended with an error of ours.
    over: bool,
    /// Choices that were begun, and how many characters of each were written.
    choices: Vec<(u32, usize)>,
}

impl Encoder {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            id: Text::new(),
            created: 0,
            is_native: false,
            begun: false,
            over: false,
            choices: Vec::new(),
        }
    }

    fn named(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        self.id = id
            .cloned()
            .unwrap_or_else(|| Text::from(format!("cmpl-{:016x}", stamp())));
        self.created = created.unwrap_or_else(seconds);
        if let Some(model) = model {
            self.asked.model = model.clone();
        }
    }

    /// A piece of a choice, behind the prompt where that is wanted.
    fn piece(&mut self, choice: u32, piece: Piece<'_>, out: &mut BytesMut) {
        if !self.choices.iter().any(|(known, _)| *known == choice) {
            let echo = self.asked.echo(choice, self.is_native).cloned();
            let length = echo.as_ref().map_or(0, |prompt| prompt.chars().count());
            self.choices.push((choice, length));
            if let Some(prompt) = echo {
                self.write(choice, &Piece::Text(&prompt), 0, out);
            }
        }
        let at = self.choices.iter_mut().find(|(known, _)| *known == choice);
        let mut offset = 0;
        if let Some((_, written)) = at {
            offset = *written;
            // Tokens are told of behind their text: their own length is what moves on.
            if let Piece::Logprobs(logprobs) = &piece {
                let lengths = logprobs.content.iter().map(|token| token.token.chars().count());
                *written += lengths.sum::<usize>();
            }
        }
        self.write(choice, &piece, offset, out);
    }

    fn write(&self, choice: u32, piece: &Piece<'_>, offset: usize, out: &mut BytesMut) {
        let row = ChunkRow {
            index: choice,
            piece,
            offset,
        };
        event(None, &self.chunk(Some(&row), None), out);
    }

    fn chunk<'a>(&'a self, row: Option<&'a ChunkRow<'a>>, usage: Option<WireUsage<'a>>) -> Chunk<'a> {
        Chunk {
            id: &self.id,
            object: "text_completion",
            created: self.created,
            model: &self.asked.model,
            choices: row.into_iter().collect(),
            usage,
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(another("a text"));
        };
        check_end(answer)?;
        self.is_native = has_mark(&answer.extra);
        self.asked.check(self.is_native)?;
        self.named(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        json(&Answer {
            encoder: self,
            answer,
        })
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        events_head()
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        if self.over {
            return;
        }
        if !self.begun {
            self.begun = true;
            match event {
                StreamEvent::Start(start) => {
                    self.is_native = has_mark(&start.extra);
                    self.named(start.id.as_ref(), start.model.as_ref(), start.created);
                }
                _ => self.named(None, None, None),
            }
            if let Err(error) = self.asked.check(self.is_native) {
                self.stream_error(&error, out);
                return;
            }
        }
        match event {
            StreamEvent::TextDelta { choice, text } | StreamEvent::RefusalDelta { choice, text } => {
                self.piece(*choice, Piece::Text(text), out);
            }
            StreamEvent::Logprobs { choice, logprobs } => {
                self.piece(*choice, Piece::Logprobs(logprobs), out);
            }
            StreamEvent::Finish(finish) => {
                if let Some(error) = failed_finish(finish) {
                    return self.stream_error(&error, out);
                }
                for end in &finish.choices {
                    self.piece(end.index, Piece::End(word(&end.reason)), out);
                }
                if let Some(usage) = finish.usage.as_ref().filter(|_| self.asked.include_usage) {
                    crate::reply::event(None, &self.chunk(None, Some(WireUsage(usage))), out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.over = true;
        error_event(error, out);
    }
}

/// The word of this wire for a reason.
fn word(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content_filter",
        _ => "stop",
    }
}

enum Piece<'a> {
    Text(&'a Text),
    Logprobs(&'a Logprobs),
    End(&'static str),
}

#[derive(serde::Serialize)]
struct Chunk<'a> {
    id: &'a Text,
    object: &'static str,
    created: i64,
    model: &'a Text,
    choices: Vec<&'a ChunkRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<WireUsage<'a>>,
}

struct ChunkRow<'a> {
    index: u32,
    piece: &'a Piece<'a>,
    offset: usize,
}

impl Serialize for ChunkRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (text, logprobs, end) = match self.piece {
            Piece::Text(text) => (text.as_str(), None, None),
            Piece::Logprobs(logprobs) => ("", Some(*logprobs), None),
            Piece::End(word) => ("", None, Some(*word)),
        };
        let logprobs = logprobs.map(|logprobs| Lists {
            tokens: &logprobs.content,
            offset: self.offset,
        });
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", text)?;
        map.serialize_entry("index", &self.index)?;
        map.serialize_entry("logprobs", &logprobs)?;
        map.serialize_entry("finish_reason", &end)?;
        map.end()
    }
}

struct Answer<'a> {
    encoder: &'a Encoder,
    answer: &'a ChatResponse,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { encoder, answer } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &encoder.id)?;
        map.serialize_entry("object", "text_completion")?;
        map.serialize_entry("created", &encoder.created)?;
        map.serialize_entry("model", &encoder.asked.model)?;
        let rows = answer.choices.iter().map(|choice| Row {
            choice,
            echo: encoder.asked.echo(choice.index, encoder.is_native),
        });
        map.serialize_entry("choices", &Seq(|| rows.clone()))?;
        if let Some(usage) = &answer.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        let fields = answer.extra.for_wire(WIRE).iter();
        for (name, value) in fields.filter(|(name, _)| *name != *MARK) {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

#[derive(Clone)]
struct Row<'a> {
    choice: &'a Choice,
    echo: Option<&'a Text>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut text = self.echo.map(ToString::to_string).unwrap_or_default();
        let offset = text.chars().count();
        for part in &self.choice.content {
            match part {
                ContentPart::Text(part) => text.push_str(&part.text),
                ContentPart::Refusal(part) => text.push_str(&part.text),
                _ => {}
            }
        }
        let logprobs = self.choice.logprobs.as_ref().map(|logprobs| Lists {
            tokens: &logprobs.content,
            offset,
        });
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &text)?;
        map.serialize_entry("index", &self.choice.index)?;
        map.serialize_entry("logprobs", &logprobs)?;
        map.serialize_entry("finish_reason", word(&self.choice.finish_reason))?;
        extra_fields(&mut map, &self.choice.extra, WIRE)?;
        map.end()
    }
}

/// Log probabilities, a list for each thing that is told of the tokens.
struct Lists<'a> {
    tokens: &'a [TokenLogprob],
    offset: usize,
}

impl Serialize for Lists<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Top<'a>(&'a TokenLogprob);
        impl Serialize for Top<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let top = self.0.top.iter();
                serializer.collect_map(top.map(|likely| (likely.token.as_str(), likely.logprob)))
            }
        }
        let mut offset = self.offset;
        let offsets: Vec<usize> = self
            .tokens
            .iter()
            .map(|token| {
                let at = offset;
                offset += token.token.chars().count();
                at
            })
            .collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text_offset", &offsets)?;
        map.serialize_entry("token_logprobs", &Seq(|| self.tokens.iter().map(|of| of.logprob)))?;
        map.serialize_entry("tokens", &Seq(|| self.tokens.iter().map(|of| &of.token)))?;
        if self.tokens.iter().any(|token| !token.top.is_empty()) {
            map.serialize_entry("top_logprobs", &Seq(|| self.tokens.iter().map(Top)))?;
        } else {
            map.serialize_entry("top_logprobs", &())?;
        }
        map.end()
    }
}
