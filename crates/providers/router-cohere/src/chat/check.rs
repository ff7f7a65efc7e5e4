//! What a request asks for that the wire does not have: warnings and errors before anything is written.

use router_core::chat::ResponseFormat;
use router_core::content::{MediaKind, MediaSource, Reasoning};
use router_core::message::Role;
use router_core::{
    ChatRequest, Content, ContentPart, Error, Media, Message, Result, Text, ToolChoice, ToolDefinition,
    Warning,
};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;

use super::thinking::Thinking;
use crate::documents;

const NOT_THERE: &str = "Cohere has no such setting";

/// Most stop sequences.
const MOST_STOPS: usize = 5;

/// Values as they are sent.
pub(super) struct Plan<'a> {
    pub(super) temperature: Option<f64>,
    pub(super) p: Option<f64>,
    pub(super) k: Option<u64>,
    pub(super) frequency_penalty: Option<f64>,
    pub(super) presence_penalty: Option<f64>,
    pub(super) thinking: Option<Thinking<'a>>,
    /// The one tool that is offered: the wire cannot name it.
    pub(super) only: Option<&'a Text>,
    pub(super) strict_tools: bool,
}

/// Checks the whole request.
pub(super) fn request<'a>(
    speaker: &Speaker,
    request: &'a ChatRequest,
    warnings: &mut Warnings,
) -> Result<Plan<'a>> {
    if request.messages.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    dropped(request, warnings)?;
    let strict_tools = tools(request, warnings)?;
    format(request, warnings)?;
    for (place, of) in request.messages.iter().enumerate() {
        message(speaker, request, place, of, warnings)?;
    }
    let settings = &request.settings;
    if settings.stop_sequences.len() > MOST_STOPS {
        return Err(invalid("stop_sequences", "Cohere takes at most 5"));
    }
    if settings.seed.is_some_and(|seed| seed < 0) {
        return Err(invalid("seed", "Cohere takes none below zero"));
    }
    let thinking = settings.reasoning.as_ref();
    Ok(Plan {
        temperature: within("temperature", settings.temperature, 0.0, 1.0, warnings)?,
        p: within("top_p", settings.top_p, 0.01, 0.99, warnings)?,
        k: match settings.top_k {
            Some(501..) => {
                warnings.changed("top_k", "Cohere takes at most 500")?;
                Some(500)
            }
            k => k,
        },
        frequency_penalty: penalty("frequency_penalty", settings.frequency_penalty, warnings)?,
        presence_penalty: penalty("presence_penalty", settings.presence_penalty, warnings)?,
        thinking: match thinking {
            Some(config) => Thinking::of(config, warnings)?,
            None => None,
        },
        only: match &request.tool_choice {
            Some(ToolChoice::Tool(name)) => Some(name),
            _ => None,
        },
        strict_tools,
    })
}

/// A number, moved into the range that the vendor takes.
fn within(
    name: &'static str,
    value: Option<f64>,
    low: f64,
    high: f64,
    warnings: &mut Warnings,
) -> Result<Option<f64>> {
    let Some(value) = value.filter(|value| !(low..=high).contains(value)) else {
        return Ok(value);
    };
    let message = format!("moved from {value} into {low} to {high}");
    warnings.add(Warning::changed(Text::from_static(name), message))?;
    Ok(Some(value.clamp(low, high)))
}

/// A penalty: one below zero would mean the opposite of what is nearest here.
fn penalty(name: &'static str, value: Option<f64>, warnings: &mut Warnings) -> Result<Option<f64>> {
    if value.is_some_and(|value| value < 0.0) {
        return Err(invalid(name, "Cohere takes none below zero"));
    }
    within(name, value, 0.0, 1.0, warnings)
}

fn dropped(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let set: [(&'static str, bool); 12] = [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("top_logprobs", settings.top_logprobs.is_some_and(|top| top > 0)),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("modalities", !settings.modalities.is_empty()),
        ("audio", settings.audio.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls == Some(false)),
    ];
    for (name, is_set) in set {
        if is_set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    Ok(())
}

/// Whether all tools are held to their schemas, which the wire knows for all of them only.
fn tools(request: &ChatRequest, warnings: &mut Warnings) -> Result<bool> {
    let mut strict = 0;
    for tool in &request.tools {
        match tool {
            ToolDefinition::Function(tool) => {
                strict += usize::from(tool.strict == Some(true));
                if tool.cache.is_some() {
                    warnings.dropped("cache", "Cohere decides itself what to cache")?;
                }
            }
            ToolDefinition::Custom(_) => return Err(Error::unsupported("a tool with free text as input")),
            _ => return Err(Error::unsupported("a tool of another vendor")),
        }
    }
    if strict > 0 && strict < request.tools.len() {
        warnings.changed(
            "tools.strict",
            "Cohere knows it for all tools or none; sent for none",
        )?;
    }
    match &request.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Tool(_)) if request.tools.is_empty() => {
            warnings.dropped("tool_choice", "there are no tools")?;
        }
        Some(ToolChoice::Tool(name)) => {
            if !request.tools.iter().any(|tool| tool.name() == Some(name)) {
                return Err(invalid("tool_choice", "names a tool that is not offered"));
            }
            warnings.add(Warning::emulated(
                Text::from_static("tool_choice"),
                Text::from_static("Cohere cannot be told which tool to call; only this one is offered"),
            ))?;
        }
        Some(ToolChoice::Opaque(_)) => {
            warnings.dropped("tool_choice", "another vendor's form of it")?;
        }
        _ => {}
    }
    Ok(strict > 0 && strict == request.tools.len())
}

fn format(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let Some(ResponseFormat::JsonSchema(format)) = &request.response_format else {
        return Ok(());
    };
    if format.schema.is_none() {
        return Err(Error::unsupported("a JSON schema format without a schema"));
    }
    // A schema always binds here, which is what `strict` asks for.
    if format.strict == Some(false) {
        warnings.changed("response_format.strict", "Cohere always holds to the schema")?;
    }
    if format.description.is_some() {
        warnings.dropped(
            "response_format.description",
            "say it in the prompt, or in the schema",
        )?;
    }
    Ok(())
}

fn message(
    speaker: &Speaker,
    request: &ChatRequest,
    place: usize,
    message: &Message,
    warnings: &mut Warnings,
) -> Result<()> {
    if message.name.is_some() {
        warnings.dropped("messages.name", NOT_THERE)?;
    }
    if is_void(speaker, message) {
        warnings.dropped(
            "messages.content",
            "Cohere refuses a message without text and calls",
        )?;
    }
    for of in message.content.parts() {
        if (message.role == Role::Tool) != matches!(of, ContentPart::ToolResult(_)) {
            warnings.dropped(
                "messages.tool_result",
                "results stand in messages of tools, and nothing else does",
            )?;
            continue;
        }
        if let ContentPart::ToolResult(result) = of {
            let called = request.messages[..place].iter().any(|before| {
                router_core::tool::tool_calls(before.content.parts()).any(|call| call.id == result.call_id)
            });
            if !called {
                let path = format!("messages[{place}].tool_call_id");
                return Err(invalid(&path, "answers no call of a message before"));
            }
        }
        part(speaker, message.role, of, warnings)?;
    }
    Ok(())
}

/// Whether a message of the model says nothing that can be sent: such a message is refused, and left out.
pub(super) fn is_void(speaker: &Speaker, message: &Message) -> bool {
    message.role == Role::Assistant
        && match &message.content {
            Content::Text(text) => text.is_empty(),
            Content::Parts(parts) => !parts.iter().any(|part| match part {
                ContentPart::Text(part) => !part.text.is_empty(),
                ContentPart::Refusal(part) => !part.text.is_empty(),
                ContentPart::Reasoning(reasoning) => may_send(speaker, reasoning),
                ContentPart::ToolCall(_) => true,
                _ => false,
            }),
        }
}

fn part(speaker: &Speaker, role: Role, of: &ContentPart, warnings: &mut Warnings) -> Result<()> {
    if of.riders().is_some_and(|riders| riders.cache().is_some()) {
        warnings.dropped("cache", "Cohere decides itself what to cache")?;
    }
    speaker.check_signature(of, warnings)?;
    match of {
        ContentPart::Media(of) => media(role, of),
        ContentPart::ToolCall(_) if role != Role::Assistant => {
            warnings.dropped("messages.tool_call", "calls stand in messages of the assistant")
        }
        ContentPart::ToolResult(result) => {
            if result.is_error {
                let why = "results of this wire bear no such mark; say it in their text";
                warnings.dropped("tool_result.is_error", why)?;
            }
            for of in result.content.parts() {
                part(speaker, Role::Tool, of, warnings)?;
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
        ContentPart::Reasoning(reasoning) if role != Role::Assistant || !may_send(speaker, reasoning) => {
            warnings.dropped(
                "messages.reasoning",
                "reasoning goes back only to the vendor that made it",
            )
        }
        _ => Ok(()),
    }
}

/// Whether earlier reasoning goes back: what another vendor signed or hid does not.
pub(super) fn may_send(speaker: &Speaker, reasoning: &Reasoning) -> bool {
    let signature = reasoning.riders.signature();
    !reasoning.redacted
        && !reasoning.text.is_empty()
        && signature.is_none_or(|signature| speaker.accepts(&signature.provider))
}

fn media(role: Role, media: &Media) -> Result<()> {
    match (media.kind, role, &media.source) {
        (MediaKind::Document, Role::User | Role::Tool, _) => documents::text_of(media).map(|_| ()),
        (MediaKind::Image, Role::User, MediaSource::Url(_) | MediaSource::Base64(_)) => Ok(()),
        (MediaKind::Image, Role::User, _) => Err(Error::unsupported("an image by file id")),
        (MediaKind::Audio, ..) => Err(Error::unsupported("audio")),
        (MediaKind::Video, ..) => Err(Error::unsupported("video")),
        _ => Err(Error::unsupported(
            "pictures and documents in a message of this role",
        )),
    }
}
