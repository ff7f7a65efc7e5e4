//! Chunks of InvokeModel to events: each holds a piece of the maker's own stream, whose form tells the maker.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use router_core::{Error, ErrorKind, Result, Text, Usage};
use router_wire::body::malformed;
use router_wire::lenient::{Num, Str};
use router_wire::object::Object;
use router_wire::{Events, Frame, StreamDecoder};
use router_wire_anthropic::stream::MessagesStreamDecoder;
use router_wire_openai::chat::stream::ChatStreamDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Speakers;
use super::text::TextDecoder;
use crate::converse::stream::ConverseStreamDecoder;
use crate::converse::total;
use crate::error::failure;

/// The field in which the service tells its counts.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// Decodes the chunks of one answer, or a whole one.
#[derive(Debug)]
pub struct InvokeStreamDecoder {
    speakers: Speakers,
    maker: Option<Maker>,
    is_whole: bool,
}

/// Whose form an answer has.
#[derive(Debug)]
enum Maker {
    Anthropic(Box<MessagesStreamDecoder>),
    Amazon(Box<ConverseStreamDecoder>),
    OpenAi(Box<ChatStreamDecoder>),
    Text(Box<TextDecoder>),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    bytes: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metrics {
    input_token_count: Num,
    output_token_count: Num,
    cache_read_input_token_count: Num,
    cache_write_input_token_count: Num,
}

impl InvokeStreamDecoder {
    pub(crate) fn new(speakers: Speakers) -> Self {
        Self {
            speakers,
            maker: None,
            is_whole: false,
        }
    }

    /// The maker, by the fields of a piece.
    fn maker(&mut self, fields: &Object<'_>) -> &mut Maker {
        let speakers = &self.speakers;
        self.maker.get_or_insert_with(|| {
            let has = |name: &str| fields.peek(name).is_some();
            let kind = fields.peek("type").map_or("", RawValue::get);
            if kind == "\"message\"" || kind == "\"message_start\"" || kind == "\"error\"" {
                Maker::Anthropic(Box::new(MessagesStreamDecoder::new(speakers.claude.clone())))
            } else if has("output")
                || has("messageStart")
                || has("contentBlockStart")
                || has("contentBlockDelta")
            {
                let decoder = ConverseStreamDecoder::new(speakers.own.clone());
                Maker::Amazon(Box::new(decoder.joining_text()))
            } else if has("choices") {
                Maker::OpenAi(Box::new(ChatStreamDecoder::new(speakers.own.clone())))
            } else {
                Maker::Text(Box::default())
            }
        })
    }

    fn piece(&mut self, data: &Text, events: &mut Events) -> Result<()> {
        let mut fields: Object<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        let is_whole = self.is_whole;
        match self.maker(&fields) {
            Maker::Anthropic(decoder) => decoder.decode(&Frame::new(data.clone()), events),
            Maker::OpenAi(decoder) => decoder.decode(&Frame::new(data.clone()), events),
            Maker::Amazon(decoder) if is_whole => decoder.whole(data, events),
            Maker::Amazon(decoder) => {
                decoder.count(fields.take(METRICS).and_then(counts));
                for (name, raw) in fields.into_fields() {
                    decoder.event(&name, &data.slice_ref(raw.get()), events)?;
                }
                Ok(())
            }
            Maker::Text(decoder) => {
                if let Some(usage) = fields.take(METRICS).and_then(counts) {
                    decoder.count(usage);
                }
                decoder.piece(data, events)
            }
        }
    }
}

fn counts(raw: &RawValue) -> Option<Usage> {
    let metrics: Metrics = serde_json::from_str(raw.get()).ok()?;
    total(
        metrics.input_token_count.count(),
        metrics.output_token_count.count(),
        metrics.cache_read_input_token_count.count(),
        metrics.cache_write_input_token_count.count(),
    )
}

impl StreamDecoder for InvokeStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        if let Some(name) = &frame.failure {
            return Err(failure(name, frame));
        }
        if frame.event.is_none() {
            self.is_whole = true;
            return self.piece(&frame.data, events);
        }
        let chunk: Chunk<'_> =
            serde_json::from_str(&frame.data).map_err(|error| malformed(&error, &frame.data))?;
        let Some(bytes) = chunk.bytes.filled() else {
            return Ok(());
        };
        let inner = STANDARD.decode(bytes).ok();
        let inner = inner.and_then(|inner| Text::from_utf8(inner.into()).ok());
        let inner = inner.ok_or_else(|| Error::new(ErrorKind::Decode, "a chunk holds no text in base64"))?;
        self.piece(&inner, events)
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        match &mut self.maker {
            Some(Maker::Anthropic(decoder)) => decoder.finish(events),
            Some(Maker::OpenAi(decoder)) => decoder.finish(events),
            Some(Maker::Amazon(decoder)) => decoder.finish(events),
            Some(Maker::Text(decoder)) => decoder.finish(self.is_whole, events),
            None => Err(Error::new(
                ErrorKind::Truncated,
                "the stream ended before it began",
            )),
        }
    }
}
