//! The Responses API as a server sees it: items to messages, answers and events to items.

use bytes::BytesMut;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use router_core::chat::{JsonSchemaFormat, ReasoningConfig, Settings};
use router_core::content::{Media, MediaKind, MediaSource, Opaque, Reasoning, Refusal, Riders, TextPart};
use router_core::message::Role;
use router_core::tool::{CustomTool, FunctionTool, ToolCallKind};
use router_core::{
    ChatRequest, Content, ContentPart, Error, ErrorKind, Extra, FinishReason, Head, Json, Message, Mode,
    ModelId, Operation, Output, ReasoningEffort, ResponseFormat, Result, StreamEvent, Text, ToolCall,
    ToolChoice, ToolDefinition, ToolResult, Usage,
};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::provenance;
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::WIRE;
use crate::error::{error_body, error_response};

/// `POST /v1/responses`.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

impl ServerCodec for Responses {
    fn name(&self) -> &'static str {
        "openai.responses"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/responses")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = ModelId::from(body.required_text("model")?);
        let mut chat = ChatRequest::default();
        if let Some(instructions) = body.text("instructions")? {
            chat.messages.push(Message::system(instructions));
        }
        let input = body
            .take("input")
            .ok_or_else(|| invalid("input", "is required"))?;
        let plain = is_string(input);
        if plain {
            chat.messages.push(Message::user(read::<Text>(input, "input")?));
        } else {
            let rows =
                list_of(input).ok_or_else(|| invalid("input", "must be a string or a list of items"))?;
            if rows.is_empty() {
                return Err(invalid("input", "at least one item is required"));
            }
            for (at, raw) in rows.into_iter().enumerate() {
                item(Object::of(raw, format!("input[{at}]"))?, raw, &mut chat.messages)?;
            }
        }
        chat.settings = settings(&mut body)?;
        for (at, raw) in body.list("tools")?.into_iter().enumerate() {
            chat.tools.push(tool(raw, at)?);
        }
        chat.tool_choice = body.take("tool_choice").map(tool_choice).transpose()?;
        chat.parallel_tool_calls = body.read("parallel_tool_calls")?;
        if let Some(mut text) = body.object("text")? {
            chat.response_format = text.object("format")?.map(format).transpose()?;
            chat.settings.verbosity = text.text("verbosity")?;
        }
        let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
            Mode::Stream
        } else {
            Mode::Full
        };
        chat.extra = body.rest(WIRE);
        if plain {
            chat.extra.insert(
                Text::from_static(WIRE),
                Text::from_static("plain_input"),
                Json::from(Value::Bool(true)),
            );
        }
        let encoder = Encoder::new(model.text().clone());
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn settings(body: &mut Object<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    settings.max_output_tokens = body.read("max_output_tokens")?;
    settings.temperature = body.read("temperature")?;
    if settings
        .temperature
        .is_some_and(|temperature: f64| !(0.0..=2.0).contains(&temperature))
    {
        return Err(invalid("temperature", "must be between 0 and 2"));
    }
    settings.top_p = body.read("top_p")?;
    settings.top_logprobs = body.read("top_logprobs")?;
    if let Some(mut object) = body.object("reasoning")? {
        let mut reasoning = ReasoningConfig::default();
        reasoning.effort = object.text("effort")?.map(|word| ReasoningEffort::parse(&word));
        reasoning.summary = object.text("summary")?;
        reasoning.extra = object.rest(WIRE);
        settings.reasoning = Some(reasoning);
    }
    settings.user = body.text("user")?;
    if let Some(pairs) = body.object("metadata")? {
        settings.metadata = pairs
            .into_fields()
            .map(|(name, raw)| Ok((Text::from(name), read(raw, "metadata")?)))
            .collect::<Result<_>>()?;
    }
    settings.service_tier = body.text("service_tier")?;
    settings.store = body.read("store")?;
    settings.prompt_cache_key = body.text("prompt_cache_key")?;
    settings.previous_response_id = body.text("previous_response_id")?;
    Ok(settings)
}

/// Adds an item to the conversation; items of one side in a row make one message.
fn item(mut fields: Object<'_>, raw: &RawValue, messages: &mut Vec<Message>) -> Result<()> {
    let kind = fields.text("type")?;
    let role = fields.text("role")?;
    match (kind.as_deref(), role.as_deref()) {
        (None | Some("message"), Some(word)) => {
            let word = Text::from(word);
            message(fields, &word, kind.is_some(), messages)
        }
        (Some("function_call" | "custom_tool_call"), _) => {
            let custom = kind.as_deref() == Some("custom_tool_call");
            let id = fields.required_text("call_id")?;
            let name = fields.required_text("name")?;
            let arguments = fields
                .text(if custom { "input" } else { "arguments" })?
                .unwrap_or_default();
            let mut call = ToolCall::new(id, name, arguments);
            call.kind = if custom {
                ToolCallKind::Custom
            } else {
                ToolCallKind::Function
            };
            call.riders.set_extra(fields.rest(WIRE));
            push(messages, Role::Assistant, ContentPart::ToolCall(call));
            Ok(())
        }
        (Some("function_call_output" | "custom_tool_call_output"), _) => {
            let call_id = fields.required_text("call_id")?;
            let path = fields.path_of("output");
            let output = fields
                .take("output")
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut result = ToolResult::new(call_id, content(output, &path)?);
            let mut extra = fields.rest(WIRE);
            if kind.as_deref() == Some("custom_tool_call_output") {
                extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("type"),
                    Json::of("custom_tool_call_output")?,
                );
            }
            result.riders.set_extra(extra);
            push(messages, Role::Tool, ContentPart::ToolResult(result));
            Ok(())
        }
        (Some("reasoning"), _) => {
            let text = |name: &str, fields: &mut Object<'_>| -> Result<String> {
                let parts = fields.list(name)?;
                Ok(parts
                    .into_iter()
                    .filter_map(|raw| Object::of(raw, "").ok()?.text("text").ok()?)
                    .map(String::from)
                    .collect())
            };
            let full = text("content", &mut fields)?;
            let shown = if full.is_empty() {
                text("summary", &mut fields)?
            } else {
                full
            };
            let mut reasoning = Reasoning::new(shown);
            let mut riders = Riders::new().with_extra(Extra::of(
                Text::from_static(WIRE),
                vec![(Text::from_static("item"), Json::from_raw(raw))],
            ));
            if let Some(data) = fields.text("encrypted_content")? {
                riders.set_signature(Some(provenance::unseal(&data, crate::WIRE)));
            }
            reasoning.riders = riders;
            push(messages, Role::Assistant, ContentPart::Reasoning(reasoning));
            Ok(())
        }
        (Some(_), _) => {
            let part = ContentPart::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)));
            push(messages, Role::Assistant, part);
            Ok(())
        }
        (None, None) => Err(invalid(&fields.path_of("type"), "is required")),
    }
}

fn push(messages: &mut Vec<Message>, role: Role, part: ContentPart) {
    match messages.last_mut() {
        Some(last)
            if last.role == role && matches!(last.content, Content::Parts(_)) && last.extra.is_empty() =>
        {
            last.content.parts_mut().push(part);
        }
        _ => messages.push(Message::new(role, vec![part])),
    }
}

fn message(mut fields: Object<'_>, word: &Text, typed: bool, messages: &mut Vec<Message>) -> Result<()> {
    let path = fields.path_of("content");
    let raw = fields
        .take("content")
        .ok_or_else(|| invalid(&path, "is required"))?;
    let role = match word.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => {
            let mut mark: serde_json::Map<String, Value> = fields
                .rest(WIRE)
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_value()))
                .collect();
            if !typed {
                mark.insert("easy".to_owned(), Value::Bool(true));
            }
            if is_string(raw) {
                mark.insert("plain".to_owned(), Value::Bool(true));
            }
            return assistant(raw, &path, mark, messages);
        }
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of user, assistant, system, developer",
            ));
        }
    };
    let mut message = Message::new(role, content(raw, &path)?);
    message.extra = fields.rest(WIRE);
    if typed {
        message.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("type"),
            Json::of("message")?,
        );
    }
    if role == Role::System {
        message.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("role"),
            Json::of(word)?,
        );
    }
    messages.push(message);
    Ok(())
}

/// A message of the model; its own fields ride on its first part.
fn assistant(
    raw: &RawValue,
    path: &str,
    mark: serde_json::Map<String, Value>,
    messages: &mut Vec<Message>,
) -> Result<()> {
    let mut mark = Some(mark);
    let mut add = |mut part: ContentPart, extra: Extra| {
        if let Some(riders) = part.riders_mut() {
            let mut extra = extra;
            if let Some(mark) = mark.take() {
                extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("message"),
                    Json::from(Value::Object(mark)),
                );
            } else if extra.is_empty() {
                extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("annotations"),
                    Json::from(json!([])),
                );
            }
            riders.set_extra(extra);
        }
        push(messages, Role::Assistant, part);
    };
    if is_string(raw) {
        add(ContentPart::text(read::<Text>(raw, path)?), Extra::new());
        return Ok(());
    }
    for (at, raw) in list_of(raw)
        .ok_or_else(|| invalid(path, "must be a string or a list"))?
        .into_iter()
        .enumerate()
    {
        let mut fields = Object::of(raw, format!("{path}[{at}]"))?;
        match fields.required_text("type")?.as_str() {
            "refusal" => add(
                ContentPart::Refusal(Refusal::new(fields.required_text("refusal")?)),
                Extra::new(),
            ),
            _ => {
                let text = fields.text("text")?.unwrap_or_default();
                add(ContentPart::Text(TextPart::new(text)), fields.rest(WIRE));
            }
        }
    }
    Ok(())
}

fn content(raw: &RawValue, path: &str) -> Result<Content> {
    if is_string(raw) {
        return read::<Text>(raw, path).map(Content::Text);
    }
    let rows = list_of(raw).ok_or_else(|| invalid(path, "must be a string or a list of parts"))?;
    let parts = rows
        .into_iter()
        .enumerate()
        .map(|(at, raw)| part(Object::of(raw, format!("{path}[{at}]"))?, raw));
    Ok(Content::from(parts.collect::<Result<Vec<_>>>()?))
}

fn part(mut fields: Object<'_>, raw: &RawValue) -> Result<ContentPart> {
    let by_url = |kind: MediaKind, url: &Text, path: &str| match Media::from_data_url(kind, url) {
        Some(media) if media.decode().is_none() => Err(invalid(path, "is not valid base64")),
        Some(media) => Ok(media),
        None if url.starts_with("data:") => Err(invalid(path, "is not a base64 data URL")),
        None => Ok(Media::url(kind, url)),
    };
    let mut part = match fields.required_text("type")?.as_str() {
        "input_text" | "output_text" | "text" => {
            ContentPart::Text(TextPart::new(fields.required_text("text")?))
        }
        "input_image" => {
            let path = fields.path_of("image_url");
            let mut media = match (fields.text("image_url")?, fields.text("file_id")?) {
                (Some(url), _) => by_url(MediaKind::Image, &url, &path)?,
                (None, Some(id)) => Media::new(MediaKind::Image, MediaSource::File(id)),
                (None, None) => return Err(invalid(&path, "is required")),
            };
            media.detail = fields.text("detail")?;
            ContentPart::Media(media)
        }
        "input_file" => {
            let path = fields.path_of("file_data");
            let name = fields.text("filename")?;
            let mut media = match (
                fields.text("file_data")?,
                fields.text("file_url")?,
                fields.text("file_id")?,
            ) {
                (Some(data), _, _) => by_url(MediaKind::Document, &data, &path)?,
                (None, Some(url), _) => Media::url(MediaKind::Document, url),
                (None, None, Some(id)) => Media::new(MediaKind::Document, MediaSource::File(id)),
                _ => return Err(invalid(&path, "is required")),
            };
            media.name = name;
            ContentPart::Media(media)
        }
        "input_audio" => {
            let path = fields.path_of("input_audio");
            let mut audio = fields
                .object("input_audio")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let format = audio.required_text("format")?;
            let media_type = if format == "mp3" {
                "audio/mpeg".to_owned()
            } else {
                format!("audio/{format}")
            };
            ContentPart::Media(Media::base64(
                MediaKind::Audio,
                media_type,
                audio.required_text("data")?,
            ))
        }
        _ => return Ok(ContentPart::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)))),
    };
    if let Some(riders) = part.riders_mut() {
        riders.set_extra(fields.rest(WIRE));
    }
    Ok(part)
}

fn tool(raw: &RawValue, at: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{at}]"))?;
    match fields.required_text("type")?.as_str() {
        "function" => {
            let mut tool = FunctionTool::new(fields.required_text("name")?);
            tool.description = fields.text("description")?;
            tool.parameters = fields.json("parameters");
            tool.strict = fields.read("strict")?;
            tool.extra = fields.rest(WIRE);
            if tool.strict.is_none() {
                tool.extra
                    .insert(Text::from_static(WIRE), Text::from_static("strict"), Json::null());
            }
            Ok(ToolDefinition::Function(tool))
        }
        "custom" => {
            let mut tool = CustomTool::new(fields.required_text("name")?);
            tool.description = fields.text("description")?;
            tool.format = fields.json("format");
            tool.extra = fields.rest(WIRE);
            Ok(ToolDefinition::Custom(tool))
        }
        _ => Ok(ToolDefinition::Provider(Opaque::new(
            crate::WIRE,
            Json::from_raw(raw),
        ))),
    }
}

fn tool_choice(raw: &RawValue) -> Result<ToolChoice> {
    if is_string(raw) {
        return match read::<Text>(raw, "tool_choice")?.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(invalid("tool_choice", "must be auto, none, required or a tool")),
        };
    }
    let mut fields = Object::of(raw, "tool_choice")?;
    match (fields.text("type")?.as_deref(), fields.text("name")?) {
        (Some("function" | "custom"), Some(name)) => Ok(ToolChoice::Tool(name)),
        _ => Ok(ToolChoice::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)))),
    }
}

fn format(mut fields: Object<'_>) -> Result<ResponseFormat> {
    match fields.required_text("type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(ResponseFormat::Json),
        "json_schema" => {
            let mut format = JsonSchemaFormat::new(fields.required_text("name")?, Json::null());
            format.schema = fields.json("schema");
            format.strict = fields.read("strict")?;
            format.description = fields.text("description")?;
            format.extra = fields.rest(WIRE);
            Ok(ResponseFormat::JsonSchema(format))
        }
        _ => Err(invalid(
            "text.format.type",
            "must be text, json_object or json_schema",
        )),
    }
}

/// Writes a response, whole or as events. Items are kept until the end, since the last event repeats them.
#[derive(Debug)]
struct Encoder {
    model: Text,
    id: String,
    created: i64,
    sequence: u64,
    items: Vec<Value>,
    open: Option<Open>,
    begun: bool,
}

/// The item that deltas go into.
#[derive(Debug)]
struct Open {
    kind: Kind,
    call: Option<u32>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Reasoning,
    Call,
    CustomCall,
}

impl Encoder {
    fn new(model: Text) -> Self {
        Self {
            model,
            id: String::new(),
            created: 0,
            sequence: 0,
            items: Vec::new(),
            open: None,
            begun: false,
        }
    }

    fn identify(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if self.id.is_empty() {
            self.id = match id {
                Some(id) if id.starts_with("resp_") => id.to_string(),
                _ => format!("resp_{:016x}", crate::chat::server::stamp()),
            };
            let now = || {
                let since = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .unwrap_or_default();
                since.as_secs() as i64
            };
            self.created = created.unwrap_or_else(now);
            if let Some(model) = model {
                self.model = model.clone();
            }
        }
    }

    fn response(
        &self,
        status: &str,
        usage: Option<&Usage>,
        incomplete: Option<&str>,
        error: Option<Value>,
    ) -> Value {
        json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": error,
            "incomplete_details": incomplete.map(|reason| json!({ "reason": reason })),
            "instructions": null,
            "metadata": {},
            "model": self.model.as_str(),
            "output": self.items,
            "parallel_tool_calls": true,
            "temperature": null,
            "tool_choice": "auto",
            "tools": [],
            "top_p": null,
            "usage": usage.map(wire_usage),
        })
    }

    fn send(&mut self, kind: &str, mut event: Value, out: &mut BytesMut) {
        event["type"] = Value::from(kind);
        event["sequence_number"] = Value::from(self.sequence);
        self.sequence += 1;
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        let _ = serde_json::to_writer(bytes::BufMut::writer(&mut *out), &event);
        out.extend_from_slice(b"\n\n");
    }

    fn begin(&mut self, out: &mut BytesMut) {
        self.identify(None, None, None);
        if !std::mem::replace(&mut self.begun, true) {
            let response = self.response("in_progress", None, None, None);
            self.send("response.created", json!({ "response": response }), out);
            self.send("response.in_progress", json!({ "response": response }), out);
        }
    }

    fn item_id(&self) -> String {
        format!(
            "item_{}_{}",
            self.id.trim_start_matches("resp_"),
            self.items.len()
        )
    }

    /// Opens an item of a kind, closing another that is open.
    fn open(&mut self, kind: Kind, out: &mut BytesMut) {
        if self.open.as_ref().is_some_and(|open| open.kind == kind) {
            return;
        }
        self.close(Riders::new(), out);
        self.begin(out);
        let (index, id) = (self.items.len(), self.item_id());
        let item = match kind {
            Kind::Reasoning => json!({ "id": id, "type": "reasoning", "summary": [] }),
            _ => {
                json!({ "id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": [] })
            }
        };
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        let part = part_of(kind, "");
        match kind {
            Kind::Reasoning => self.send(
                "response.reasoning_summary_part.added",
                json!({ "item_id": id, "output_index": index, "summary_index": 0, "part": part }),
                out,
            ),
            _ => self.send(
                "response.content_part.added",
                json!({ "item_id": id, "output_index": index, "content_index": 0, "part": part }),
                out,
            ),
        }
        self.open = Some(Open {
            kind,
            call: None,
            text: String::new(),
        });
    }

    fn delta(&mut self, kind: Kind, text: &Text, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        self.open(kind, out);
        let (index, id) = (self.items.len(), self.item_id());
        if let Some(open) = &mut self.open {
            open.text.push_str(text);
        }
        let place =
            json!({ "item_id": id, "output_index": index, "content_index": 0, "delta": text.as_str() });
        match kind {
            Kind::Text => {
                let mut event = place;
                event["logprobs"] = json!([]);
                self.send("response.output_text.delta", event, out);
            }
            Kind::Refusal => self.send("response.refusal.delta", place, out),
            _ => {
                let event = json!({ "item_id": id, "output_index": index, "summary_index": 0, "delta": text.as_str() });
                self.send("response.reasoning_summary_text.delta", event, out);
            }
        }
    }

    fn start_call(&mut self, call: u32, id: &Text, name: &Text, kind: ToolCallKind, out: &mut BytesMut) {
        self.close(Riders::new(), out);
        self.begin(out);
        let (index, item_id) = (self.items.len(), self.item_id());
        let custom = kind == ToolCallKind::Custom;
        let item = call_item(&item_id, id, name, "", custom, "in_progress");
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        let kind = if custom { Kind::CustomCall } else { Kind::Call };
        self.open = Some(Open {
            kind,
            call: Some(call),
            text: String::new(),
        });
        self.items.push(item);
    }

    fn grow_call(&mut self, call: u32, arguments: &Text, out: &mut BytesMut) {
        let Some(open) = self.open.as_mut().filter(|open| open.call == Some(call)) else {
            return;
        };
        open.text.push_str(arguments);
        let kind = match open.kind {
            Kind::CustomCall => "response.custom_tool_call_input.delta",
            _ => "response.function_call_arguments.delta",
        };
        let index = self.items.len() - 1;
        let id = self.items[index]["id"].clone();
        self.send(
            kind,
            json!({ "item_id": id, "output_index": index, "delta": arguments.as_str() }),
            out,
        );
    }

    fn close(&mut self, riders: Riders, out: &mut BytesMut) {
        let Some(Open { kind, text, .. }) = self.open.take() else {
            return;
        };
        match kind {
            Kind::Call | Kind::CustomCall => {
                let index = self.items.len() - 1;
                let custom = kind == Kind::CustomCall;
                let text = if text.trim().is_empty() && !custom {
                    "{}".to_owned()
                } else {
                    text
                };
                let item = &mut self.items[index];
                item["status"] = json!("completed");
                item[if custom { "input" } else { "arguments" }] = Value::from(text.as_str());
                let item = item.clone();
                if custom {
                    let event = json!({ "item_id": item["id"], "output_index": index, "input": text });
                    self.send("response.custom_tool_call_input.done", event, out);
                } else {
                    let event = json!({ "item_id": item["id"], "output_index": index, "name": item["name"], "arguments": text });
                    self.send("response.function_call_arguments.done", event, out);
                }
                self.send(
                    "response.output_item.done",
                    json!({ "output_index": index, "item": item }),
                    out,
                );
            }
            Kind::Reasoning => {
                let (index, id) = (self.items.len(), self.item_id());
                let place = json!({ "item_id": id, "output_index": index, "summary_index": 0 });
                let mut done = place.clone();
                done["text"] = Value::from(text.as_str());
                self.send("response.reasoning_summary_text.done", done, out);
                let mut done = place;
                done["part"] = part_of(kind, &text);
                self.send("response.reasoning_summary_part.done", done, out);
                let item = reasoning_item(&id, &text, &riders);
                self.items.push(item.clone());
                self.send(
                    "response.output_item.done",
                    json!({ "output_index": index, "item": item }),
                    out,
                );
            }
            Kind::Text | Kind::Refusal => {
                let (index, id) = (self.items.len(), self.item_id());
                let place = json!({ "item_id": id, "output_index": index, "content_index": 0 });
                let mut done = place.clone();
                if kind == Kind::Text {
                    done["text"] = Value::from(text.as_str());
                    done["logprobs"] = json!([]);
                    self.send("response.output_text.done", done, out);
                } else {
                    done["refusal"] = Value::from(text.as_str());
                    self.send("response.refusal.done", done, out);
                }
                let mut done = place;
                done["part"] = part_of(kind, &text);
                self.send("response.content_part.done", done, out);
                let item = message_item(&id, vec![part_of(kind, &text)]);
                self.items.push(item.clone());
                self.send(
                    "response.output_item.done",
                    json!({ "output_index": index, "item": item }),
                    out,
                );
            }
        }
    }

    /// An item that comes whole.
    fn whole(&mut self, item: Value, out: &mut BytesMut) {
        self.close(Riders::new(), out);
        self.begin(out);
        let index = self.items.len();
        self.items.push(item.clone());
        self.send(
            "response.output_item.added",
            json!({ "output_index": index, "item": item }),
            out,
        );
        self.send(
            "response.output_item.done",
            json!({ "output_index": index, "item": item }),
            out,
        );
    }
}

fn part_of(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Refusal => json!({ "type": "refusal", "refusal": text }),
        Kind::Reasoning => json!({ "type": "summary_text", "text": text }),
        _ => json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }),
    }
}

fn message_item(id: &str, content: Vec<Value>) -> Value {
    json!({ "id": id, "type": "message", "role": "assistant", "status": "completed", "content": content })
}

fn call_item(item_id: &str, id: &Text, name: &Text, arguments: &str, custom: bool, status: &str) -> Value {
    let (kind, field) = if custom {
        ("custom_tool_call", "input")
    } else {
        ("function_call", "arguments")
    };
    json!({ "id": item_id, "type": kind, "call_id": id.as_str(), "name": name.as_str(), field: arguments, "status": status })
}

fn reasoning_item(id: &str, text: &str, riders: &Riders) -> Value {
    if let Some(item) = riders.extra().get(WIRE, "item") {
        return item.to_value();
    }
    let summary = if text.is_empty() {
        json!([])
    } else {
        json!([{ "type": "summary_text", "text": text }])
    };
    let sealed = riders
        .signature()
        .map(|signature| provenance::seal(signature, crate::WIRE).into_owned());
    json!({ "id": id, "type": "reasoning", "summary": summary, "encrypted_content": sealed })
}

fn wire_usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_input_tokens.unwrap_or(0),
            "cache_write_tokens": usage.cache_creation_input_tokens.unwrap_or(0),
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning_output_tokens.unwrap_or(0) },
        "total_tokens": usage.total_tokens(),
    })
}

fn incomplete(reason: &FinishReason) -> Option<&'static str> {
    match reason {
        FinishReason::Length => Some("max_output_tokens"),
        FinishReason::ContentFilter => Some("content_filter"),
        _ => None,
    }
}

fn raw_value(json: &Json) -> Value {
    json.to_value()
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.identify(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        let mut refused = false;
        let mut why = None;
        if let Some(choice) = answer.first() {
            for part in &choice.content {
                let id = self.item_id();
                refused |= matches!(part, ContentPart::Refusal(_));
                let item = match part {
                    ContentPart::Text(part) => {
                        let mut wire = part_of(Kind::Text, &part.text);
                        let notes: Vec<Value> = part
                            .citations
                            .iter()
                            .filter_map(|citation| citation.raw.as_ref())
                            .map(|raw| raw_value(&raw.raw))
                            .filter(|raw| raw["type"].is_string())
                            .collect();
                        wire["annotations"] = Value::Array(notes);
                        message_item(&id, vec![wire])
                    }
                    ContentPart::Refusal(part) => message_item(&id, vec![part_of(Kind::Refusal, &part.text)]),
                    ContentPart::Reasoning(part) => reasoning_item(&id, &part.text, &part.riders),
                    ContentPart::ToolCall(call) => {
                        let custom = call.kind == ToolCallKind::Custom;
                        call_item(&id, &call.id, &call.name, &call.arguments, custom, "completed")
                    }
                    ContentPart::ServerToolCall(call) if call.raw.provider == *crate::WIRE => {
                        raw_value(&call.raw.raw)
                    }
                    ContentPart::Opaque(part) if part.provider == *crate::WIRE => raw_value(&part.raw),
                    _ => continue,
                };
                self.items.push(item);
            }
            why = incomplete(&choice.finish_reason).filter(|_| !refused);
        }
        let status = if why.is_some() { "incomplete" } else { "completed" };
        let body = self.response(status, answer.usage.as_ref(), why, None);
        serde_json::to_vec(&body)
            .map(|bytes| HttpResponse::json(200, bytes))
            .map_err(|error| Error::new(ErrorKind::Server, error.to_string()))
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        let headers = HeaderMap::from_iter([
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/event-stream; charset=utf-8"),
            ),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ]);
        HttpResponse::new(200, headers, "")
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => {
                self.identify(start.id.as_ref(), start.model.as_ref(), start.created);
                self.begin(out);
            }
            StreamEvent::TextDelta { choice: 0, text } => self.delta(Kind::Text, text, out),
            StreamEvent::RefusalDelta { choice: 0, text } => self.delta(Kind::Refusal, text, out),
            StreamEvent::ReasoningDelta { choice: 0, text } => self.delta(Kind::Reasoning, text, out),
            StreamEvent::ToolCallStart {
                choice: 0,
                call,
                id,
                name,
                kind,
            } => self.start_call(*call, id, name, *kind, out),
            StreamEvent::ToolCallDelta {
                choice: 0,
                call,
                arguments,
            } => self.grow_call(*call, arguments, out),
            StreamEvent::ToolCallEnd { choice: 0, call, .. }
                if self.open.as_ref().is_some_and(|open| open.call == Some(*call)) =>
            {
                self.close(Riders::new(), out);
            }
            StreamEvent::PartEnd {
                choice: 0, riders, ..
            } => {
                if self.open.as_ref().is_some_and(|open| open.call.is_none()) {
                    self.close(riders.clone(), out);
                } else if riders.signature().is_some() {
                    let item = reasoning_item(&self.item_id(), "", riders);
                    self.whole(item, out);
                }
            }
            StreamEvent::ServerToolCall { choice: 0, call } if call.raw.provider == *crate::WIRE => {
                self.whole(raw_value(&call.raw.raw), out);
            }
            StreamEvent::Opaque { choice: 0, part } if part.provider == *crate::WIRE => {
                self.whole(raw_value(&part.raw), out)
            }
            StreamEvent::Finish(finish) => {
                self.identify(finish.id.as_ref(), finish.model.as_ref(), None);
                self.begin(out);
                self.close(Riders::new(), out);
                let refused = self
                    .items
                    .iter()
                    .any(|item| item["content"][0]["type"] == "refusal");
                let why = finish
                    .choices
                    .first()
                    .and_then(|choice| incomplete(&choice.reason))
                    .filter(|_| !refused);
                let (kind, status) = match why {
                    Some(_) => ("response.incomplete", "incomplete"),
                    None => ("response.completed", "completed"),
                };
                let response = self.response(status, finish.usage.as_ref(), why, None);
                self.send(kind, json!({ "response": response }), out);
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.begin(out);
        let body: Value = serde_json::from_slice(&error_body(error)).unwrap_or_default();
        let (code, message) = (body["error"]["code"].clone(), body["error"]["message"].clone());
        let event = json!({ "code": code, "message": message, "param": body["error"]["param"] });
        self.send("error", event, out);
        let code = if code.is_null() {
            Value::from("server_error")
        } else {
            code
        };
        let response = self.response(
            "failed",
            None,
            None,
            Some(json!({ "code": code, "message": message })),
        );
        self.send("response.failed", json!({ "response": response }), out);
    }
}
