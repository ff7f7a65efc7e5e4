//! A chat as the body of `/api/chat`.

use router_core::chat::{ReasoningConfig, ReasoningEffort, ResponseFormat};
use router_core::content::{MediaKind, MediaSource};
use router_core::message::Role;
use router_core::{
    Call, ChatRequest, Content, ContentPart, Error, ErrorKind, Media, Message, Result, Text, ToolCall,
    ToolChoice, ToolDefinition, ToolResult,
};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, JsonOrText, Overrides, Seq, extra_fields};
use router_wire::{Encoded, HttpRequest};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::{NO_ID, NO_NAME, NOTES, WIRE};

const NOT_THERE: &str = "Ollama has no such setting";

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict; `InvalidRequest` for
/// options that are no object.
pub fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    check_settings(request, &mut warnings)?;
    for message in &request.messages {
        check_message(message, &mut warnings)?;
    }
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &["options"])?;
    let runner = runner_options(request, provider)?;
    let body = Body {
        call,
        request,
        overrides: &overrides,
        runner: &runner,
    };
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })?;
    Ok(Encoded::new(
        call,
        HttpRequest::post_json("/api/chat", bytes),
        warnings.into_list(),
    ))
}

/// The runner's options that the caller gave beside the settings.
fn runner_options<'a>(request: &'a ChatRequest, provider: &str) -> Result<Vec<(String, &'a RawValue)>> {
    let options = &request.provider_options;
    let Some(json) = options.get(provider).or_else(|| options.get(crate::WIRE)) else {
        return Ok(Vec::new());
    };
    let raw: &RawValue = serde_json::from_str(json.as_str())
        .map_err(|error| router_wire::object::invalid("provider_options", &error.to_string()))?;
    let options = Object::of(raw, "provider_options")?.object("options")?;
    Ok(options.map_or_else(Vec::new, |options| options.into_fields().collect()))
}

fn check_settings(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let set: [(&'static str, bool); 13] = [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("modalities", !settings.modalities.is_empty()),
        ("audio", settings.audio.is_some()),
        ("previous_response_id", settings.previous_response_id.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
        (
            "reasoning.summary",
            settings
                .reasoning
                .as_ref()
                .is_some_and(|reasoning| reasoning.summary.is_some()),
        ),
    ];
    for (name, is_set) in set {
        if is_set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    match &request.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Tool(_) | ToolChoice::Opaque(_)) => {
            warnings.dropped("tool_choice", "Ollama cannot be told to call a tool")?;
        }
        Some(ToolChoice::None) if !request.tools.is_empty() => {
            warnings.changed(
                "tool_choice",
                "the tools were left out, which is the only way to forbid calls",
            )?;
        }
        _ => {}
    }
    for tool in &request.tools {
        match tool {
            ToolDefinition::Function(tool) => {
                if tool.strict.is_some() {
                    warnings.dropped("tools.strict", NOT_THERE)?;
                }
                if tool.cache.is_some() {
                    warnings.dropped("cache", "Ollama decides itself what to cache")?;
                }
            }
            ToolDefinition::Custom(_) => return Err(Error::unsupported("a tool with free text as input")),
            _ => return Err(Error::unsupported("a tool of another vendor")),
        }
    }
    if let Some(ResponseFormat::JsonSchema(format)) = &request.response_format
        && format.schema.is_none()
    {
        return Err(Error::unsupported("a JSON schema format without a schema"));
    }
    let budget = settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| reasoning.budget_tokens.is_some());
    if budget {
        warnings.changed(
            "reasoning.budget_tokens",
            "Ollama takes no budget, only whether to think, and how hard",
        )?;
    }
    Ok(())
}

fn check_message(message: &Message, warnings: &mut Warnings) -> Result<()> {
    for part in message.content.parts() {
        check_part(part, warnings)?;
    }
    if message.name.is_some() {
        warnings.dropped("messages.name", NOT_THERE)?;
    }
    Ok(())
}

fn check_part(part: &ContentPart, warnings: &mut Warnings) -> Result<()> {
    if part.riders().is_some_and(|riders| riders.cache().is_some()) {
        warnings.dropped("cache", "Ollama decides itself what to cache")?;
    }
    match part {
        ContentPart::Media(media) => check_media(media),
        ContentPart::ToolResult(result) => {
            for part in result.content.parts() {
                check_part(part, warnings)?;
            }
            Ok(())
        }
        ContentPart::ServerToolCall(_) => warnings.dropped(
            "messages.server_tool_call",
            "this wire cannot carry calls that a vendor ran",
        ),
        ContentPart::Opaque(_) => warnings.dropped(
            "messages.opaque",
            "a part goes back only to the vendor that made it",
        ),
        ContentPart::Reasoning(reasoning) if reasoning.text.is_empty() => warnings.dropped(
            "messages.reasoning",
            "reasoning goes back only to the vendor that made it",
        ),
        _ => Ok(()),
    }
}

fn check_media(media: &Media) -> Result<()> {
    match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Base64(_)) | (MediaKind::Document, MediaSource::Text(_)) => Ok(()),
        (MediaKind::Image, MediaSource::Url(_)) => Err(Error::unsupported(
            "an image by address (Ollama fetches nothing: send the bytes, or allow fetching)",
        )),
        (MediaKind::Image, _) => Err(Error::unsupported("an image by file id")),
        (MediaKind::Document, _) => Err(Error::unsupported("a document other than plain text")),
        (MediaKind::Audio, _) => Err(Error::unsupported("audio")),
        _ => Err(Error::unsupported("video")),
    }
}

struct Body<'a> {
    call: &'a Call,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
    runner: &'a [(String, &'a RawValue)],
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let settings = &request.settings;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", &self.call.model)?;
        fields.field("messages", &Messages(&request.messages))?;
        if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
            fields.field("tools", &Seq(|| request.tools.iter().map(Tool)))?;
        }
        match &request.response_format {
            Some(ResponseFormat::Json) => fields.field("format", "json")?,
            Some(ResponseFormat::JsonSchema(format)) => fields.some("format", format.schema.as_ref())?,
            _ => {}
        }
        // Absent, it would mean a stream.
        fields.field("stream", &self.call.is_stream())?;
        if let Some(reasoning) = &settings.reasoning {
            think(&mut fields, reasoning)?;
        }
        fields.some("logprobs", settings.logprobs)?;
        fields.some("top_logprobs", settings.top_logprobs)?;
        let options = Options {
            request,
            runner: self.runner,
        };
        if options.any() {
            fields.field("options", &options)?;
        }
        fields.end(&request.extra, WIRE)
    }
}

fn think<M: SerializeMap>(
    fields: &mut Fields<'_, M>,
    reasoning: &ReasoningConfig,
) -> std::result::Result<(), M::Error> {
    if let Some((_, value)) = reasoning
        .extra
        .for_wire(WIRE)
        .iter()
        .find(|(name, _)| **name == *"think")
    {
        return fields.field("think", value);
    }
    match &reasoning.effort {
        Some(ReasoningEffort::None) => fields.field("think", &false),
        Some(ReasoningEffort::Minimal | ReasoningEffort::Low) => fields.field("think", "low"),
        Some(ReasoningEffort::Medium) => fields.field("think", "medium"),
        Some(ReasoningEffort::High) => fields.field("think", "high"),
        Some(ReasoningEffort::XHigh | ReasoningEffort::Max) => fields.field("think", "max"),
        Some(other) => fields.field("think", other.as_str()),
        None => match (reasoning.budget_tokens, reasoning.include_thoughts) {
            (Some(0), _) | (None, Some(false)) => fields.field("think", &false),
            (Some(_), _) | (None, Some(true)) => fields.field("think", &true),
            (None, None) => Ok(()),
        },
    }
}

/// The runner's options: those of the settings, then those of the caller, which win.
struct Options<'a> {
    request: &'a ChatRequest,
    runner: &'a [(String, &'a RawValue)],
}

impl Options<'_> {
    fn any(&self) -> bool {
        let settings = &self.request.settings;
        !self.runner.is_empty()
            || settings.max_output_tokens.is_some()
            || settings.temperature.is_some()
            || settings.top_p.is_some()
            || settings.top_k.is_some()
            || settings.seed.is_some()
            || settings.frequency_penalty.is_some()
            || settings.presence_penalty.is_some()
            || !settings.stop_sequences.is_empty()
    }
}

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Own<'a, M> {
            map: M,
            runner: &'a [(String, &'a RawValue)],
        }
        impl<M: SerializeMap> Own<'_, M> {
            fn some<T: Serialize>(
                &mut self,
                name: &'static str,
                value: Option<T>,
            ) -> std::result::Result<(), M::Error> {
                match value {
                    Some(value) if !self.runner.iter().any(|(known, _)| known == name) => {
                        self.map.serialize_entry(name, &value)
                    }
                    _ => Ok(()),
                }
            }
        }
        let settings = &self.request.settings;
        let mut own = Own {
            map: serializer.serialize_map(None)?,
            runner: self.runner,
        };
        own.some("num_predict", settings.max_output_tokens)?;
        own.some("temperature", settings.temperature)?;
        own.some("top_p", settings.top_p)?;
        own.some("top_k", settings.top_k)?;
        own.some("seed", settings.seed)?;
        own.some("frequency_penalty", settings.frequency_penalty)?;
        own.some("presence_penalty", settings.presence_penalty)?;
        own.some(
            "stop",
            (!settings.stop_sequences.is_empty()).then_some(&settings.stop_sequences),
        )?;
        for (name, value) in self.runner {
            own.map.serialize_entry(name, value)?;
        }
        own.map.end()
    }
}

struct Tool<'a>(&'a ToolDefinition);

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let ToolDefinition::Function(tool) = self.0 {
            map.serialize_entry("type", "function")?;
            map.serialize_entry("function", &Function(tool))?;
        }
        map.end()
    }
}

struct Function<'a>(&'a router_core::tool::FunctionTool);

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.0.name)?;
        if let Some(description) = &self.0.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(parameters) = &self.0.parameters {
            map.serialize_entry("parameters", parameters)?;
        }
        extra_fields(&mut map, &self.0.extra, WIRE)?;
        map.end()
    }
}

struct Messages<'a>(&'a [Message]);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for (place, message) in self.0.iter().enumerate() {
            if message.role != Role::Tool {
                seq.serialize_element(&Said(message))?;
                continue;
            }
            for part in message.content.parts() {
                if let ContentPart::ToolResult(result) = part {
                    seq.serialize_element(&Answered {
                        result,
                        message,
                        before: &self.0[..place],
                    })?;
                }
            }
        }
        seq.end()
    }
}

/// A message of the system, the user or the model.
struct Said<'a>(&'a Message);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let message = self.0;
        let parts = message.content.parts();
        let mut map = serializer.serialize_map(None)?;
        let role = match message.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        map.serialize_entry("role", role)?;
        map.serialize_entry("content", &text_of(&message.content))?;
        let thinking: Vec<&Text> = parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Reasoning(reasoning) if !reasoning.text.is_empty() => Some(&reasoning.text),
                _ => None,
            })
            .collect();
        match thinking.as_slice() {
            [] => {}
            [one] => map.serialize_entry("thinking", one)?,
            more => map.serialize_entry(
                "thinking",
                &more.iter().map(|text| text.as_str()).collect::<String>(),
            )?,
        }
        images(&mut map, parts)?;
        if parts.iter().any(|part| matches!(part, ContentPart::ToolCall(_))) {
            map.serialize_entry(
                "tool_calls",
                &Seq(|| router_core::tool::tool_calls(parts).map(Called)),
            )?;
        }
        extra_fields(&mut map, &message.extra, WIRE)?;
        map.end()
    }
}

/// Content is one string on this wire: text parts, and documents that are text, one after the other.
fn text_of(content: &Content) -> Text {
    let is_document = |part: &ContentPart| matches!(part, ContentPart::Media(media) if matches!(media.source, MediaSource::Text(_)));
    if !content.parts().iter().any(is_document) {
        return content.joined_text();
    }
    let mut joined = String::new();
    for part in content.parts() {
        match part {
            ContentPart::Text(part) => joined.push_str(&part.text),
            ContentPart::Media(media) => {
                if let MediaSource::Text(text) = &media.source {
                    joined.push_str(text);
                    joined.push('\n');
                }
            }
            _ => {}
        }
    }
    Text::from(joined)
}

fn images<M: SerializeMap>(map: &mut M, parts: &[ContentPart]) -> std::result::Result<(), M::Error> {
    let data = |part: &ContentPart| match part {
        ContentPart::Media(media) => match &media.source {
            MediaSource::Base64(data) => Some(data.clone()),
            _ => None,
        },
        _ => None,
    };
    if parts.iter().any(|part| data(part).is_some()) {
        map.serialize_entry("images", &Seq(|| parts.iter().filter_map(data)))?;
    }
    Ok(())
}

struct Called<'a>(&'a ToolCall);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Function<'a>(&'a ToolCall);
        impl Serialize for Function<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("name", &self.0.name)?;
                map.serialize_entry("arguments", &JsonOrText(&self.0.arguments))?;
                extra_fields(&mut map, self.0.riders.extra(), WIRE)?;
                map.end()
            }
        }
        let mut map = serializer.serialize_map(None)?;
        if !is_noted(self.0.riders.extra(), NO_ID) {
            map.serialize_entry("id", &self.0.id)?;
        }
        map.serialize_entry("function", &Function(self.0))?;
        map.end()
    }
}

/// Whether the wire had no such thing.
fn is_noted(extra: &router_core::Extra, note: &str) -> bool {
    extra.for_wire(NOTES).iter().any(|(name, _)| *name == *note)
}

/// A result of a tool, which names the tool.
struct Answered<'a> {
    result: &'a ToolResult,
    message: &'a Message,
    before: &'a [Message],
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.result;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "tool")?;
        map.serialize_entry("content", &text_of(&result.content))?;
        let called = || {
            let mut calls = self
                .before
                .iter()
                .rev()
                .flat_map(|message| router_core::tool::tool_calls(message.content.parts()));
            calls
                .find(|call| call.id == result.call_id)
                .map(|call| &call.name)
        };
        let is_unnamed = is_noted(result.riders.extra(), NO_NAME);
        if let Some(name) = result.name.as_ref().or_else(called).filter(|_| !is_unnamed) {
            map.serialize_entry("tool_name", name)?;
        }
        if !is_noted(result.riders.extra(), NO_ID) {
            map.serialize_entry("tool_call_id", &result.call_id)?;
        }
        images(&mut map, result.content.parts())?;
        extra_fields(&mut map, &self.message.extra, WIRE)?;
        map.end()
    }
}
