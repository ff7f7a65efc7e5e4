//! `/api/chat` as a server sees it: requests to calls, answers and events to lines.

use bytes::{BufMut as _, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use router_core::chat::{
    ChatRequest, FinishReason, JsonSchemaFormat, Logprobs, ReasoningConfig, TokenLogprob, Usage,
};
use router_core::content::{MediaKind, Reasoning, Riders};
use router_core::message::Role;
use router_core::tool::FunctionTool;
use router_core::{
    Content, ContentPart, Error, ErrorKind, Extra, Head, Json, Media, Message, Mode, ModelId, Operation,
    Output, ReasoningEffort, ResponseFormat, Result, StreamEvent, Text, ToolCall, ToolDefinition, ToolResult,
};
use router_wire::object::{Object, invalid, is_string};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{JsonOrText, Seq};
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::{NO_ID, NO_NAME, NOTES, WIRE};
use crate::error::{error_body, error_response};

/// `POST /api/chat`.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl ServerCodec for Chat {
    fn name(&self) -> &'static str {
        "ollama.chat"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path == "/api/chat"
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = ModelId::from(body.required_text("model")?);
        // Absent, it means a stream.
        let mode = if body.read::<bool>("stream")?.unwrap_or(true) {
            Mode::Stream
        } else {
            Mode::Full
        };
        let mut chat = ChatRequest::default();
        messages(&mut body, &mut chat)?;
        for (place, raw) in body.list("tools")?.into_iter().enumerate() {
            chat.tools.push(tool(raw, place)?);
        }
        chat.response_format = body
            .take("format")
            .and_then(|raw| format(raw).transpose())
            .transpose()?;
        if let Some(raw) = body.take("think") {
            chat.settings.reasoning = Some(reasoning(raw)?);
        }
        chat.settings.logprobs = body.read("logprobs")?;
        chat.settings.top_logprobs = body.read("top_logprobs")?;
        options(&mut body, &mut chat)?;
        chat.extra = body.rest(WIRE);
        let encoder = Encoder::new(model.text().clone());
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// The runner's options. Those that are settings of ours are taken; the others go back to a server of this wire.
fn options(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(mut options) = body.object("options")? else {
        return Ok(());
    };
    let settings = &mut chat.settings;
    // Below zero it means no limit.
    settings.max_output_tokens = match options.read::<i64>("num_predict")? {
        Some(tokens) if tokens > 0 => Some(tokens.unsigned_abs()),
        _ => None,
    };
    settings.temperature = options.read("temperature")?;
    settings.top_p = options.read("top_p")?;
    settings.top_k = options.read("top_k")?;
    settings.seed = options.read("seed")?;
    settings.frequency_penalty = options.read("frequency_penalty")?;
    settings.presence_penalty = options.read("presence_penalty")?;
    settings.stop_sequences = match options.take("stop") {
        Some(raw) if is_string(raw) => vec![read(raw, "options.stop")?],
        Some(raw) => read(raw, "options.stop")?,
        None => Vec::new(),
    };
    if !options.is_empty() {
        let rest: Vec<(String, &RawValue)> = options.into_fields().collect();
        let rest: std::collections::BTreeMap<&str, &RawValue> =
            rest.iter().map(|(name, raw)| (name.as_str(), *raw)).collect();
        let own = std::collections::BTreeMap::from([("options", rest)]);
        chat.provider_options.set(crate::WIRE, &own)?;
    }
    Ok(())
}

fn reasoning(raw: &RawValue) -> Result<ReasoningConfig> {
    let effort = match raw.get() {
        "true" => ReasoningEffort::Medium,
        "false" => ReasoningEffort::None,
        _ if is_string(raw) => ReasoningEffort::parse(&read::<Text>(raw, "think")?),
        _ => return Err(invalid("think", "must be a boolean or a level")),
    };
    let mut config = ReasoningConfig::effort(effort);
    config.extra = Extra::of(
        Text::from_static(WIRE),
        vec![(Text::from_static("think"), Json::from_raw(raw))],
    );
    Ok(config)
}

/// `"json"`, or a schema; an empty string is no format.
fn format(raw: &RawValue) -> Result<Option<ResponseFormat>> {
    if is_string(raw) {
        return match read::<Text>(raw, "format")?.as_str() {
            "" => Ok(None),
            "json" => Ok(Some(ResponseFormat::Json)),
            _ => Err(invalid("format", "must be \"json\" or a JSON schema")),
        };
    }
    Object::of(raw, "format")?;
    let mut format = JsonSchemaFormat::new("response", Json::from_raw(raw));
    format.strict = None;
    Ok(Some(ResponseFormat::JsonSchema(format)))
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn tool(raw: &RawValue, place: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{place}]"))?;
    let path = fields.path_of("function");
    let Some(mut function) = fields.object("function")? else {
        return Err(invalid(&path, "is required"));
    };
    let mut tool = FunctionTool::new(function.required_text("name")?);
    tool.description = function.text("description")?;
    tool.parameters = function.json("parameters");
    tool.extra = function.rest(WIRE);
    Ok(ToolDefinition::Function(tool))
}

fn messages(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let rows = body.list("messages")?;
    if rows.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    // Calls that no result has answered yet, by tool.
    let mut open: Vec<(Text, Text)> = Vec::new();
    for (place, raw) in rows.into_iter().enumerate() {
        let message = message(Object::of(raw, format!("messages[{place}]"))?, place, &mut open)?;
        chat.messages.push(message);
    }
    Ok(())
}

fn message(mut fields: Object<'_>, place: usize, open: &mut Vec<(Text, Text)>) -> Result<Message> {
    let role = fields.required_text("role")?;
    let content = fields.text("content")?.unwrap_or_default();
    let images = images(&mut fields)?;
    let mut message = match role.as_str() {
        "system" => Message::new(Role::System, with_images(content, images)),
        "user" => Message::new(Role::User, with_images(content, images)),
        "assistant" => Message::new(
            Role::Assistant,
            assistant(content, images, place, &mut fields, open)?,
        ),
        "tool" => tool_result(content, images, &mut fields, open)?,
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of system, user, assistant, tool",
            ));
        }
    };
    message.extra = fields.rest(WIRE);
    Ok(message)
}

fn images(fields: &mut Object<'_>) -> Result<Vec<ContentPart>> {
    let path = fields.path_of("images");
    let mut images = Vec::new();
    for raw in fields.list("images")? {
        let data = read::<Text>(raw, &path)?;
        let mut media = Media::base64(MediaKind::Image, "image/png", data);
        let Some(bytes) = media.decode() else {
            return Err(invalid(&path, "is not valid base64"));
        };
        // The wire does not say what kind of picture it is; the bytes do.
        media.media_type = Some(Text::from_static(match bytes.as_slice() {
            [0xFF, 0xD8, ..] => "image/jpeg",
            [b'G', b'I', b'F', ..] => "image/gif",
            [b'R', b'I', b'F', b'F', ..] => "image/webp",
            _ => "image/png",
        }));
        images.push(ContentPart::Media(media));
    }
    Ok(images)
}

fn with_images(content: Text, images: Vec<ContentPart>) -> Content {
    if images.is_empty() {
        return Content::Text(content);
    }
    let mut parts = vec![ContentPart::text(content)];
    parts.extend(images);
    Content::from(parts)
}

fn assistant(
    content: Text,
    images: Vec<ContentPart>,
    place: usize,
    fields: &mut Object<'_>,
    open: &mut Vec<(Text, Text)>,
) -> Result<Content> {
    let thinking = fields.text("thinking")?.filter(|text| !text.is_empty());
    let path = fields.path_of("tool_calls");
    let calls = fields.list("tool_calls")?;
    if thinking.is_none() && calls.is_empty() {
        return Ok(with_images(content, images));
    }
    let mut parts: Vec<ContentPart> = thinking
        .map(|text| Reasoning::new(text).into())
        .into_iter()
        .collect();
    if !content.is_empty() {
        parts.push(ContentPart::text(content));
    }
    parts.extend(images);
    for (at, raw) in calls.into_iter().enumerate() {
        let call = called(Object::of(raw, format!("{path}[{at}]"))?, place, at)?;
        open.push((call.name.clone(), call.id.clone()));
        parts.push(ContentPart::ToolCall(call));
    }
    Ok(Content::from(parts))
}

fn called(mut fields: Object<'_>, place: usize, at: usize) -> Result<ToolCall> {
    let id = fields.text("id")?.filter(|id| !id.is_empty());
    let path = fields.path_of("function");
    let Some(mut function) = fields.object("function")? else {
        return Err(invalid(&path, "is required"));
    };
    let name = function.required_text("name")?;
    let arguments = match function.take("arguments") {
        Some(raw) if is_string(raw) => read::<Text>(raw, &path)?,
        Some(raw) => Text::from(raw.get()),
        None => Text::from_static("{}"),
    };
    let made_up = id.is_none();
    let id = id.unwrap_or_else(|| Text::from(format!("call_{place}_{at}")));
    let mut call = ToolCall::new(id, name, arguments);
    call.riders = Riders::new().with_extra(if made_up {
        noted(&[NO_ID])
    } else {
        function.rest(WIRE)
    });
    Ok(call)
}

/// Notes to our own encoder.
fn noted(notes: &[&'static str]) -> Extra {
    let note = |name: &&'static str| (Text::from_static(name), Json::null());
    Extra::of(Text::from_static(NOTES), notes.iter().map(note).collect())
}

/// A result, linked to its call by id, or by the tool's name where the client sent no id.
fn tool_result(
    content: Text,
    images: Vec<ContentPart>,
    fields: &mut Object<'_>,
    open: &mut Vec<(Text, Text)>,
) -> Result<Message> {
    let path = fields.path_of("tool_call_id");
    let name = fields.text("tool_name")?;
    let id = fields.text("tool_call_id")?.filter(|id| !id.is_empty());
    let found = open.iter().position(|(tool, call)| match (&id, &name) {
        (Some(id), _) => call == id,
        (None, Some(name)) => tool == name,
        (None, None) => true,
    });
    let Some(found) = found else {
        return Err(invalid(
            &path,
            "a message with role 'tool' must answer a tool call of an earlier message",
        ));
    };
    let (_, call) = open.remove(found);
    let mut result = ToolResult::new(call, with_images(content, images));
    result.name.clone_from(&name);
    let mut notes = Vec::new();
    if id.is_none() {
        notes.push(NO_ID);
    }
    if name.is_none() {
        notes.push(NO_NAME);
    }
    if !notes.is_empty() {
        result.riders = Riders::new().with_extra(noted(&notes));
    }
    Ok(Message::tool([result]))
}

/// Writes lines.
struct Encoder {
    model: Text,
    created: i64,
    /// Calls under way: they go out whole.
    calls: Vec<(u32, u32, ToolCall)>,
}

impl Encoder {
    fn new(model: Text) -> Self {
        Self {
            model,
            created: 0,
            calls: Vec::new(),
        }
    }

    fn line(&self, line: &Line<'_>, out: &mut BytesMut) {
        let framed = Framed {
            model: &self.model,
            created_at: rfc3339(self.created),
            line,
        };
        // Texts and numbers are always JSON.
        let _ = serde_json::to_writer((&mut *out).writer(), &framed);
        out.put_u8(b'\n');
    }
}

/// What a line says.
enum Line<'a> {
    Text(&'a Text),
    Thinking(&'a Text),
    Call(&'a ToolCall),
    Logprobs(&'a Logprobs),
    Image(&'a Media),
    Done(&'a FinishReason, Option<&'a Usage>),
    Whole(&'a router_core::ChatResponse),
}

struct Framed<'a> {
    model: &'a Text,
    created_at: String,
    line: &'a Line<'a>,
}

impl Serialize for Framed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("created_at", &self.created_at)?;
        map.serialize_entry("message", &Said(self.line))?;
        match self.line {
            Line::Done(reason, usage) => done(&mut map, reason, *usage)?,
            Line::Whole(answer) => {
                if let Some(logprobs) = answer.first().and_then(|choice| choice.logprobs.as_ref()) {
                    map.serialize_entry("logprobs", &Seq(|| logprobs.content.iter().map(Token)))?;
                }
                let reason = answer.finish_reason().unwrap_or(&FinishReason::Stop);
                done(&mut map, reason, answer.usage.as_ref())?;
            }
            Line::Logprobs(logprobs) => {
                map.serialize_entry("logprobs", &Seq(|| logprobs.content.iter().map(Token)))?;
                map.serialize_entry("done", &false)?;
            }
            _ => map.serialize_entry("done", &false)?,
        }
        map.end()
    }
}

fn done<M: SerializeMap>(
    map: &mut M,
    reason: &FinishReason,
    usage: Option<&Usage>,
) -> std::result::Result<(), M::Error> {
    map.serialize_entry("done", &true)?;
    let word = if *reason == FinishReason::Length {
        "length"
    } else {
        "stop"
    };
    map.serialize_entry("done_reason", word)?;
    // Durations are measured by the vendor; here nobody did.
    map.serialize_entry("total_duration", &0)?;
    map.serialize_entry("load_duration", &0)?;
    if let Some(usage) = usage {
        map.serialize_entry("prompt_eval_count", &usage.input_tokens)?;
        map.serialize_entry("prompt_eval_duration", &0)?;
        map.serialize_entry("eval_count", &usage.output_tokens)?;
        map.serialize_entry("eval_duration", &0)?;
    }
    Ok(())
}

struct Said<'a>(&'a Line<'a>);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        match self.0 {
            Line::Text(text) => map.serialize_entry("content", text)?,
            Line::Thinking(text) => {
                map.serialize_entry("content", "")?;
                map.serialize_entry("thinking", text)?;
            }
            Line::Call(call) => {
                map.serialize_entry("content", "")?;
                map.serialize_entry("tool_calls", &[Called(call, 0)])?;
            }
            Line::Image(media) => {
                map.serialize_entry("content", "")?;
                if let router_core::content::MediaSource::Base64(data) = &media.source {
                    map.serialize_entry("images", &[data])?;
                }
            }
            Line::Logprobs(_) | Line::Done(..) => map.serialize_entry("content", "")?,
            Line::Whole(answer) => {
                let parts = answer
                    .first()
                    .map(|choice| choice.content.as_slice())
                    .unwrap_or_default();
                let refusal: String = parts
                    .iter()
                    .filter_map(|part| match part {
                        ContentPart::Refusal(refusal) => Some(refusal.text.as_str()),
                        _ => None,
                    })
                    .collect();
                map.serialize_entry("content", &format!("{}{refusal}", answer.text()))?;
                let thinking = answer.reasoning();
                if !thinking.is_empty() {
                    map.serialize_entry("thinking", &thinking)?;
                }
                if answer.tool_calls().next().is_some() {
                    let calls = || {
                        (0..)
                            .zip(answer.tool_calls())
                            .map(|(place, call)| Called(call, place))
                    };
                    map.serialize_entry("tool_calls", &Seq(calls))?;
                }
            }
        }
        map.end()
    }
}

struct Called<'a>(&'a ToolCall, u32);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Function<'a>(&'a ToolCall, u32);
        impl Serialize for Function<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("index", &self.1)?;
                map.serialize_entry("name", &self.0.name)?;
                map.serialize_entry("arguments", &JsonOrText(&self.0.arguments))?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("function", &Function(self.0, self.1))?;
        map.end()
    }
}

struct Token<'a>(&'a TokenLogprob);

impl Serialize for Token<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token", &self.0.token)?;
        map.serialize_entry("logprob", &self.0.logprob)?;
        if let Some(bytes) = &self.0.bytes {
            map.serialize_entry("bytes", bytes)?;
        }
        if !self.0.top.is_empty() {
            map.serialize_entry("top_logprobs", &Seq(|| self.0.top.iter().map(Token)))?;
        }
        map.end()
    }
}

/// A time in seconds as RFC 3339 has it.
fn rfc3339(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let rest = seconds.rem_euclid(86_400);
    // The civil calendar, years counted from March.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        if let Some(model) = &answer.model {
            self.model = model.clone();
        }
        self.created = answer.created.unwrap_or(0);
        let framed = Framed {
            model: &self.model,
            created_at: rfc3339(self.created),
            line: &Line::Whole(answer),
        };
        serde_json::to_vec(&framed)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))]);
        HttpResponse::new(200, headers, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => {
                if let Some(model) = &start.model {
                    self.model = model.clone();
                }
                self.created = start.created.unwrap_or(0);
            }
            // The wire has one choice.
            StreamEvent::TextDelta { choice: 0, text } | StreamEvent::RefusalDelta { choice: 0, text } => {
                self.line(&Line::Text(text), out);
            }
            StreamEvent::ReasoningDelta { choice: 0, text } => self.line(&Line::Thinking(text), out),
            StreamEvent::ToolCallStart {
                choice: 0,
                call,
                id,
                name,
                ..
            } => self
                .calls
                .push((0, *call, ToolCall::new(id.clone(), name.clone(), Text::new()))),
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => {
                if let Some((_, _, open)) = self.calls.iter_mut().find(|(_, place, _)| place == call) {
                    open.arguments = Text::from(format!("{}{arguments}", open.arguments));
                }
            }
            StreamEvent::ToolCallEnd { choice: 0, call, .. } => {
                if let Some(at) = self.calls.iter().position(|(_, place, _)| place == call) {
                    let (_, _, whole) = self.calls.remove(at);
                    self.line(&Line::Call(&whole), out);
                }
            }
            StreamEvent::Logprobs { choice: 0, logprobs } => self.line(&Line::Logprobs(logprobs), out),
            StreamEvent::Media { choice: 0, media } => self.line(&Line::Image(media), out),
            StreamEvent::Finish(finish) => {
                let reason = finish
                    .choices
                    .first()
                    .map_or(&FinishReason::Stop, |choice| &choice.reason);
                self.line(&Line::Done(reason, finish.usage.as_ref()), out);
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(&error_body(error));
        out.put_u8(b'\n');
    }

    fn heartbeat(&mut self, _out: &mut BytesMut) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written() {
        assert_eq!(rfc3339(1_709_208_000), "2024-02-29T12:00:00Z");
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
    }
}
