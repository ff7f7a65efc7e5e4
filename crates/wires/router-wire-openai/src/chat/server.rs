//! Chat completions as a server sees them: requests to calls, answers and events to JSON.

use std::collections::HashSet;

use bytes::BytesMut;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use router_core::chat::{AudioOutput, JsonSchemaFormat, Logprobs, ReasoningConfig, Settings, TokenLogprob};
use router_core::content::{Media, MediaKind, MediaSource, Reasoning, Refusal, Riders, TextPart};
use router_core::message::Role;
use router_core::stream::PartKind;
use router_core::tool::{CustomTool, FunctionTool, ToolCallKind};
use router_core::{
    CacheMark, ChatRequest, ChatResponse, Content, ContentPart, Error, ErrorKind, Extra, FinishReason, Head,
    Json, Message, Mode, ModelId, Operation, Output, ReasoningEffort, ResponseFormat, Result, Signature,
    StreamEvent, Text, ToolCall, ToolChoice, ToolDefinition, ToolResult, Usage,
};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::WIRE;
use crate::error::{error_body, error_response};

/// `POST /v1/chat/completions`.
#[derive(Clone, Copy, Debug)]
pub struct ChatCompletions;

impl ServerCodec for ChatCompletions {
    fn name(&self) -> &'static str {
        "openai.chat"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/chat/completions")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let body = Object::parse(&request.body)?;
        let (model, chat, mode, usage) = decode_chat(body)?;
        let encoder = Encoder::new(model.text().clone(), usage);
        Ok(Ingress::new(model, Operation::from(chat), mode, encoder))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// A request, its mode, and whether a stream is to carry usage.
fn decode_chat(mut body: Object<'_>) -> Result<(ModelId, ChatRequest, Mode, bool)> {
    let model = ModelId::from(body.required_text("model")?);
    let mut chat = ChatRequest::default();
    chat.messages = messages(&mut body)?;
    chat.settings = settings(&mut body)?;
    for (at, raw) in body.list("tools")?.into_iter().enumerate() {
        chat.tools.push(tool(raw, at)?);
    }
    chat.tool_choice = body.take("tool_choice").map(tool_choice).transpose()?;
    chat.parallel_tool_calls = body.read("parallel_tool_calls")?;
    chat.response_format = body.object("response_format")?.map(response_format).transpose()?;
    let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
        Mode::Stream
    } else {
        Mode::Full
    };
    let mut usage = false;
    if let Some(mut options) = body.object("stream_options")? {
        usage = options.read("include_usage")?.unwrap_or(false);
    }
    chat.extra = body.rest(WIRE);
    Ok((model, chat, mode, usage))
}

fn settings(body: &mut Object<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    let tokens = body.read::<u64>("max_tokens")?;
    settings.max_output_tokens = body.read::<u64>("max_completion_tokens")?.or(tokens);
    if settings.max_output_tokens == Some(0) {
        return Err(invalid("max_tokens", "must be at least 1"));
    }
    settings.temperature = body.read("temperature")?;
    if settings
        .temperature
        .is_some_and(|temperature: f64| !(0.0..=2.0).contains(&temperature))
    {
        return Err(invalid("temperature", "must be between 0 and 2"));
    }
    settings.top_p = body.read("top_p")?;
    settings.top_k = body.read("top_k")?;
    settings.seed = body.read("seed")?;
    settings.frequency_penalty = body.read("frequency_penalty")?;
    settings.presence_penalty = body.read("presence_penalty")?;
    settings.stop_sequences = match body.take("stop") {
        Some(raw) if is_string(raw) => vec![read(raw, "stop")?],
        Some(raw) => read(raw, "stop")?,
        None => Vec::new(),
    };
    settings.n = body.read("n")?;
    if settings.n == Some(0) {
        return Err(invalid("n", "must be at least 1"));
    }
    settings.logprobs = body.read("logprobs")?;
    settings.top_logprobs = body.read("top_logprobs")?;
    settings.logit_bias = pairs(body, "logit_bias")?;
    if let Some(effort) = body.text("reasoning_effort")? {
        settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::parse(&effort)));
    }
    settings.verbosity = body.text("verbosity")?;
    settings.user = body.text("user")?;
    settings.metadata = pairs(body, "metadata")?;
    settings.service_tier = body.text("service_tier")?;
    settings.store = body.read("store")?;
    settings.prompt_cache_key = body.text("prompt_cache_key")?;
    settings.modalities = body.read("modalities")?.unwrap_or_default();
    if let Some(mut audio) = body.object("audio")? {
        let mut output = AudioOutput::default();
        output.voice = audio.json("voice");
        output.format = audio.text("format")?;
        settings.audio = Some(output);
    }
    Ok(settings)
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn pairs<T: for<'de> serde::Deserialize<'de>>(body: &mut Object<'_>, name: &str) -> Result<Vec<(Text, T)>> {
    let Some(object) = body.object(name)? else {
        return Ok(Vec::new());
    };
    object
        .into_fields()
        .map(|(key, raw)| Ok((Text::from(key), read(raw, name)?)))
        .collect()
}

fn messages(body: &mut Object<'_>) -> Result<Vec<Message>> {
    let rows = body.list("messages")?;
    if rows.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    let mut messages: Vec<Message> = Vec::with_capacity(rows.len());
    let mut called: HashSet<Text> = HashSet::new();
    for (at, raw) in rows.into_iter().enumerate() {
        let message = message(Object::of(raw, format!("messages[{at}]"))?)?;
        for part in message.content.parts() {
            match part {
                ContentPart::ToolCall(call) => {
                    called.insert(call.id.clone());
                }
                ContentPart::ToolResult(result) if !called.contains(&result.call_id) => {
                    let what = "messages with role 'tool' must answer a tool call of an earlier message";
                    return Err(invalid(&format!("messages[{at}].tool_call_id"), what));
                }
                _ => {}
            }
        }
        messages.push(message);
    }
    Ok(messages)
}

fn message(mut fields: Object<'_>) -> Result<Message> {
    let word = fields.required_text("role")?;
    let content = fields.take("content");
    let name = fields.text("name")?;
    let path = fields.path_of("content");
    let mut message = match word.as_str() {
        "system" | "developer" => Message::new(Role::System, required(content, &path)?),
        "user" => Message::new(Role::User, required(content, &path)?),
        "assistant" => Message::new(Role::Assistant, assistant(content, &path, &mut fields)?),
        "tool" => {
            let mut result =
                ToolResult::new(fields.required_text("tool_call_id")?, required(content, &path)?);
            result.name.clone_from(&name);
            let mut message = Message::tool([result]);
            if let Some(name) = name {
                message.extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("name"),
                    Json::of(&name)?,
                );
            }
            merge(&mut message.extra, fields.rest(WIRE));
            return Ok(message);
        }
        _ => {
            return Err(invalid(
                &fields.path_of("role"),
                "must be one of system, developer, user, assistant, tool",
            ));
        }
    };
    message.name = name;
    message.extra = fields.rest(WIRE);
    if word == "developer" {
        message.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("role"),
            Json::of(&word)?,
        );
    }
    Ok(message)
}

fn merge(extra: &mut Extra, more: Extra) {
    for (name, value) in more.for_wire(WIRE) {
        extra.insert(Text::from_static(WIRE), name, value.clone());
    }
}

fn required(raw: Option<&RawValue>, path: &str) -> Result<Content> {
    content(raw.ok_or_else(|| invalid(path, "is required"))?, path)
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
    let kind = fields.required_text("type")?;
    let mark = match fields.object("cache_control")? {
        Some(mut mark) => {
            let mut cache = CacheMark::new();
            cache.ttl = mark.text("ttl")?;
            Some(cache)
        }
        None => None,
    };
    let mut part = match kind.as_str() {
        "text" => ContentPart::Text(TextPart::new(fields.required_text("text")?)),
        "refusal" => {
            return Ok(ContentPart::Refusal(Refusal::new(
                fields.required_text("refusal")?,
            )));
        }
        "image_url" => {
            let path = fields.path_of("image_url");
            let mut image = fields
                .object("image_url")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let url = image.required_text("url")?;
            let mut media = by_url(MediaKind::Image, &url, &path)?;
            media.detail = image.text("detail")?;
            ContentPart::Media(media)
        }
        "video_url" => {
            let path = fields.path_of("video_url");
            let mut video = fields
                .object("video_url")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            ContentPart::Media(by_url(MediaKind::Video, &video.required_text("url")?, &path)?)
        }
        "input_audio" => {
            let path = fields.path_of("input_audio");
            let mut audio = fields
                .object("input_audio")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let format = audio.required_text("format")?;
            let data = audio.required_text("data")?;
            let media_type = if format == "mp3" {
                "audio/mpeg".to_owned()
            } else {
                format!("audio/{format}")
            };
            ContentPart::Media(checked(Media::base64(MediaKind::Audio, media_type, data), &path)?)
        }
        "file" => {
            let path = fields.path_of("file");
            let mut file = fields
                .object("file")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let name = file.text("filename")?;
            let mut media = match (file.text("file_id")?, file.text("file_data")?) {
                (Some(id), _) => Media::new(MediaKind::Document, MediaSource::File(id)),
                (None, Some(data)) => by_url(MediaKind::Document, &data, &path)?,
                (None, None) => return Err(invalid(&path, "needs file_id or file_data")),
            };
            media.name = name;
            ContentPart::Media(media)
        }
        _ => {
            return Ok(ContentPart::Opaque(router_core::content::Opaque::new(
                crate::WIRE,
                Json::from_raw(raw),
            )));
        }
    };
    if let Some(riders) = part.riders_mut() {
        riders.set_cache(mark);
        riders.set_extra(fields.rest(WIRE));
    }
    Ok(part)
}

fn by_url(kind: MediaKind, url: &Text, path: &str) -> Result<Media> {
    match Media::from_data_url(kind, url) {
        Some(media) => checked(media, path),
        None if url.starts_with("data:") => Err(invalid(path, "is not a base64 data URL")),
        None => Ok(Media::url(kind, url)),
    }
}

fn checked(media: Media, path: &str) -> Result<Media> {
    if media.decode().is_none() {
        Err(invalid(path, "is not valid base64"))
    } else {
        Ok(media)
    }
}

fn assistant(raw: Option<&RawValue>, path: &str, fields: &mut Object<'_>) -> Result<Content> {
    let said = raw.map(|raw| content(raw, path)).transpose()?;
    let mut thoughts = Vec::new();
    for field in ["reasoning_content", "reasoning"] {
        if fields.peek(field).is_some_and(is_string) {
            let text = fields.required_text(field)?;
            let mut reasoning = Reasoning::new(text);
            reasoning.riders = field_rider(field)?;
            thoughts.push(ContentPart::Reasoning(reasoning));
        }
    }
    let refusal = fields.text("refusal")?;
    let calls = fields.list("tool_calls")?;
    if thoughts.is_empty() && refusal.is_none() && calls.is_empty() {
        return said.ok_or_else(|| invalid(path, "is required where there are no tool calls"));
    }
    let mut parts = thoughts;
    match said {
        Some(Content::Text(text)) if text.is_empty() && !calls.is_empty() => {
            let mut part = TextPart::new(text);
            part.riders = Riders::new();
            parts.push(ContentPart::Text(part));
        }
        Some(said) => parts.extend(said.to_parts()),
        None => {}
    }
    parts.extend(refusal.map(|text| ContentPart::Refusal(Refusal::new(text))));
    let path = fields.path_of("tool_calls");
    for (at, raw) in calls.into_iter().enumerate() {
        parts.push(ContentPart::ToolCall(tool_call(Object::of(
            raw,
            format!("{path}[{at}]"),
        )?)?));
    }
    Ok(Content::from(parts))
}

fn field_rider(field: &'static str) -> Result<Riders> {
    Ok(Riders::new().with_extra(Extra::of(
        Text::from_static(WIRE),
        vec![(Text::from_static("field"), Json::of(field)?)],
    )))
}

fn tool_call(mut fields: Object<'_>) -> Result<ToolCall> {
    let id = fields.required_text("id")?;
    fields.take("type");
    let mut call = if let Some(mut custom) = fields.object("custom")? {
        let mut call = ToolCall::new(
            id,
            custom.required_text("name")?,
            custom.text("input")?.unwrap_or_default(),
        );
        call.kind = ToolCallKind::Custom;
        call
    } else {
        let path = fields.path_of("function");
        let mut function = fields
            .object("function")?
            .ok_or_else(|| invalid(&path, "is required"))?;
        let name = function.required_text("name")?;
        let arguments = match function.take("arguments") {
            Some(raw) if is_string(raw) => read::<Text>(raw, &path)?,
            Some(raw) => Text::from(raw.get()),
            None => Text::from_static("{}"),
        };
        ToolCall::new(id, name, arguments)
    };
    call.riders.set_extra(fields.rest(WIRE));
    Ok(call)
}

fn tool(raw: &RawValue, at: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{at}]"))?;
    let kind = fields.required_text("type")?;
    match kind.as_str() {
        "function" => {
            let path = fields.path_of("function");
            let mut function = fields
                .object("function")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut tool = FunctionTool::new(function.required_text("name")?);
            tool.description = function.text("description")?;
            tool.parameters = function.json("parameters");
            tool.strict = function.read("strict")?;
            tool.extra = function.rest(WIRE);
            if let Some(mut mark) = fields.object("cache_control")? {
                let mut cache = CacheMark::new();
                cache.ttl = mark.text("ttl")?;
                tool.cache = Some(cache);
            }
            Ok(ToolDefinition::Function(tool))
        }
        "custom" => {
            let path = fields.path_of("custom");
            let mut custom = fields
                .object("custom")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut tool = CustomTool::new(custom.required_text("name")?);
            tool.description = custom.text("description")?;
            tool.format = custom.json("format");
            tool.extra = custom.rest(WIRE);
            Ok(ToolDefinition::Custom(tool))
        }
        _ => Ok(ToolDefinition::Provider(router_core::content::Opaque::new(
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
            // Mistral's word for it.
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(invalid("tool_choice", "must be auto, none, required or a tool")),
        };
    }
    let mut fields = Object::of(raw, "tool_choice")?;
    for name in ["function", "custom"] {
        if let Some(mut tool) = fields.object(name)? {
            return tool.required_text("name").map(ToolChoice::Tool);
        }
    }
    Ok(ToolChoice::Opaque(router_core::content::Opaque::new(
        crate::WIRE,
        Json::from_raw(raw),
    )))
}

fn response_format(mut fields: Object<'_>) -> Result<ResponseFormat> {
    match fields.required_text("type")?.as_str() {
        "text" => Ok(ResponseFormat::Text),
        "json_object" => Ok(ResponseFormat::Json),
        "json_schema" => {
            let path = fields.path_of("json_schema");
            let mut schema = fields
                .object("json_schema")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let mut format = JsonSchemaFormat::new(schema.required_text("name")?, Json::null());
            format.schema = schema.json("schema");
            format.strict = schema.read("strict")?;
            format.description = schema.text("description")?;
            format.extra = schema.rest(WIRE);
            Ok(ResponseFormat::JsonSchema(format))
        }
        _ => Err(invalid(
            "response_format.type",
            "must be text, json_object or json_schema",
        )),
    }
}

/// Writes answers and chunks.
#[derive(Debug)]
struct Encoder {
    model: Text,
    include_usage: bool,
    id: Text,
    created: i64,
    roles: Vec<u32>,
}

impl Encoder {
    fn new(model: Text, include_usage: bool) -> Self {
        Self {
            model,
            include_usage,
            id: Text::new(),
            created: 0,
            roles: Vec::new(),
        }
    }

    /// Chunks need an id and a time even where the vendor gives none.
    fn begin(&mut self, id: Option<&Text>, model: Option<&Text>, created: Option<i64>) {
        if self.id.is_empty() {
            self.id = id
                .cloned()
                .unwrap_or_else(|| Text::from(format!("chatcmpl-{:016x}", stamp())));
            self.created = created.unwrap_or_else(seconds);
            if let Some(model) = model {
                self.model = model.clone();
            }
        }
    }

    fn chunk(&mut self, choice: u32, delta: Delta<'_>, out: &mut BytesMut) {
        self.begin(None, None, None);
        if !self.roles.contains(&choice) {
            self.roles.push(choice);
            self.write(&[ChunkChoice::delta(choice, Delta::Role)], None, out);
        }
        if !matches!(delta, Delta::Role) {
            self.write(&[ChunkChoice::delta(choice, delta)], None, out);
        }
    }

    fn write(&self, choices: &[ChunkChoice<'_>], usage: Option<WireUsage<'_>>, out: &mut BytesMut) {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage,
        };
        out.extend_from_slice(b"data: ");
        let _ = serde_json::to_writer(bytes::BufMut::writer(&mut *out), &chunk);
        out.extend_from_slice(b"\n\n");
    }
}

/// Seconds since 1970, where the vendor gives no time.
fn seconds() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs() as i64
}

/// A number that differs from answer to answer, for made-up ids.
pub(crate) fn stamp() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    (since.as_nanos() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ count
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a Text,
    object: &'static str,
    created: i64,
    model: &'a Text,
    choices: &'a [ChunkChoice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<WireUsage<'a>>,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<WireLogprobs<'a>>,
    finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Option<&'a Text>,
}

impl<'a> ChunkChoice<'a> {
    fn delta(index: u32, delta: Delta<'a>) -> Self {
        Self {
            index,
            delta,
            logprobs: None,
            finish_reason: None,
            stop_reason: None,
        }
    }
}

enum Delta<'a> {
    Role,
    Empty,
    Content(&'a Text),
    Reasoning(&'a Text),
    Refusal(&'a Text),
    CallStart {
        index: u32,
        id: &'a Text,
        name: &'a Text,
        kind: ToolCallKind,
    },
    CallArguments {
        index: u32,
        arguments: &'a Text,
    },
    Detail(&'a Signature, bool),
    Annotation(&'a Json),
    Image(&'a Media),
}

impl Serialize for Delta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Start<'a> {
            index: u32,
            id: &'a Text,
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            function: Option<Function<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            custom: Option<Custom<'a>>,
        }
        #[derive(Serialize)]
        struct More<'a> {
            index: u32,
            function: Arguments<'a>,
        }
        #[derive(Serialize)]
        struct Arguments<'a> {
            arguments: &'a Text,
        }
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Role => {
                map.serialize_entry("role", "assistant")?;
                map.serialize_entry("content", "")?;
            }
            Self::Empty => {}
            Self::Content(text) => map.serialize_entry("content", text)?,
            Self::Reasoning(text) => map.serialize_entry("reasoning_content", text)?,
            Self::Refusal(text) => map.serialize_entry("refusal", text)?,
            Self::CallStart {
                index,
                id,
                name,
                kind,
            } => {
                let is_custom = *kind == ToolCallKind::Custom;
                let function = (!is_custom).then_some(Function { name, arguments: "" });
                let custom = is_custom.then_some(Custom { name, input: "" });
                let kind = if is_custom { "custom" } else { "function" };
                map.serialize_entry(
                    "tool_calls",
                    &[Start {
                        index: *index,
                        id,
                        kind,
                        function,
                        custom,
                    }],
                )?;
            }
            Self::CallArguments { index, arguments } => {
                map.serialize_entry(
                    "tool_calls",
                    &[More {
                        index: *index,
                        function: Arguments { arguments },
                    }],
                )?;
            }
            Self::Detail(signature, redacted) => {
                map.serialize_entry(
                    "reasoning_details",
                    &[WireDetail {
                        text: None,
                        signature,
                        redacted: *redacted,
                    }],
                )?;
            }
            Self::Annotation(raw) => map.serialize_entry("annotations", &[raw])?,
            Self::Image(media) => map.serialize_entry("images", &[WireImage(media)])?,
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a Text,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Custom<'a> {
    name: &'a Text,
    input: &'a str,
}

/// A signature over reasoning, in the form that OpenRouter has for it.
struct WireDetail<'a> {
    text: Option<&'a Text>,
    signature: &'a Signature,
    redacted: bool,
}

impl Serialize for WireDetail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let sealed = router_wire::provenance::seal(self.signature, crate::WIRE);
        let mut map = serializer.serialize_map(None)?;
        if self.redacted {
            map.serialize_entry("type", "reasoning.encrypted")?;
            map.serialize_entry("data", &sealed)?;
        } else {
            map.serialize_entry("type", "reasoning.text")?;
            if let Some(text) = self.text {
                map.serialize_entry("text", text)?;
            }
            map.serialize_entry("signature", &sealed)?;
        }
        map.serialize_entry("index", &0)?;
        map.end()
    }
}

struct WireImage<'a>(&'a Media);

impl Serialize for WireImage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Url<'a> {
            url: std::borrow::Cow<'a, str>,
        }
        let url = match (&self.0.source, self.0.to_data_url()) {
            (MediaSource::Url(url), _) => std::borrow::Cow::Borrowed(url.as_str()),
            (_, data) => std::borrow::Cow::Owned(data.unwrap_or_default()),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "image_url")?;
        map.serialize_entry("image_url", &Url { url })?;
        map.end()
    }
}

struct WireUsage<'a>(&'a Usage);

impl Serialize for WireUsage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Prompt {
            cached_tokens: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            cache_write_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            audio_tokens: Option<u64>,
        }
        #[derive(Serialize)]
        struct Completion {
            reasoning_tokens: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            audio_tokens: Option<u64>,
        }
        let usage = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("prompt_tokens", &usage.input_tokens)?;
        map.serialize_entry("completion_tokens", &usage.output_tokens)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        let prompt = Prompt {
            cached_tokens: usage.cache_read_input_tokens.unwrap_or(0),
            cache_write_tokens: usage.cache_creation_input_tokens,
            audio_tokens: usage.audio_input_tokens,
        };
        map.serialize_entry("prompt_tokens_details", &prompt)?;
        let completion = Completion {
            reasoning_tokens: usage.reasoning_output_tokens.unwrap_or(0),
            audio_tokens: usage.audio_output_tokens,
        };
        map.serialize_entry("completion_tokens_details", &completion)?;
        map.end()
    }
}

struct WireLogprobs<'a>(&'a Logprobs);

impl Serialize for WireLogprobs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(
            "content",
            &router_wire::write::Seq(|| self.0.content.iter().map(WireToken)),
        )?;
        if self.0.refusal.is_empty() {
            map.serialize_entry("refusal", &())?;
        } else {
            map.serialize_entry(
                "refusal",
                &router_wire::write::Seq(|| self.0.refusal.iter().map(WireToken)),
            )?;
        }
        map.end()
    }
}

struct WireToken<'a>(&'a TokenLogprob);

impl Serialize for WireToken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("token", &self.0.token)?;
        map.serialize_entry("logprob", &self.0.logprob)?;
        map.serialize_entry("bytes", &self.0.bytes)?;
        map.serialize_entry(
            "top_logprobs",
            &router_wire::write::Seq(|| self.0.top.iter().map(WireToken)),
        )?;
        map.end()
    }
}

/// The word of this wire for a reason.
fn word(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Stop | FinishReason::Other(_) | FinishReason::Error => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        _ => "stop",
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Chat(answer) = output else {
            return Err(Error::unsupported("another output than a chat"));
        };
        self.begin(answer.id.as_ref(), answer.model.as_ref(), answer.created);
        let body = Answer {
            id: &self.id,
            created: self.created,
            model: &self.model,
            answer,
        };
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
            StreamEvent::Start(start) => self.begin(start.id.as_ref(), start.model.as_ref(), start.created),
            StreamEvent::TextDelta { choice, text } => self.chunk(*choice, Delta::Content(text), out),
            StreamEvent::ReasoningDelta { choice, text } => self.chunk(*choice, Delta::Reasoning(text), out),
            StreamEvent::RefusalDelta { choice, text } => self.chunk(*choice, Delta::Refusal(text), out),
            StreamEvent::ToolCallStart {
                choice,
                call,
                id,
                name,
                kind,
            } => {
                self.chunk(
                    *choice,
                    Delta::CallStart {
                        index: *call,
                        id,
                        name,
                        kind: *kind,
                    },
                    out,
                );
            }
            StreamEvent::ToolCallDelta {
                choice,
                call,
                arguments,
            } => {
                self.chunk(
                    *choice,
                    Delta::CallArguments {
                        index: *call,
                        arguments,
                    },
                    out,
                );
            }
            StreamEvent::PartEnd { choice, kind, riders } => {
                if let Some(signature) = riders.signature() {
                    let redacted = *kind == PartKind::RedactedReasoning;
                    self.chunk(*choice, Delta::Detail(signature, redacted), out);
                }
            }
            StreamEvent::Citation { choice, citation } => {
                if let Some(raw) = citation
                    .raw
                    .as_ref()
                    .filter(|raw| raw.raw.as_str().contains("url_citation"))
                {
                    self.chunk(*choice, Delta::Annotation(&raw.raw), out);
                }
            }
            StreamEvent::Media { choice, media } if media.kind == MediaKind::Image => {
                self.chunk(*choice, Delta::Image(media), out);
            }
            StreamEvent::Logprobs { choice, logprobs } => {
                self.chunk(*choice, Delta::Role, out);
                let mut chunk = ChunkChoice::delta(*choice, Delta::Empty);
                chunk.logprobs = Some(WireLogprobs(logprobs));
                self.write(&[chunk], None, out);
            }
            StreamEvent::Finish(finish) => {
                self.begin(finish.id.as_ref(), finish.model.as_ref(), None);
                for choice in &finish.choices {
                    self.chunk(choice.index, Delta::Role, out);
                    let mut end = ChunkChoice::delta(choice.index, Delta::Empty);
                    end.finish_reason = Some(word(&choice.reason));
                    end.stop_reason = choice.stop_sequence.as_ref();
                    self.write(&[end], None, out);
                }
                if let Some(usage) = finish.usage.as_ref().filter(|_| self.include_usage) {
                    self.write(&[], Some(WireUsage(usage)), out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&error_body(error));
        out.extend_from_slice(b"\n\n");
    }
}

struct Answer<'a> {
    id: &'a Text,
    created: i64,
    model: &'a Text,
    answer: &'a ChatResponse,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("object", "chat.completion")?;
        map.serialize_entry("created", &self.created)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry(
            "choices",
            &router_wire::write::Seq(|| self.answer.choices.iter().map(WireChoice)),
        )?;
        if let Some(usage) = &self.answer.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        if let Some(tier) = &self.answer.service_tier {
            map.serialize_entry("service_tier", tier)?;
        }
        router_wire::write::extra_fields(&mut map, &self.answer.extra, WIRE)?;
        map.end()
    }
}

struct WireChoice<'a>(&'a router_core::chat::Choice);

impl Serialize for WireChoice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("index", &self.0.index)?;
        map.serialize_entry("message", &WireMessage(&self.0.content))?;
        map.serialize_entry("logprobs", &self.0.logprobs.as_ref().map(WireLogprobs))?;
        map.serialize_entry("finish_reason", word(&self.0.finish_reason))?;
        if let Some(matched) = &self.0.stop_sequence {
            map.serialize_entry("stop_reason", matched)?;
        }
        map.end()
    }
}

struct WireMessage<'a>(&'a [ContentPart]);

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Call<'a> {
            id: &'a Text,
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            function: Option<Function<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            custom: Option<Custom<'a>>,
        }
        let parts = self.0;
        let texts = || parts.iter().filter_map(ContentPart::as_text);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        if texts().next().is_some() {
            map.serialize_entry("content", &texts().map(Text::as_str).collect::<String>())?;
        } else {
            map.serialize_entry("content", &())?;
        }
        let refusal: String = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Refusal(refusal) => Some(refusal.text.as_str()),
                _ => None,
            })
            .collect();
        map.serialize_entry("refusal", &Some(refusal).filter(|text| !text.is_empty()))?;
        let reasoning: String = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Reasoning(reasoning) => Some(reasoning.text.as_str()),
                _ => None,
            })
            .collect();
        if !reasoning.is_empty() {
            map.serialize_entry("reasoning_content", &reasoning)?;
        }
        let details = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::Reasoning(reasoning) => Some(WireDetail {
                    text: Some(&reasoning.text),
                    signature: reasoning.riders.signature()?,
                    redacted: reasoning.redacted,
                }),
                _ => None,
            })
        };
        if details().next().is_some() {
            map.serialize_entry("reasoning_details", &router_wire::write::Seq(details))?;
        }
        let calls = || {
            router_core::tool::tool_calls(parts).map(|call| {
                let is_custom = call.kind == ToolCallKind::Custom;
                Call {
                    id: &call.id,
                    kind: if is_custom { "custom" } else { "function" },
                    function: (!is_custom).then_some(Function {
                        name: &call.name,
                        arguments: &call.arguments,
                    }),
                    custom: is_custom.then_some(Custom {
                        name: &call.name,
                        input: &call.arguments,
                    }),
                }
            })
        };
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &router_wire::write::Seq(calls))?;
        }
        let annotations: Vec<&Json> = parts
            .iter()
            .flat_map(|part| match part {
                ContentPart::Text(part) => &part.citations[..],
                _ => &[],
            })
            .filter_map(|citation| citation.raw.as_ref())
            .map(|raw| &raw.raw)
            .filter(|raw| raw.as_str().contains("url_citation"))
            .collect();
        if !annotations.is_empty() {
            map.serialize_entry("annotations", &annotations)?;
        }
        let images = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::Media(media) if media.kind == MediaKind::Image => Some(WireImage(media)),
                _ => None,
            })
        };
        if images().next().is_some() {
            map.serialize_entry("images", &router_wire::write::Seq(images))?;
        }
        map.end()
    }
}
