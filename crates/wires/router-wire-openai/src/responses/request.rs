//! A chat as a Responses request.

use router_core::content::{MediaKind, MediaSource};
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

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest, own: &[&str]) -> Result<Encoded> {
    let warnings = check(speaker, request)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let bytes = serde_json::to_vec(&Body {
        speaker,
        call,
        request,
        overrides: &overrides,
    })
    .map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })?;
    Ok(Encoded::new(
        call,
        HttpRequest::post_json("/responses", bytes),
        warnings,
    ))
}

fn check(speaker: &Speaker, request: &ChatRequest) -> Result<Vec<Warning>> {
    let settings = &request.settings;
    let mut warnings: Vec<Warning> = Vec::new();
    let mut drop = |setting: &'static str, why: &'static str| {
        let warning = Warning::dropped(Text::from_static(setting), Text::from_static(why));
        if request.strict {
            return Err(Error::new(ErrorKind::Unsupported, warning.to_string()));
        }
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
        Ok(())
    };
    let absent: [(&'static str, bool); 9] = [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("seed", settings.seed.is_some()),
        ("stop_sequences", !settings.stop_sequences.is_empty()),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("top_k", settings.top_k.is_some()),
        ("modalities", !settings.modalities.is_empty()),
        ("audio", settings.audio.is_some()),
    ];
    for (name, set) in absent {
        if set {
            drop(name, "the Responses API has no such setting")?;
        }
    }
    if settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| reasoning.budget_tokens.is_some() && reasoning.effort.is_some())
    {
        drop("reasoning.budget_tokens", "this vendor takes a level only")?;
    }
    if request.parallel_tool_calls.is_some() && request.tools.is_empty() {
        drop("parallel_tool_calls", "there are no tools")?;
    }
    for message in &request.messages {
        for part in message.content.parts() {
            if part.riders().is_some_and(|riders| riders.cache().is_some()) {
                drop("cache", "this vendor decides itself what to cache")?;
            }
            match part {
                ContentPart::Reasoning(reasoning) => {
                    let ours = reasoning.riders.extra().get(WIRE, "item").is_some()
                        && reasoning
                            .riders
                            .signature()
                            .is_none_or(|signature| speaker.signature(signature).is_some());
                    if !ours {
                        drop(
                            "messages.reasoning",
                            "reasoning goes back only to the vendor that made it",
                        )?;
                    }
                }
                ContentPart::ServerToolCall(call) if speaker.opaque(&call.raw).is_none() => {
                    drop(
                        "messages.server_tool_call",
                        "a call goes back only to the vendor that ran it",
                    )?;
                }
                ContentPart::Opaque(part) if speaker.opaque(part).is_none() => {
                    drop(
                        "messages.opaque",
                        "a part goes back only to the vendor that made it",
                    )?;
                }
                ContentPart::Media(media) if media.kind == MediaKind::Video => {
                    return Err(Error::unsupported("video"));
                }
                _ => {}
            }
        }
    }
    Ok(warnings)
}

struct Body<'a> {
    speaker: &'a Speaker,
    call: &'a Call,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
}

#[derive(Serialize)]
struct TextConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'a Text>,
}

#[derive(Serialize)]
struct Reasoning<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Text>,
}

impl Body<'_> {
    /// The message that goes into `instructions`: a leading system text, unless it came as an item.
    fn instructions(&self) -> Option<&Text> {
        let first = self
            .request
            .messages
            .first()
            .filter(|message| message.role == Role::System)?;
        match &first.content {
            Content::Text(text) if first.extra.get(WIRE, "role").is_none() => Some(text),
            _ => None,
        }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (request, settings) = (self.request, &self.request.settings);
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        let instructions = self.instructions();
        body.some("instructions", instructions)?;
        let messages = &request.messages[usize::from(instructions.is_some())..];
        match (messages, request.extra.get(WIRE, "plain_input")) {
            (
                [
                    Message {
                        content: Content::Text(text),
                        ..
                    },
                ],
                Some(_),
            ) => body.field("input", text)?,
            _ => body.field(
                "input",
                &Items {
                    speaker: self.speaker,
                    messages,
                },
            )?,
        }
        if self.call.is_stream() {
            body.field("stream", &true)?;
        }
        body.some("max_output_tokens", settings.max_output_tokens)?;
        body.some("temperature", settings.temperature)?;
        body.some("top_p", settings.top_p)?;
        body.some("top_logprobs", settings.top_logprobs)?;
        if !request.tools.is_empty() {
            body.field("tools", &Seq(|| request.tools.iter().map(Tool)))?;
            body.some("parallel_tool_calls", request.parallel_tool_calls)?;
            match &request.tool_choice {
                Some(ToolChoice::Auto) => body.field("tool_choice", "auto")?,
                Some(ToolChoice::None) => body.field("tool_choice", "none")?,
                Some(ToolChoice::Required) => body.field("tool_choice", "required")?,
                Some(ToolChoice::Tool(name)) => {
                    let custom = request
                        .tools
                        .iter()
                        .any(|tool| matches!(tool, ToolDefinition::Custom(tool) if tool.name == *name));
                    body.field(
                        "tool_choice",
                        &NamedTool {
                            kind: if custom { "custom" } else { "function" },
                            name,
                        },
                    )?;
                }
                Some(ToolChoice::Opaque(choice)) if self.speaker.opaque(choice).is_some() => {
                    body.field("tool_choice", &choice.raw)?;
                }
                _ => {}
            }
        }
        let format = request.response_format.as_ref().map(Format);
        if format.is_some() || settings.verbosity.is_some() {
            body.field(
                "text",
                &TextConfig {
                    format,
                    verbosity: settings.verbosity.as_ref(),
                },
            )?;
        }
        if let Some(reasoning) = &settings.reasoning {
            let nearest = reasoning
                .budget_tokens
                .map(router_core::ReasoningEffort::from_budget);
            let effort = reasoning
                .effort
                .as_ref()
                .or(nearest.as_ref())
                .map(router_core::ReasoningEffort::as_str);
            let mut map = Reasoning {
                effort,
                summary: reasoning.summary.as_ref(),
            };
            if reasoning.include_thoughts == Some(true) && map.summary.is_none() {
                static AUTO: Text = Text::from_static("auto");
                map.summary = Some(&AUTO);
            }
            body.field("reasoning", &WithExtra(&map, &reasoning.extra))?;
        }
        if request.extra.get(WIRE, "include").is_none() {
            let mut include: Vec<&str> = Vec::new();
            if settings.logprobs == Some(true) {
                include.push("message.output_text.logprobs");
            }
            if settings.store == Some(false) && settings.reasoning.is_some() {
                include.push("reasoning.encrypted_content");
            }
            if !include.is_empty() {
                body.field("include", &include)?;
            }
        }
        body.some("user", settings.user.as_ref())?;
        if !settings.metadata.is_empty() {
            body.field("metadata", &Pairs(&settings.metadata))?;
        }
        body.some("service_tier", settings.service_tier.as_ref())?;
        body.some("store", settings.store)?;
        body.some("prompt_cache_key", settings.prompt_cache_key.as_ref())?;
        body.some("previous_response_id", settings.previous_response_id.as_ref())?;
        let extra = request
            .extra
            .for_wire(WIRE)
            .iter()
            .filter(|(name, _)| *name != "plain_input")
            .cloned()
            .collect();
        body.end(&router_core::Extra::of(Text::from_static(WIRE), extra), WIRE)
    }
}

/// An object and the unnamed fields that stood beside it.
struct WithExtra<'a, T>(&'a T, &'a router_core::Extra);

impl Serialize for WithExtra<'_, Reasoning<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(effort) = self.0.effort {
            map.serialize_entry("effort", effort)?;
        }
        if let Some(summary) = self.0.summary {
            map.serialize_entry("summary", summary)?;
        }
        extra_fields(&mut map, self.1, WIRE)?;
        map.end()
    }
}

struct Pairs<'a>(&'a [(Text, Text)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

#[derive(Serialize)]
struct NamedTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a Text,
}

struct Format<'a>(&'a ResponseFormat);

impl Serialize for Format<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            ResponseFormat::Json => map.serialize_entry("type", "json_object")?,
            ResponseFormat::JsonSchema(format) => {
                map.serialize_entry("type", "json_schema")?;
                map.serialize_entry("name", &format.name)?;
                if let Some(description) = &format.description {
                    map.serialize_entry("description", description)?;
                }
                if let Some(schema) = &format.schema {
                    map.serialize_entry("schema", schema)?;
                }
                if let Some(strict) = format.strict {
                    map.serialize_entry("strict", &strict)?;
                }
                extra_fields(&mut map, &format.extra, WIRE)?;
            }
            _ => map.serialize_entry("type", "text")?,
        }
        map.end()
    }
}

struct Tool<'a>(&'a ToolDefinition);

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.0 {
            ToolDefinition::Provider(tool) => return tool.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.0 {
            ToolDefinition::Function(tool) => {
                map.serialize_entry("type", "function")?;
                map.serialize_entry("name", &tool.name)?;
                if let Some(description) = &tool.description {
                    map.serialize_entry("description", description)?;
                }
                map.serialize_entry("parameters", &tool.parameters)?;
                // The API holds tools to their schema unless told not to.
                if tool.extra.get(WIRE, "strict").is_none() {
                    map.serialize_entry("strict", &tool.strict.unwrap_or(false))?;
                }
                extra_fields(&mut map, &tool.extra, WIRE)?;
            }
            ToolDefinition::Custom(tool) => {
                map.serialize_entry("type", "custom")?;
                map.serialize_entry("name", &tool.name)?;
                if let Some(description) = &tool.description {
                    map.serialize_entry("description", description)?;
                }
                if let Some(format) = &tool.format {
                    map.serialize_entry("format", format)?;
                }
                extra_fields(&mut map, &tool.extra, WIRE)?;
            }
            _ => {
                return Err(serde::ser::Error::custom(
                    "a kind of tool that this wire does not have",
                ));
            }
        }
        map.end()
    }
}

struct Items<'a> {
    speaker: &'a Speaker,
    messages: &'a [Message],
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for message in self.messages {
            match (&message.content, message.role) {
                (Content::Parts(parts), Role::Assistant | Role::Tool) => self.items(parts, &mut list)?,
                _ => list.serialize_element(&InputMessage(message))?,
            }
        }
        list.end()
    }
}

impl Items<'_> {
    fn items<L: SerializeSeq>(
        &self,
        parts: &[ContentPart],
        list: &mut L,
    ) -> std::result::Result<(), L::Error> {
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            at += 1;
            match part {
                ContentPart::Text(_) | ContentPart::Refusal(_) => {
                    // Parts behind it belong to the same message until one bears a mark of its own.
                    let more = parts[at..].iter().take_while(|part| match part {
                        ContentPart::Text(part) => {
                            part.riders.extra().get(WIRE, "message").is_none()
                                && part.riders.extra().wire() == Some(WIRE)
                        }
                        ContentPart::Refusal(_) => true,
                        _ => false,
                    });
                    let end = at + more.count();
                    list.serialize_element(&OutputMessage(&parts[at - 1..end]))?;
                    at = end;
                }
                ContentPart::Reasoning(reasoning) => {
                    let ours = reasoning
                        .riders
                        .signature()
                        .is_none_or(|signature| self.speaker.signature(signature).is_some());
                    if let Some(item) = reasoning.riders.extra().get(WIRE, "item").filter(|_| ours) {
                        list.serialize_element(item)?;
                    }
                }
                ContentPart::ToolCall(call) => match call.riders.extra().get(WIRE, "item") {
                    Some(item) => list.serialize_element(item)?,
                    None => list.serialize_element(&CallItem(call))?,
                },
                ContentPart::ToolResult(result) => list.serialize_element(&ResultItem(result))?,
                ContentPart::ServerToolCall(call) if self.speaker.opaque(&call.raw).is_some() => {
                    list.serialize_element(&call.raw.raw)?;
                }
                ContentPart::Opaque(part) if self.speaker.opaque(part).is_some() => {
                    list.serialize_element(&part.raw)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct InputMessage<'a>(&'a Message);

impl Serialize for InputMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let role = match self.0.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        let written = self
            .0
            .extra
            .get(WIRE, "role")
            .and_then(router_wire::write::string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", written.as_deref().unwrap_or(role))?;
        match &self.0.content {
            Content::Text(text) => map.serialize_entry("content", text)?,
            Content::Parts(parts) => {
                let sent = |part: &&ContentPart| {
                    matches!(
                        part,
                        ContentPart::Text(_) | ContentPart::Media(_) | ContentPart::Opaque(_)
                    )
                };
                map.serialize_entry("content", &Seq(|| parts.iter().filter(sent).map(InputPart)))?;
            }
        }
        for (name, value) in self
            .0
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

struct InputPart<'a>(&'a ContentPart);

impl Serialize for InputPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.0 {
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.0 {
            ContentPart::Text(part) => {
                map.serialize_entry("type", "input_text")?;
                map.serialize_entry("text", &part.text)?;
            }
            ContentPart::Media(media) => media_fields(media, &mut map)?,
            _ => {}
        }
        if let Some(riders) = self.0.riders() {
            extra_fields(&mut map, riders.extra(), WIRE)?;
        }
        map.end()
    }
}

fn media_fields<M: SerializeMap>(media: &Media, map: &mut M) -> std::result::Result<(), M::Error> {
    #[derive(Serialize)]
    struct InputAudio<'a> {
        data: &'a Text,
        format: &'a str,
    }
    match (media.kind, &media.source) {
        (MediaKind::Image, source) => {
            map.serialize_entry("type", "input_image")?;
            match source {
                MediaSource::File(id) => map.serialize_entry("file_id", id)?,
                MediaSource::Url(url) => map.serialize_entry("image_url", url)?,
                _ => map.serialize_entry("image_url", &media.to_data_url())?,
            }
            if let Some(detail) = &media.detail {
                map.serialize_entry("detail", detail)?;
            }
            Ok(())
        }
        (MediaKind::Audio, MediaSource::Base64(data)) => {
            let media_type = media.media_type.as_deref().unwrap_or("audio/wav");
            let format = if media_type == "audio/mpeg" {
                "mp3"
            } else {
                media_type.strip_prefix("audio/").unwrap_or(media_type)
            };
            map.serialize_entry("type", "input_audio")?;
            map.serialize_entry("input_audio", &InputAudio { data, format })
        }
        (_, source) => {
            map.serialize_entry("type", "input_file")?;
            if let Some(name) = &media.name {
                map.serialize_entry("filename", name)?;
            }
            match source {
                MediaSource::File(id) => map.serialize_entry("file_id", id),
                MediaSource::Url(url) => map.serialize_entry("file_url", url),
                MediaSource::Text(text) => {
                    let data = Media::bytes(MediaKind::Document, "text/plain", text.as_bytes());
                    map.serialize_entry("file_data", &data.to_data_url())
                }
                _ => map.serialize_entry("file_data", &media.to_data_url()),
            }
        }
    }
}

/// A message of the model: text parts of one item.
struct OutputMessage<'a>(&'a [ContentPart]);

impl Serialize for OutputMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mark = self
            .0
            .first()
            .and_then(ContentPart::riders)
            .and_then(|riders| riders.extra().get(WIRE, "message"));
        let mark: serde_json::Map<String, serde_json::Value> = mark
            .and_then(|mark| serde_json::from_str(mark.as_str()).ok())
            .unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        if !mark.contains_key("easy") {
            map.serialize_entry("type", "message")?;
        }
        map.serialize_entry("role", "assistant")?;
        match self.0 {
            [ContentPart::Text(part)] if mark.contains_key("plain") => {
                map.serialize_entry("content", &part.text)?
            }
            parts => map.serialize_entry("content", &Seq(|| parts.iter().map(OutputPart)))?,
        }
        for (name, value) in mark
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "easy" | "plain" | "parts"))
        {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct OutputPart<'a>(&'a ContentPart);

impl Serialize for OutputPart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            ContentPart::Refusal(refusal) => {
                map.serialize_entry("type", "refusal")?;
                map.serialize_entry("refusal", &refusal.text)?;
            }
            part => {
                map.serialize_entry("type", "output_text")?;
                map.serialize_entry("text", part.as_text().unwrap_or(&Text::new()))?;
                let kept = part
                    .riders()
                    .map(|riders| riders.extra().for_wire(WIRE))
                    .unwrap_or_default();
                let mut annotated = false;
                for (name, value) in kept.iter().filter(|(name, _)| *name != "message") {
                    annotated |= *name == "annotations";
                    map.serialize_entry(name.as_str(), value)?;
                }
                if !annotated {
                    let raw: Vec<&Json> = match part {
                        ContentPart::Text(part) => part
                            .citations
                            .iter()
                            .filter_map(|citation| citation.raw.as_ref().map(|raw| &raw.raw))
                            .collect(),
                        _ => Vec::new(),
                    };
                    map.serialize_entry("annotations", &raw)?;
                }
            }
        }
        map.end()
    }
}

struct CallItem<'a>(&'a ToolCall);

impl Serialize for CallItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let call = self.0;
        let mut map = serializer.serialize_map(None)?;
        let custom = call.kind == ToolCallKind::Custom;
        map.serialize_entry(
            "type",
            if custom {
                "custom_tool_call"
            } else {
                "function_call"
            },
        )?;
        map.serialize_entry("call_id", &call.id)?;
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry(if custom { "input" } else { "arguments" }, &call.arguments)?;
        extra_fields(&mut map, call.riders.extra(), WIRE)?;
        map.end()
    }
}

struct ResultItem<'a>(&'a ToolResult);

impl Serialize for ResultItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.0;
        let kind = result
            .riders
            .extra()
            .get(WIRE, "type")
            .and_then(router_wire::write::string_of);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind.as_deref().unwrap_or("function_call_output"))?;
        map.serialize_entry("call_id", &result.call_id)?;
        match &result.content {
            Content::Text(text) => map.serialize_entry("output", text)?,
            Content::Parts(parts) => map.serialize_entry("output", &Seq(|| parts.iter().map(InputPart)))?,
        }
        for (name, value) in result
            .riders
            .extra()
            .for_wire(WIRE)
            .iter()
            .filter(|(name, _)| *name != "type")
        {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}
