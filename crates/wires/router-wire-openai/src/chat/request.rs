//! A chat as the body of a request.

use router_core::content::{MediaKind, MediaSource, Reasoning, Riders};
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{
    Call, ChatRequest, Content, ContentPart, Error, ErrorKind, Json, Media, Message, ResponseFormat, Result,
    Text, ToolCall, ToolChoice, ToolDefinition, ToolResult, Warning,
};
use router_wire::provenance::Speaker;
use router_wire::write::{Fields, Overrides, Seq, extra_fields};
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::WIRE;
use crate::dialect::{Dialect, ReasoningReplay, ReasoningRequest};

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the wire or the vendor does not take, and for settings when the request is strict;
/// `InvalidRequest` for what the vendor is known to refuse.
pub fn encode(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
    own: &[&str],
) -> Result<Encoded> {
    let mut warnings = Warnings {
        strict: request.strict,
        list: Vec::new(),
    };
    check_settings(dialect, request, &mut warnings)?;
    check_messages(dialect, speaker, request, &mut warnings)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let body = Body {
        dialect,
        speaker,
        call,
        request,
        overrides: &overrides,
    };
    let size: usize = request
        .messages
        .iter()
        .map(|message| 64 + size_of(&message.content))
        .sum();
    let mut bytes = Vec::with_capacity(256 + size + size / 16);
    serde_json::to_writer(&mut bytes, &body).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })?;
    Ok(Encoded::new(
        call,
        HttpRequest::post_json(dialect.chat_path.as_ref(), bytes),
        warnings.list,
    ))
}

fn size_of(content: &Content) -> usize {
    let part = |part: &ContentPart| match part {
        ContentPart::Text(part) => part.text.len(),
        ContentPart::Media(media) => match &media.source {
            MediaSource::Base64(data)
            | MediaSource::Text(data)
            | MediaSource::Url(data)
            | MediaSource::File(data) => data.len(),
            _ => 0,
        },
        _ => 64,
    };
    match content {
        Content::Text(text) => text.len(),
        Content::Parts(parts) => parts.iter().map(|of| 48 + part(of)).sum(),
    }
}

/// Gathers warnings; the first one is an error when the caller asked for strictness.
struct Warnings {
    strict: bool,
    list: Vec<Warning>,
}

impl Warnings {
    fn add(&mut self, warning: Warning) -> Result<()> {
        if self.strict {
            return Err(Error::new(ErrorKind::Unsupported, warning.to_string()));
        }
        if !self.list.contains(&warning) {
            self.list.push(warning);
        }
        Ok(())
    }

    fn dropped(&mut self, setting: &'static str, why: &'static str) -> Result<()> {
        self.add(Warning::dropped(
            Text::from_static(setting),
            Text::from_static(why),
        ))
    }
}

const NOT_THERE: &str = "this vendor has no such setting";

fn check_settings(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let set: [(&'static str, bool); 19] = [
        ("temperature", settings.temperature.is_some()),
        ("top_p", settings.top_p.is_some()),
        ("top_k", settings.top_k.is_some()),
        ("seed", settings.seed.is_some()),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("stop_sequences", !settings.stop_sequences.is_empty()),
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("logprobs", settings.logprobs.is_some()),
        ("top_logprobs", settings.top_logprobs.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("modalities", !settings.modalities.is_empty()),
        ("audio", settings.audio.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
    ];
    for (name, is_set) in set {
        if is_set && !dialect.supports(name) {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    if settings.user.is_some() && dialect.user_field.is_none() {
        warnings.dropped("user", NOT_THERE)?;
    }
    if settings.previous_response_id.is_some() {
        warnings.dropped(
            "previous_response_id",
            "chat completions keep no answers; send the conversation",
        )?;
    }
    if let Some(most) = dialect
        .stop_max
        .filter(|most| settings.stop_sequences.len() > *most)
    {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("stop_sequences: at most {most} at this vendor"),
        ));
    }
    if let (Some(temperature), Some((low, high))) = (settings.temperature, dialect.temperature) {
        if !(low..=high).contains(&temperature) {
            let message = format!("moved from {temperature} into {low} to {high}");
            warnings.add(Warning::changed(Text::from_static("temperature"), message))?;
        }
    }
    if request.parallel_tool_calls.is_some() && request.tools.is_empty() {
        warnings.dropped("parallel_tool_calls", "there are no tools")?;
    }
    check_tools(dialect, request, warnings)?;
    check_format(dialect, request, warnings)?;
    if let Some(reasoning) = &settings.reasoning {
        let takes_budget = matches!(
            dialect.reasoning_request,
            ReasoningRequest::EnableThinking | ReasoningRequest::Reasoning
        );
        if dialect.reasoning_request == ReasoningRequest::None || !dialect.supports("reasoning") {
            warnings.dropped("reasoning", NOT_THERE)?;
        } else if reasoning.budget_tokens.is_some() && !takes_budget {
            if reasoning.effort.is_some() {
                warnings.dropped("reasoning.budget_tokens", "this vendor takes a level only")?;
            } else {
                let warning = Warning::changed(
                    Text::from_static("reasoning.budget_tokens"),
                    Text::from_static("sent as the level that comes nearest"),
                );
                warnings.add(warning)?;
            }
        }
        if reasoning.summary.is_some() {
            warnings.dropped("reasoning.summary", "chat completions have no summaries")?;
        }
    }
    Ok(())
}

fn check_tools(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    for tool in &request.tools {
        if let ToolDefinition::Function(tool) = tool {
            if tool.strict.is_some() && !dialect.strict_tools {
                warnings.dropped("tools.strict", NOT_THERE)?;
            }
            if tool.cache.is_some() && !dialect.cache_control {
                warnings.dropped("cache", "this vendor decides itself what to cache")?;
            }
        }
    }
    let word = match &request.tool_choice {
        Some(ToolChoice::Auto) => "auto",
        Some(ToolChoice::None) => "none",
        Some(ToolChoice::Required) => "required",
        Some(ToolChoice::Tool(_)) => "named",
        _ => return Ok(()),
    };
    if request.tools.is_empty() {
        if word != "none" && word != "auto" {
            warnings.dropped("tool_choice", "there are no tools")?;
        }
    } else if !dialect.tool_choices.iter().any(|known| known == word) && word != "none" {
        warnings.dropped("tool_choice", "this vendor cannot be told to call a tool")?;
    }
    Ok(())
}

fn check_format(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    match &request.response_format {
        Some(ResponseFormat::Json) if !dialect.json_object => warnings.dropped("response_format", NOT_THERE),
        Some(ResponseFormat::JsonSchema(_)) if !dialect.json_schema => {
            let message = if dialect.json_object {
                "asked for any JSON object; this vendor cannot be held to a schema, so say it in the prompt"
            } else {
                NOT_THERE
            };
            warnings.add(Warning::emulated(
                Text::from_static("response_format"),
                Text::from_static(message),
            ))
        }
        _ => Ok(()),
    }
}

fn check_messages(
    dialect: &Dialect,
    speaker: &Speaker,
    request: &ChatRequest,
    warnings: &mut Warnings,
) -> Result<()> {
    for message in &request.messages {
        for part in message.content.parts() {
            check_part(dialect, speaker, message.role, part, warnings)?;
            if let ContentPart::ToolResult(result) = part {
                for part in result.content.parts() {
                    check_part(dialect, speaker, Role::Tool, part, warnings)?;
                    if matches!(part, ContentPart::Media(_)) {
                        let warning = Warning::emulated(
                            Text::from_static("tool_result.media"),
                            Text::from_static(
                                "sent in a user message behind the results: results of this wire are text",
                            ),
                        );
                        warnings.add(warning)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn check_part(
    dialect: &Dialect,
    speaker: &Speaker,
    role: Role,
    part: &ContentPart,
    warnings: &mut Warnings,
) -> Result<()> {
    if !dialect.cache_control && part.riders().is_some_and(|riders| riders.cache().is_some()) {
        warnings.dropped("cache", "this vendor decides itself what to cache")?;
    }
    match part {
        ContentPart::Media(media) => check_media(dialect, media),
        ContentPart::Reasoning(reasoning) if role == Role::Assistant => {
            if dialect.reasoning_replay == ReasoningReplay::Never
                || reasoning_field(speaker, reasoning).is_none()
            {
                warnings.dropped(
                    "messages.reasoning",
                    "reasoning goes back only to the vendor that made it",
                )?;
            }
            Ok(())
        }
        ContentPart::ServerToolCall(_) => warnings.dropped(
            "messages.server_tool_call",
            "this wire cannot carry calls that a vendor ran",
        ),
        ContentPart::Opaque(part) if speaker.opaque(part).is_none() => warnings.dropped(
            "messages.opaque",
            "a part goes back only to the vendor that made it",
        ),
        _ => Ok(()),
    }
}

fn check_media(dialect: &Dialect, media: &Media) -> Result<()> {
    let missing = match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(_)) if !dialect.image_urls => {
            "images by address (send the bytes, or allow fetching)"
        }
        (MediaKind::Image, MediaSource::File(_) | MediaSource::Text(_)) => "images by file id",
        (MediaKind::Document, MediaSource::Url(_)) => "documents by address (send the bytes)",
        (MediaKind::Document, _) if !dialect.files => "documents",
        (MediaKind::Audio, MediaSource::Base64(_)) if !dialect.audio => "audio",
        (MediaKind::Audio, MediaSource::Base64(_)) => return audio_format(media).map(|_| ()),
        (MediaKind::Audio, _) => "audio other than by value",
        (MediaKind::Video, MediaSource::Url(_) | MediaSource::Base64(_)) if dialect.video => return Ok(()),
        (MediaKind::Video, _) => "video",
        _ => return Ok(()),
    };
    Err(Error::unsupported(missing))
}

/// The wire's word for a sound format.
fn audio_format(media: &Media) -> Result<&str> {
    let media_type = media.media_type.as_deref().unwrap_or_default();
    let word = media_type.strip_prefix("audio/").unwrap_or(media_type);
    Ok(match word {
        "mpeg" | "mpga" | "mp3" => "mp3",
        "x-wav" | "wave" | "vnd.wave" | "wav" => "wav",
        "" => {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "audio needs a media type such as audio/wav",
            ));
        }
        other => other,
    })
}

/// The field that earlier reasoning goes back in, when this speaker made it.
fn reasoning_field(speaker: &Speaker, reasoning: &Reasoning) -> Option<String> {
    let extra = reasoning.riders.extra();
    let word = |name: &str| extra.get(WIRE, name).and_then(router_wire::write::string_of);
    let ours = word("provider").is_none_or(|maker| speaker.accepts(&maker.as_str().into()));
    word("field").filter(|_| ours)
}

struct Body<'a> {
    dialect: &'a Dialect,
    speaker: &'a Speaker,
    call: &'a Call,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { dialect, request, .. } = self;
        let settings = &request.settings;
        let can = |name: &str| dialect.supports(name);
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        body.field(
            "messages",
            &Messages {
                dialect,
                speaker: self.speaker,
                messages: &request.messages,
            },
        )?;
        if self.call.is_stream() {
            body.field("stream", &true)?;
            if dialect.stream_options {
                body.field("stream_options", &StreamOptions { include_usage: true })?;
            }
        }
        if let Some(tokens) = settings.max_output_tokens {
            body.named(&dialect.max_tokens_field, &tokens)?;
        }
        let temperature = settings.temperature.filter(|_| can("temperature"));
        body.some(
            "temperature",
            temperature.map(|value| match dialect.temperature {
                Some((low, high)) => value.clamp(low, high),
                None => value,
            }),
        )?;
        body.some("top_p", settings.top_p.filter(|_| can("top_p")))?;
        body.some("top_k", settings.top_k.filter(|_| can("top_k")))?;
        body.some(
            "frequency_penalty",
            settings.frequency_penalty.filter(|_| can("frequency_penalty")),
        )?;
        body.some(
            "presence_penalty",
            settings.presence_penalty.filter(|_| can("presence_penalty")),
        )?;
        if !settings.stop_sequences.is_empty() && can("stop_sequences") {
            body.field("stop", &settings.stop_sequences)?;
        }
        body.some("seed", settings.seed.filter(|_| can("seed")))?;
        body.some("n", settings.n.filter(|n| can("n") || *n == 1))?;
        body.some("logprobs", settings.logprobs.filter(|_| can("logprobs")))?;
        body.some(
            "top_logprobs",
            settings.top_logprobs.filter(|_| can("top_logprobs")),
        )?;
        if !settings.logit_bias.is_empty() && can("logit_bias") {
            body.field("logit_bias", &Pairs(&settings.logit_bias))?;
        }
        if !request.tools.is_empty() {
            body.field(
                "tools",
                &Seq(|| request.tools.iter().map(|tool| Tool { dialect, tool })),
            )?;
            body.some(
                "parallel_tool_calls",
                request.parallel_tool_calls.filter(|_| can("parallel_tool_calls")),
            )?;
            self.tool_choice(&mut body)?;
        }
        self.response_format(&mut body)?;
        self.reasoning(&mut body)?;
        body.some(
            "verbosity",
            settings.verbosity.as_ref().filter(|_| can("verbosity")),
        )?;
        if let (Some(field), Some(user)) = (&dialect.user_field, &settings.user) {
            body.named(field, user)?;
        }
        if !settings.metadata.is_empty() && can("metadata") {
            body.field("metadata", &Pairs(&settings.metadata))?;
        }
        body.some(
            "service_tier",
            settings.service_tier.as_ref().filter(|_| can("service_tier")),
        )?;
        body.some("store", settings.store.filter(|_| can("store")))?;
        body.some(
            "prompt_cache_key",
            settings
                .prompt_cache_key
                .as_ref()
                .filter(|_| can("prompt_cache_key")),
        )?;
        if !settings.modalities.is_empty() && can("modalities") {
            body.field("modalities", &settings.modalities)?;
        }
        body.some(
            "audio",
            settings
                .audio
                .as_ref()
                .filter(|_| can("audio"))
                .map(|audio| Audio {
                    voice: audio.voice.as_ref(),
                    format: audio.format.as_ref(),
                }),
        )?;
        body.end(&request.extra, WIRE)
    }
}

impl Body<'_> {
    fn tool_choice<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let takes = |word: &str| self.dialect.tool_choices.iter().any(|known| known == word);
        match &self.request.tool_choice {
            Some(ToolChoice::Auto) if takes("auto") => body.field("tool_choice", "auto"),
            Some(ToolChoice::None) => body.field("tool_choice", "none"),
            Some(ToolChoice::Required) if takes("required") => body.field("tool_choice", "required"),
            Some(ToolChoice::Tool(name)) if takes("named") => {
                body.field("tool_choice", &NamedTool::new(self.request, name))
            }
            Some(ToolChoice::Opaque(choice)) if self.speaker.opaque(choice).is_some() => {
                body.field("tool_choice", &choice.raw)
            }
            _ => Ok(()),
        }
    }

    fn response_format<M: SerializeMap>(
        &self,
        body: &mut Fields<'_, M>,
    ) -> std::result::Result<(), M::Error> {
        match &self.request.response_format {
            Some(ResponseFormat::Text) => body.field("response_format", &Type { kind: "text" }),
            Some(ResponseFormat::Json) if self.dialect.json_object => {
                body.field("response_format", &Type { kind: "json_object" })
            }
            Some(ResponseFormat::JsonSchema(format)) if self.dialect.json_schema => body.field(
                "response_format",
                &JsonSchema {
                    kind: "json_schema",
                    json_schema: Schema(format),
                },
            ),
            Some(ResponseFormat::JsonSchema(_)) if self.dialect.json_object => {
                body.field("response_format", &Type { kind: "json_object" })
            }
            _ => Ok(()),
        }
    }

    fn reasoning<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let Some(reasoning) = self
            .request
            .settings
            .reasoning
            .as_ref()
            .filter(|_| self.dialect.supports("reasoning"))
        else {
            return Ok(());
        };
        let nearest = || {
            reasoning
                .budget_tokens
                .map(router_core::ReasoningEffort::from_budget)
        };
        let effort = reasoning.effort.clone().or_else(nearest);
        let off = effort == Some(router_core::ReasoningEffort::None);
        let word = effort.as_ref().map(|effort| self.dialect.effort(effort.as_str()));
        match self.dialect.reasoning_request {
            ReasoningRequest::Effort => body.some("reasoning_effort", word),
            ReasoningRequest::Thinking => {
                if effort.is_some() {
                    body.field(
                        "thinking",
                        &Type {
                            kind: if off { "disabled" } else { "enabled" },
                        },
                    )?;
                }
                body.some("reasoning_effort", word.filter(|_| !off))
            }
            ReasoningRequest::EnableThinking => {
                if effort.is_some() {
                    body.field("enable_thinking", &!off)?;
                }
                body.some(
                    "thinking_budget",
                    reasoning.budget_tokens.filter(|tokens| *tokens > 0),
                )
            }
            ReasoningRequest::Reasoning => body.field(
                "reasoning",
                &ReasoningObject {
                    effort: reasoning
                        .effort
                        .as_ref()
                        .map(|effort| self.dialect.effort(effort.as_str())),
                    max_tokens: reasoning.budget_tokens,
                },
            ),
            ReasoningRequest::None => Ok(()),
        }
    }
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Type {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct ReasoningObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
}

#[derive(Serialize)]
struct Audio<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a Text>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: Schema<'a>,
}

struct Schema<'a>(&'a router_core::chat::JsonSchemaFormat);

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.0.name)?;
        if let Some(description) = &self.0.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(schema) = &self.0.schema {
            map.serialize_entry("schema", schema)?;
        }
        if let Some(strict) = self.0.strict {
            map.serialize_entry("strict", &strict)?;
        }
        extra_fields(&mut map, &self.0.extra, WIRE)?;
        map.end()
    }
}

/// A list of pairs as an object.
struct Pairs<'a, T>(&'a [(Text, T)]);

impl<T: Serialize> Serialize for Pairs<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

#[derive(Serialize)]
struct Name<'a> {
    name: &'a Text,
}

#[derive(Serialize)]
#[serde(untagged)]
enum NamedTool<'a> {
    Function {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Name<'a>,
    },
    Custom {
        #[serde(rename = "type")]
        kind: &'static str,
        custom: Name<'a>,
    },
}

impl<'a> NamedTool<'a> {
    fn new(request: &ChatRequest, name: &'a Text) -> Self {
        let custom = request
            .tools
            .iter()
            .any(|tool| matches!(tool, ToolDefinition::Custom(tool) if tool.name == *name));
        if custom {
            Self::Custom {
                kind: "custom",
                custom: Name { name },
            }
        } else {
            Self::Function {
                kind: "function",
                function: Name { name },
            }
        }
    }
}

struct Tool<'a> {
    dialect: &'a Dialect,
    tool: &'a ToolDefinition,
}

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.tool {
            ToolDefinition::Function(tool) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "function")?;
                map.serialize_entry(
                    "function",
                    &Function {
                        tool,
                        strict: self.dialect.strict_tools,
                    },
                )?;
                if let Some(mark) = tool.cache.as_ref().filter(|_| self.dialect.cache_control) {
                    map.serialize_entry("cache_control", &CacheControl::of(mark))?;
                }
                map.end()
            }
            ToolDefinition::Custom(tool) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "custom")?;
                map.serialize_entry("custom", &Custom(tool))?;
                map.end()
            }
            ToolDefinition::Provider(tool) => tool.raw.serialize(serializer),
            _ => Err(serde::ser::Error::custom(
                "a kind of tool that this wire does not have",
            )),
        }
    }
}

struct Function<'a> {
    tool: &'a router_core::tool::FunctionTool,
    strict: bool,
}

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let tool = self.tool;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        if let Some(description) = &tool.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(parameters) = &tool.parameters {
            map.serialize_entry("parameters", parameters)?;
        }
        if let Some(strict) = tool.strict.filter(|_| self.strict) {
            map.serialize_entry("strict", &strict)?;
        }
        extra_fields(&mut map, &tool.extra, WIRE)?;
        map.end()
    }
}

struct Custom<'a>(&'a router_core::tool::CustomTool);

impl Serialize for Custom<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.0.name)?;
        if let Some(description) = &self.0.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(format) = &self.0.format {
            map.serialize_entry("format", format)?;
        }
        extra_fields(&mut map, &self.0.extra, WIRE)?;
        map.end()
    }
}

#[derive(Serialize)]
struct CacheControl<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'a Text>,
}

impl<'a> CacheControl<'a> {
    fn of(mark: &'a router_core::CacheMark) -> Self {
        Self {
            kind: "ephemeral",
            ttl: mark.ttl.as_ref(),
        }
    }
}

struct Messages<'a> {
    dialect: &'a Dialect,
    speaker: &'a Speaker,
    messages: &'a [Message],
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (at, message) in self.messages.iter().enumerate() {
            if message.role == Role::Tool {
                for result in results(message) {
                    list.serialize_element(&ToolMessage {
                        dialect: self.dialect,
                        message,
                        result,
                    })?;
                }
                let last = self
                    .messages
                    .get(at + 1)
                    .is_none_or(|next| next.role != Role::Tool);
                if last && self.results_before(at).any(|result| has_media(&result.content)) {
                    list.serialize_element(&HoistedMedia { of: self, at })?;
                }
            } else {
                list.serialize_element(&ChatMessage {
                    dialect: self.dialect,
                    speaker: self.speaker,
                    message,
                })?;
            }
        }
        list.end()
    }
}

impl<'a> Messages<'a> {
    /// The results of the run of tool messages that ends at `at`.
    fn results_before(&self, at: usize) -> impl Iterator<Item = &'a ToolResult> {
        let messages = self.messages;
        let start = messages[..=at]
            .iter()
            .rposition(|message| message.role != Role::Tool)
            .map_or(0, |before| before + 1);
        messages[start..=at].iter().flat_map(results)
    }
}

fn results(message: &Message) -> impl Iterator<Item = &ToolResult> {
    message.content.parts().iter().filter_map(|part| match part {
        ContentPart::ToolResult(result) => Some(result),
        _ => None,
    })
}

fn has_media(content: &Content) -> bool {
    content
        .parts()
        .iter()
        .any(|part| matches!(part, ContentPart::Media(_)))
}

struct ToolMessage<'a> {
    dialect: &'a Dialect,
    message: &'a Message,
    result: &'a ToolResult,
}

impl Serialize for ToolMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "tool")?;
        map.serialize_entry("tool_call_id", &self.result.call_id)?;
        match &self.result.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            content if has_media(content) || self.dialect.text_as_string => {
                map.serialize_entry("content", &content.joined_text())?;
            }
            content => map.serialize_entry(
                "content",
                &Parts {
                    dialect: self.dialect,
                    parts: content.parts(),
                },
            )?,
        }
        if let Some(mark) = self.result.riders.cache().filter(|_| self.dialect.cache_control) {
            map.serialize_entry("cache_control", &CacheControl::of(mark))?;
        }
        extra_fields(&mut map, self.result.riders.extra(), WIRE)?;
        extra_fields(&mut map, &self.message.extra, WIRE)?;
        map.end()
    }
}

/// Media of tool results in a user message behind them.
struct HoistedMedia<'a> {
    of: &'a Messages<'a>,
    at: usize,
}

impl Serialize for HoistedMedia<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let dialect = self.of.dialect;
        let media = || {
            let parts = self
                .of
                .results_before(self.at)
                .flat_map(|result| result.content.parts());
            parts
                .filter(|part| matches!(part, ContentPart::Media(_)))
                .map(|part| Part { dialect, part })
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "user")?;
        map.serialize_entry("content", &Seq(media))?;
        map.end()
    }
}

struct ChatMessage<'a> {
    dialect: &'a Dialect,
    speaker: &'a Speaker,
    message: &'a Message,
}

impl Serialize for ChatMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { dialect, message, .. } = self;
        let role = match message.role {
            Role::System => dialect.system_role.as_ref(),
            Role::Assistant => "assistant",
            _ => "user",
        };
        let written = message
            .extra
            .get(WIRE, "role")
            .and_then(router_wire::write::string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", written.as_deref().unwrap_or(role))?;
        match (&message.content, message.role) {
            (_, Role::Assistant) => self.assistant(&mut map)?,
            (Content::Text(text), _) => map.serialize_entry("content", text)?,
            (content, _) if dialect.text_as_string && !has_media(content) => {
                map.serialize_entry("content", &content.joined_text())?;
            }
            (content, _) => map.serialize_entry(
                "content",
                &Parts {
                    dialect,
                    parts: content.parts(),
                },
            )?,
        }
        if let Some(name) = &message.name {
            map.serialize_entry("name", name)?;
        }
        for (name, value) in message
            .extra
            .for_wire(WIRE)
            .iter()
            .filter(|(name, _)| *name != "role")
        {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

impl ChatMessage<'_> {
    fn assistant<M: SerializeMap>(&self, map: &mut M) -> std::result::Result<(), M::Error> {
        let parts = self.message.content.parts();
        let calls = || {
            parts.iter().filter_map(|part| match part {
                ContentPart::ToolCall(call) => Some(WireCall {
                    call,
                    speaker: self.speaker,
                }),
                _ => None,
            })
        };
        match &self.message.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(_) => {
                let mut texts = parts.iter().filter(|part| matches!(part, ContentPart::Text(_)));
                let plain = |part: &ContentPart| part.riders().is_none_or(Riders::is_empty);
                match (texts.next(), texts.next()) {
                    (None, _) if calls().next().is_some() => map.serialize_entry("content", &())?,
                    (None, _) if parts.iter().any(|part| matches!(part, ContentPart::Refusal(_))) => {
                        map.serialize_entry("content", &())?;
                    }
                    (None, _) => map.serialize_entry("content", "")?,
                    (Some(ContentPart::Text(part)), None)
                        if self.dialect.text_as_string || plain(&parts[0]) || !self.dialect.cache_control =>
                    {
                        map.serialize_entry("content", &part.text)?;
                    }
                    _ if self.dialect.text_as_string => {
                        map.serialize_entry("content", &self.message.text())?
                    }
                    _ => {
                        let texts = || parts.iter().filter(|part| matches!(part, ContentPart::Text(_)));
                        let dialect = self.dialect;
                        map.serialize_entry("content", &Seq(|| texts().map(|part| Part { dialect, part })))?;
                    }
                }
            }
        }
        for part in parts {
            if let ContentPart::Refusal(refusal) = part {
                map.serialize_entry("refusal", &refusal.text)?;
            }
        }
        self.reasoning(map)?;
        if calls().next().is_some() {
            map.serialize_entry("tool_calls", &Seq(calls))?;
        }
        Ok(())
    }

    fn reasoning<M: SerializeMap>(&self, map: &mut M) -> std::result::Result<(), M::Error> {
        if self.dialect.reasoning_replay == ReasoningReplay::Never {
            return Ok(());
        }
        let mut texts: Vec<(String, String)> = Vec::new();
        for part in self.message.content.parts() {
            let ContentPart::Reasoning(reasoning) = part else {
                continue;
            };
            let Some(field) = reasoning_field(self.speaker, reasoning) else {
                continue;
            };
            if let Some(details) = reasoning.riders.extra().get(WIRE, "details") {
                map.serialize_entry("reasoning_details", details)?;
            } else if field == "extra_content" {
                if let Some(signature) = reasoning
                    .riders
                    .signature()
                    .and_then(|signature| self.speaker.signature(signature))
                {
                    map.serialize_entry("extra_content", &GoogleExtra::of(signature))?;
                }
            } else if !reasoning.text.is_empty()
                && matches!(field.as_str(), "reasoning_content" | "reasoning")
            {
                match texts.iter_mut().find(|(known, _)| *known == field) {
                    Some((_, text)) => text.push_str(&reasoning.text),
                    None => texts.push((field, reasoning.text.to_string())),
                }
            }
        }
        for (field, text) in &texts {
            map.serialize_entry(field, text)?;
        }
        let field = self.dialect.reasoning_field.as_ref();
        if self.dialect.reasoning_replay == ReasoningReplay::AlwaysKey
            && !texts.iter().any(|(known, _)| known == field)
        {
            map.serialize_entry(field, "")?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct GoogleExtra<'a> {
    google: ThoughtSignature<'a>,
}

#[derive(Serialize)]
struct ThoughtSignature<'a> {
    thought_signature: &'a Text,
}

impl<'a> GoogleExtra<'a> {
    fn of(thought_signature: &'a Text) -> Self {
        Self {
            google: ThoughtSignature { thought_signature },
        }
    }
}

struct WireCall<'a> {
    call: &'a ToolCall,
    speaker: &'a Speaker,
}

impl Serialize for WireCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct FunctionCall<'a> {
            name: &'a Text,
            arguments: &'a str,
        }
        #[derive(Serialize)]
        struct CustomCall<'a> {
            name: &'a Text,
            input: &'a Text,
        }
        let call = self.call;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &call.id)?;
        if call.kind == ToolCallKind::Custom {
            map.serialize_entry("type", "custom")?;
            map.serialize_entry(
                "custom",
                &CustomCall {
                    name: &call.name,
                    input: &call.arguments,
                },
            )?;
        } else {
            map.serialize_entry("type", "function")?;
            let arguments = if call.arguments.is_empty() {
                "{}"
            } else {
                call.arguments.as_str()
            };
            map.serialize_entry(
                "function",
                &FunctionCall {
                    name: &call.name,
                    arguments,
                },
            )?;
        }
        let foreign = call
            .riders
            .signature()
            .is_some_and(|signature| self.speaker.signature(signature).is_none());
        if !foreign {
            extra_fields(&mut map, call.riders.extra(), WIRE)?;
        }
        map.end()
    }
}

struct Parts<'a> {
    dialect: &'a Dialect,
    parts: &'a [ContentPart],
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let sent = |part: &&ContentPart| match part {
            ContentPart::Text(_) | ContentPart::Media(_) | ContentPart::Refusal(_) => true,
            ContentPart::Opaque(part) => part.raw.as_str().starts_with('{'),
            _ => false,
        };
        serializer.collect_seq(self.parts.iter().filter(sent).map(|part| Part {
            dialect: self.dialect,
            part,
        }))
    }
}

struct Part<'a> {
    dialect: &'a Dialect,
    part: &'a ContentPart,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.part {
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.part {
            ContentPart::Text(part) => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", &part.text)?;
            }
            ContentPart::Refusal(part) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", &part.text)?;
            }
            ContentPart::Media(media) => media_fields(media, &mut map)?,
            _ => {}
        }
        if let Some(riders) = self.part.riders() {
            if let Some(mark) = riders.cache().filter(|_| self.dialect.cache_control) {
                map.serialize_entry("cache_control", &CacheControl::of(mark))?;
            }
            extra_fields(&mut map, riders.extra(), WIRE)?;
        }
        map.end()
    }
}

fn media_fields<M: SerializeMap>(media: &Media, map: &mut M) -> std::result::Result<(), M::Error> {
    #[derive(Serialize)]
    struct Url<'a> {
        url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a Text>,
    }
    #[derive(Serialize)]
    struct InputAudio<'a> {
        data: &'a Text,
        format: &'a str,
    }
    #[derive(Serialize)]
    struct File<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a Text>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_data: Option<String>,
    }
    let data_url = media.to_data_url();
    let url = match &media.source {
        MediaSource::Url(url) | MediaSource::File(url) => url.as_str(),
        _ => data_url.as_deref().unwrap_or_default(),
    };
    match (media.kind, &media.source) {
        (MediaKind::Image, _) => {
            map.serialize_entry("type", "image_url")?;
            map.serialize_entry(
                "image_url",
                &Url {
                    url,
                    detail: media.detail.as_ref(),
                },
            )
        }
        (MediaKind::Audio, MediaSource::Base64(data)) => {
            map.serialize_entry("type", "input_audio")?;
            map.serialize_entry(
                "input_audio",
                &InputAudio {
                    data,
                    format: audio_format(media).unwrap_or("wav"),
                },
            )
        }
        (MediaKind::Video, _) => {
            map.serialize_entry("type", "video_url")?;
            map.serialize_entry("video_url", &Url { url, detail: None })
        }
        (_, MediaSource::File(id)) => {
            map.serialize_entry("type", "file")?;
            let file = File {
                file_id: Some(id),
                filename: media.name.as_deref(),
                file_data: None,
            };
            map.serialize_entry("file", &file)
        }
        (_, source) => {
            let file_data = match source {
                MediaSource::Text(text) => {
                    Media::bytes(MediaKind::Document, "text/plain", text.as_bytes()).to_data_url()
                }
                _ => data_url,
            };
            map.serialize_entry("type", "file")?;
            let filename = media.name.as_deref().or(Some("document"));
            map.serialize_entry(
                "file",
                &File {
                    file_id: None,
                    filename,
                    file_data,
                },
            )
        }
    }
}
