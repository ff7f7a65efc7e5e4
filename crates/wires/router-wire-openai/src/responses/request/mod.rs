//! A chat as a Responses request.

mod check;
mod items;
mod parts;
mod tools;

use router_core::message::Role;
use router_core::{
    Call, ChatRequest, Content, Error, ErrorKind, Message, ResponseFormat, Result, Text, ToolChoice,
};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Inner, Overrides, Seq, extra_fields};
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use self::items::Items;
use self::tools::{NamedTool, Tool};
use super::WIRE;

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest, own: &[&str]) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    check::check(speaker, request, &mut warnings)?;
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
        warnings.into_list(),
    ))
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
    #[serde(flatten)]
    inner: Inner<'a>,
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
                    body.field("tool_choice", &NamedTool::new(request, name))?;
                }
                Some(ToolChoice::Opaque(choice)) if self.speaker.opaque(choice).is_some() => {
                    body.field("tool_choice", &choice.raw)?;
                }
                _ => {}
            }
        }
        let format = request.response_format.as_ref().map(Format);
        let kept = request.extra.get(WIRE, "text").is_some();
        if format.is_some() || settings.verbosity.is_some() || kept {
            body.field(
                "text",
                &TextConfig {
                    format,
                    verbosity: settings.verbosity.as_ref(),
                    inner: Inner::of(&request.extra, WIRE, "text"),
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
        body.end_but(&request.extra, WIRE, &["plain_input", "text"])
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
