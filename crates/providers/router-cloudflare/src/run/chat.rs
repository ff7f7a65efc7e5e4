//! A chat that a model is run with: OpenAI's body without a model, and an answer that is a text, calls without ids and counts.

use router_core::chat::Usage;
use router_core::content::Riders;
use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{
    Call, ChatRequest, ChatResponse, Error, ErrorKind, FinishReason, Json, ResponseFormat, Result,
    StreamEvent, Text,
};
use router_wire::body::{malformed, read_whole};
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{List, Num, Str};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::{Encoded, Events, Frame, HttpRequest, HttpResponse, StreamDecoder, classify};
use router_wire_openai::Dialect;
use router_wire_openai::chat::request;
use router_wire_openai::chat::stream::ChatStreamDecoder;
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{NOT_THERE, OWN};
use crate::dialect::CODES;

pub(crate) fn encode(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
) -> Result<Encoded> {
    let mut encoded = request::encode(dialect, speaker, call, request, OWN)?;
    let mut warnings = Warnings::new(request.strict);
    check(request, &mut warnings)?;
    encoded.warnings.extend(warnings.into_list());
    let body = Body {
        fields: Object::parse(&encoded.request.body)?.into_fields().collect(),
        schema: match &request.response_format {
            Some(ResponseFormat::JsonSchema(format)) => format.schema.as_ref(),
            _ => None,
        },
    };
    let bytes = serde_json::to_vec(&body)
        .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    encoded.request = HttpRequest::post_json(super::path(call)?, bytes);
    Ok(encoded)
}

/// Says what of a form has no place beside the bare schema.
fn check(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let Some(ResponseFormat::JsonSchema(format)) = &request.response_format else {
        return Ok(());
    };
    for (name, set) in [
        ("response_format.description", format.description.is_some()),
        ("response_format.strict", format.strict == Some(false)),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    Ok(())
}

struct Body<'a> {
    fields: Vec<(String, &'a RawValue)>,
    schema: Option<&'a Json>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Format<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            json_schema: &'a Json,
        }
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            match (name.as_str(), self.schema) {
                ("model" | "tool_choice", _) => {}
                // The schema stands there without a name around it.
                ("response_format", Some(json_schema)) => {
                    let kind = "json_schema";
                    map.serialize_entry(name, &Format { kind, json_schema })?;
                }
                _ => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

pub(crate) fn decode(speaker: &Speaker, result: &HttpResponse) -> Result<ChatResponse> {
    read_whole(RunStreamDecoder::new(speaker.clone()).whole(), result)
}

/// Reads the pieces of a run; those of newer models, and their whole answers, are OpenAI's.
#[derive(Debug)]
pub(crate) struct RunStreamDecoder {
    family: ChatStreamDecoder,
    /// Whether the answer is OpenAI's.
    is_family: bool,
    whole: bool,
    started: bool,
    ended: bool,
    calls: u32,
    usage: Option<Usage>,
}

/// A piece, or a whole answer. What else is in it is there to hide how long the piece is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: List<Called<'a>>,
    usage: Option<Counts>,
    #[serde(borrow)]
    choices: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Called<'a> {
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    /// Name and arguments as OpenAI has them.
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    prompt_tokens: Num,
    completion_tokens: Num,
}

impl RunStreamDecoder {
    /// A decoder at the beginning of an answer.
    pub(crate) fn new(speaker: Speaker) -> Self {
        Self {
            family: ChatStreamDecoder::new(speaker).with_codes(CODES),
            is_family: false,
            whole: false,
            started: false,
            ended: false,
            calls: 0,
            usage: None,
        }
    }

    fn whole(mut self) -> Self {
        self.family = self.family.whole();
        self.whole = true;
        self
    }

    fn piece(&mut self, piece: Piece<'_>, data: &Text, events: &mut Events) -> Result<()> {
        let set =
            |raw: Option<&RawValue>| raw.is_some_and(|raw| !matches!(raw.get(), "null" | "[]" | "\"\""));
        if set(piece.errors) || set(piece.error) {
            let body = ErrorBody::read(data.as_bytes());
            return Err(classify::of_body(
                None,
                &http::HeaderMap::new(),
                None,
                &body,
                CODES,
            ));
        }
        if self.whole && piece.response.is_none() && piece.tool_calls.0.is_empty() && piece.usage.is_none() {
            return Err(Error::new(
                ErrorKind::Decode,
                "the answer holds no text and no call",
            ));
        }
        if !std::mem::replace(&mut self.started, true) {
            events.push_back(StreamEvent::Start(Box::default()));
        }
        if let Some(text) = piece.response.and_then(|raw| said(raw, data)) {
            events.push_back(StreamEvent::TextDelta { choice: 0, text });
        }
        for call in piece.tool_calls.0 {
            self.call(call, data, events);
        }
        if let Some(counts) = piece.usage
            && let Some(output) = counts.completion_tokens.count()
        {
            self.usage = Some(Usage::new(counts.prompt_tokens.count().unwrap_or(0), output));
        }
        Ok(())
    }

    fn call(&mut self, call: Called<'_>, data: &Text, events: &mut Events) {
        let function = call.function.unwrap_or_default();
        let Some(name) = call.name.take(data).or_else(|| function.name.take(data)) else {
            return;
        };
        let (choice, place) = (0, self.calls);
        self.calls += 1;
        let made = || Text::from(format!("call_{choice}_{place}"));
        events.push_back(StreamEvent::tool_call_start(
            choice,
            place,
            call.id.take(data).unwrap_or_else(made),
            name,
            ToolCallKind::Function,
        ));
        let arguments = call.arguments.or(function.arguments);
        let arguments = arguments.and_then(|raw| said(raw, data));
        events.push_back(StreamEvent::ToolCallDelta {
            choice,
            call: place,
            arguments: arguments.unwrap_or_else(|| Text::from_static("{}")),
        });
        events.push_back(StreamEvent::ToolCallEnd {
            choice,
            call: place,
            riders: Riders::new(),
        });
    }

    /// Why it ended is not told.
    fn end(&mut self, events: &mut Events) {
        self.ended = true;
        let reason = match self.calls {
            0 => FinishReason::Stop,
            _ => FinishReason::ToolCalls,
        };
        let mut finish = StreamFinish::default();
        finish.choices = vec![ChoiceFinish::new(0, reason, None)];
        finish.usage = self.usage.take();
        events.push_back(StreamEvent::Finish(Box::new(finish)));
    }
}

/// A text: a string, or what is none. Answers in JSON come parsed, and a token that is a number comes as one.
fn said(raw: &RawValue, data: &Text) -> Option<Text> {
    match raw.get() {
        "null" => None,
        text if text.starts_with('"') => serde_json::from_str::<Str<'_>>(text).ok()?.take(data),
        json => Some(data.slice_ref(json)),
    }
}

impl StreamDecoder for RunStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        if self.is_family {
            return self.family.decode(frame, events);
        }
        let data = frame.data.trim();
        if self.ended || data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            self.end(events);
            return Ok(());
        }
        let piece: Piece<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        if piece.choices.is_some() {
            self.is_family = true;
            return self.family.decode(frame, events);
        }
        self.piece(piece, &frame.data, events)
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if self.is_family {
            return self.family.finish(events);
        }
        if self.whole && !self.ended {
            self.end(events);
        }
        if self.ended {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Truncated,
            "the stream ended without its mark [DONE]",
        ))
    }
}
