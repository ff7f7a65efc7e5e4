//! A chat as the body of a request.

mod check;
mod messages;
mod parts;
mod reasoning;
mod system;
mod tools;

use router_core::content::{MediaSource, TextPart};
use router_core::{
    Call, ChatRequest, Content, ContentPart, Error, ErrorKind, Json, ResponseFormat, Result, Text, ToolChoice,
};
use router_wire::completion;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Inner, Overrides, Seq, extra_fields};
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use self::messages::Messages;
use self::tools::{NamedTool, Tool};
use super::WIRE;
use crate::compatible::{check_offered, offered};
use crate::dialect::{Dialect, ReasoningRequest};

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
    completion::check(request)?;
    let mut warnings = Warnings::new(request.strict);
    let merged = system::merged(dialect, request, &mut warnings)?;
    let request = merged.as_ref().unwrap_or(request);
    check::settings(dialect, request, &mut warnings)?;
    check_offered(speaker, request, &mut warnings)?;
    check::messages(dialect, speaker, request, &mut warnings)?;
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
        HttpRequest::post_json(&dialect.chat_path, bytes),
        warnings.into_list(),
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

/// Whom a request is written for.
#[derive(Clone, Copy)]
struct Target<'a> {
    dialect: &'a Dialect,
    speaker: &'a Speaker,
}

impl Target<'_> {
    /// Whether a text has anything beside it that is sent.
    fn has_riders(self, part: &TextPart) -> bool {
        let mark = part.riders.cache().filter(|_| self.dialect.cache_control);
        mark.is_some() || !part.riders.extra().for_wire(WIRE).is_empty()
    }

    /// Whether the part is one in JSON that this vendor made.
    fn takes_opaque(self, part: &ContentPart) -> bool {
        matches!(part, ContentPart::Opaque(part)
            if self.speaker.opaque(part).is_some() && part.raw.as_str().starts_with('{'))
    }
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
                target: Target {
                    dialect,
                    speaker: self.speaker,
                },
                messages: &request.messages,
            },
        )?;
        if self.call.is_stream() {
            body.field("stream", &true)?;
            if dialect.stream_options {
                let inner = self.inner("stream_options");
                body.field(
                    "stream_options",
                    &StreamOptions {
                        include_usage: true,
                        inner,
                    },
                )?;
            }
        }
        if let Some(tokens) = settings.max_output_tokens {
            body.named(&dialect.max_tokens_field, &tokens)?;
        }
        let within = |range: Option<(f64, f64)>, value: f64| match range {
            Some((low, high)) => value.clamp(low, high),
            None => value,
        };
        let temperature = settings.temperature.filter(|_| can("temperature"));
        body.some(
            "temperature",
            temperature.map(|value| within(dialect.temperature, value)),
        )?;
        let top_p = settings.top_p.filter(|_| can("top_p"));
        body.some("top_p", top_p.map(|value| within(dialect.top_p, value)))?;
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
        if let Some(seed) = settings.seed.filter(|_| can("seed")) {
            body.named(&dialect.seed_field, &seed)?;
        }
        body.some("n", settings.n.filter(|n| can("n") || *n == 1))?;
        self.logprobs(&mut body)?;
        if !settings.logit_bias.is_empty() && can("logit_bias") {
            body.field("logit_bias", &Pairs(&settings.logit_bias))?;
        }
        // A vendor that cannot be told to call none is not told of any.
        let hidden = request.tool_choice == Some(ToolChoice::None) && !dialect.takes_choice("none");
        let tools = offered(self.speaker, &request.tools);
        if tools.clone().next().is_some() && !hidden {
            body.field("tools", &Seq(|| tools.clone().map(|tool| Tool { dialect, tool })))?;
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
                    inner: self.inner("audio"),
                }),
        )?;
        body.end_but(&request.extra, WIRE, INNER)
    }
}

/// Objects that are written with what was kept of them.
const INNER: &[&str] = &["stream_options", "tool_choice", "response_format", "audio"];

impl Body<'_> {
    fn inner(&self, name: &'static str) -> Inner<'_> {
        Inner::of(&self.request.extra, WIRE, name)
    }

    fn tool_choice<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let takes = |word: &str| self.dialect.takes_choice(word);
        match &self.request.tool_choice {
            Some(ToolChoice::Auto) if takes("auto") => body.field("tool_choice", "auto"),
            Some(ToolChoice::None) => body.field("tool_choice", "none"),
            Some(ToolChoice::Required) if takes("required") => {
                body.field("tool_choice", &self.dialect.required_choice)
            }
            Some(ToolChoice::Tool(name)) if takes("named") => body.field(
                "tool_choice",
                &NamedTool {
                    request: self.request,
                    name,
                },
            ),
            Some(ToolChoice::Opaque(choice)) if self.speaker.opaque(choice).is_some() => {
                body.field("tool_choice", &choice.raw)
            }
            _ => Ok(()),
        }
    }

    fn logprobs<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let settings = &self.request.settings;
        let wanted = settings.logprobs.filter(|_| self.dialect.supports("logprobs"));
        let top = settings
            .top_logprobs
            .filter(|_| self.dialect.supports("top_logprobs"));
        if self.dialect.logprobs_count {
            return body.some(
                "logprobs",
                wanted.map(|wanted| if wanted { top.unwrap_or(1) } else { 0 }),
            );
        }
        body.some("logprobs", wanted)?;
        body.some("top_logprobs", top)
    }

    fn response_format<M: SerializeMap>(
        &self,
        body: &mut Fields<'_, M>,
    ) -> std::result::Result<(), M::Error> {
        match &self.request.response_format {
            Some(ResponseFormat::Text) => body.field(
                "response_format",
                &Format {
                    kind: "text",
                    inner: self.inner("response_format"),
                },
            ),
            Some(ResponseFormat::Json) if self.dialect.json_object => body.field(
                "response_format",
                &Format {
                    kind: "json_object",
                    inner: self.inner("response_format"),
                },
            ),
            Some(ResponseFormat::JsonSchema(format)) if self.dialect.json_schema => body.field(
                "response_format",
                &JsonSchema {
                    kind: "json_schema",
                    json_schema: Schema(format),
                    inner: self.inner("response_format"),
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
            ReasoningRequest::Thinking | ReasoningRequest::ThinkingSwitch => {
                if effort.is_some() {
                    body.field(
                        "thinking",
                        &Type {
                            kind: if off { "disabled" } else { "enabled" },
                        },
                    )?;
                }
                let levels = self.dialect.reasoning_request == ReasoningRequest::Thinking;
                body.some("reasoning_effort", word.filter(|_| levels && !off))
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
                    max_tokens: reasoning.budget_tokens.filter(|_| reasoning.effort.is_none()),
                    summary: reasoning.summary.as_ref(),
                    exclude: reasoning.include_thoughts.map(|include| !include),
                },
            ),
            ReasoningRequest::ChatTemplate => body.some(
                "chat_template_kwargs",
                effort.map(|_| TemplateSettings {
                    enable_thinking: !off,
                }),
            ),
            ReasoningRequest::ReasoningSplit => body.some("reasoning_split", effort.map(|_| !off)),
            ReasoningRequest::None => Ok(()),
        }
    }
}

#[derive(Serialize)]
struct StreamOptions<'a> {
    include_usage: bool,
    #[serde(flatten)]
    inner: Inner<'a>,
}

#[derive(Serialize)]
struct Format<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    inner: Inner<'a>,
}

#[derive(Serialize)]
struct Type {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct TemplateSettings {
    enable_thinking: bool,
}

#[derive(Serialize)]
struct ReasoningObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude: Option<bool>,
}

#[derive(Serialize)]
struct Audio<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a Text>,
    #[serde(flatten)]
    inner: Inner<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: Schema<'a>,
    #[serde(flatten)]
    inner: Inner<'a>,
}

struct Schema<'a>(&'a router_core::chat::JsonSchemaFormat);

impl Serialize for Schema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.name.is_empty() {
            map.serialize_entry("name", &self.0.name)?;
        }
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
