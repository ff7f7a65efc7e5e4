//! A chat as a Responses request.

mod check;
mod items;
mod parts;
mod results;
mod tools;

use router_core::message::Role;
use router_core::{
    Call, ChatRequest, Content, ContentPart, Error, ErrorKind, Extra, Message, ReasoningEffort,
    ResponseFormat, Result, Text, ToolChoice,
};
use router_wire::completion;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Inner, Overrides, Seq, extra_fields};
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use self::items::Items;
use self::tools::{NamedTool, Tool};
use super::WIRE;
use super::riders::PLAIN_INPUT;
use crate::compatible::{check_offered, offered};
use crate::dialect::Dialect;

/// The request for a chat. Of the dialect count its address, the settings that the vendor does not have, and its words for
/// reasoning levels.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict; `InvalidRequest` for
/// parts that cannot stand where they do.
pub fn encode(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
    own: &[&str],
) -> Result<Encoded> {
    completion::check(request)?;
    let mut warnings = Warnings::new(request.strict);
    let target = Target { dialect, speaker };
    check::settings(dialect, request, &mut warnings)?;
    check_offered(speaker, request, &mut warnings)?;
    check::messages(target, request, &mut warnings)?;
    let mut overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let include = overrides.take("include");
    let bytes = serde_json::to_vec(&Body {
        target,
        call,
        request,
        overrides: &overrides,
        include,
    })
    .map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })?;
    Ok(Encoded::new(
        call,
        HttpRequest::post_json(&dialect.responses_path, bytes),
        warnings.into_list(),
    )
    .continuing())
}

/// Whom a request is written for.
#[derive(Clone, Copy)]
struct Target<'a> {
    dialect: &'a Dialect,
    speaker: &'a Speaker,
}

impl Target<'_> {
    /// Whether a part can stand in the content of a message or a result.
    fn takes_in_content(self, part: &ContentPart) -> bool {
        match part {
            ContentPart::Text(_) | ContentPart::Media(_) => true,
            ContentPart::Opaque(part) => self.speaker.opaque(part).is_some(),
            _ => false,
        }
    }
}

struct Body<'a> {
    target: Target<'a>,
    call: &'a Call,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
    /// What the caller's options want to stand in the answer.
    include: Option<&'a RawValue>,
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

    fn input<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let instructions = self.instructions();
        body.some("instructions", instructions)?;
        let messages = &self.request.messages[usize::from(instructions.is_some())..];
        match (messages, self.request.extra.get(WIRE, PLAIN_INPUT)) {
            (
                [
                    Message {
                        content: Content::Text(text),
                        ..
                    },
                ],
                Some(_),
            ) => body.field("input", text),
            ([], _) => Ok(()),
            _ => body.field(
                "input",
                &Items {
                    target: self.target,
                    messages,
                },
            ),
        }
    }

    fn tools<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let (request, dialect) = (self.request, self.target.dialect);
        let tools = offered(self.target.speaker, &request.tools);
        if tools.clone().next().is_none() {
            return Ok(());
        }
        body.field("tools", &Seq(|| tools.clone().map(Tool)))?;
        body.some(
            "parallel_tool_calls",
            request
                .parallel_tool_calls
                .filter(|_| dialect.supports("parallel_tool_calls")),
        )?;
        match &request.tool_choice {
            Some(ToolChoice::Auto) => body.field("tool_choice", "auto"),
            Some(ToolChoice::None) => body.field("tool_choice", "none"),
            Some(ToolChoice::Required) => body.field("tool_choice", "required"),
            Some(ToolChoice::Tool(name)) => body.field("tool_choice", &NamedTool::new(request, name)),
            Some(ToolChoice::Opaque(choice)) if self.target.speaker.opaque(choice).is_some() => {
                body.field("tool_choice", &choice.raw)
            }
            _ => Ok(()),
        }
    }

    fn reasoning<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let reasoning = self.request.settings.reasoning.as_ref();
        let Some(reasoning) = reasoning.filter(|_| self.target.dialect.supports("reasoning")) else {
            return Ok(());
        };
        let nearest = reasoning.budget_tokens.map(ReasoningEffort::from_budget);
        let effort = reasoning.effort.as_ref().or(nearest.as_ref());
        let wanted = reasoning.include_thoughts == Some(true);
        body.field(
            "reasoning",
            &Reasoning {
                effort: effort.map(|effort| self.target.dialect.effort(effort.as_str())),
                summary: reasoning.summary.as_deref().or(wanted.then_some("auto")),
                extra: &reasoning.extra,
            },
        )
    }

    /// What is to stand in the answer, beside what the caller names.
    fn include<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let (request, settings) = (self.request, &self.request.settings);
        let named = self
            .include
            .map(RawValue::get)
            .or_else(|| request.extra.get(WIRE, "include").map(|list| list.as_str()));
        let named = named.and_then(|list| serde_json::from_str::<Vec<Text>>(list).ok());
        let is_named = named.is_some();
        let stateless = settings.store == Some(false) && settings.reasoning.is_some();
        let ours = [
            (LOGPROBS, settings.logprobs == Some(true)),
            (ENCRYPTED, stateless && !is_named),
        ];
        let mut include = named.unwrap_or_default();
        for (name, _) in ours.into_iter().filter(|(_, wanted)| *wanted) {
            if !include.iter().any(|known| *known == *name) {
                include.push(Text::from_static(name));
            }
        }
        if include.is_empty() && !is_named {
            return Ok(());
        }
        body.field("include", &include)
    }
}

const LOGPROBS: &str = "message.output_text.logprobs";
const ENCRYPTED: &str = "reasoning.encrypted_content";

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (request, settings) = (self.request, &self.request.settings);
        let can = |name: &str| self.target.dialect.supports(name);
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        self.input(&mut body)?;
        if self.call.is_stream() {
            body.field("stream", &true)?;
        }
        body.some("max_output_tokens", settings.max_output_tokens)?;
        body.some("temperature", settings.temperature.filter(|_| can("temperature")))?;
        body.some("top_p", settings.top_p.filter(|_| can("top_p")))?;
        body.some(
            "top_logprobs",
            settings.top_logprobs.filter(|_| can("top_logprobs")),
        )?;
        self.tools(&mut body)?;
        let format = request.response_format.as_ref().map(Format);
        let verbosity = settings.verbosity.as_ref().filter(|_| can("verbosity"));
        let inner = Inner::of(&request.extra, WIRE, "text");
        if format.is_some() || verbosity.is_some() || request.extra.get(WIRE, "text").is_some() {
            body.field(
                "text",
                &TextConfig {
                    format,
                    verbosity,
                    inner,
                },
            )?;
        }
        self.reasoning(&mut body)?;
        self.include(&mut body)?;
        if let (Some(field), Some(user)) = (&self.target.dialect.user_field, &settings.user) {
            body.named(field, user)?;
        }
        if !settings.metadata.is_empty() && can("metadata") {
            body.field("metadata", &Pairs(&settings.metadata))?;
        }
        let tier = settings.service_tier.as_ref();
        body.some("service_tier", tier.filter(|_| can("service_tier")))?;
        body.some("store", settings.store.filter(|_| can("store")))?;
        let key = settings.prompt_cache_key.as_ref();
        body.some("prompt_cache_key", key.filter(|_| can("prompt_cache_key")))?;
        body.some("previous_response_id", settings.previous_response_id.as_ref())?;
        body.end_but(&request.extra, WIRE, &[PLAIN_INPUT, "include", "text"])
    }
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

struct Reasoning<'a> {
    effort: Option<&'a str>,
    summary: Option<&'a str>,
    extra: &'a Extra,
}

impl Serialize for Reasoning<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(effort) = self.effort {
            map.serialize_entry("effort", effort)?;
        }
        if let Some(summary) = self.summary {
            map.serialize_entry("summary", summary)?;
        }
        extra_fields(&mut map, self.extra, WIRE)?;
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
