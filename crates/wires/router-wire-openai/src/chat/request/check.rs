//! What a request asks for beyond the wire or the vendor: warnings and errors before anything is sent.

use router_core::content::{MediaKind, MediaSource};
use router_core::message::Role;
use router_core::{
    ChatRequest, ContentPart, Error, ErrorKind, Media, ReasoningEffort, ResponseFormat, Result, Text,
    ToolChoice, ToolDefinition, Warning,
};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;

use super::parts::audio_format;
use super::reasoning::replay_field;
use crate::dialect::{Dialect, ReasoningReplay, ReasoningRequest};

const NOT_THERE: &str = "this vendor has no such setting";

/// Checks the settings, the tools and the response format.
pub(super) fn settings(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let mut check = |name: &'static str, is_set: bool| match is_set && !dialect.supports(name) {
        true => warnings.dropped(name, NOT_THERE),
        false => Ok(()),
    };
    check("temperature", settings.temperature.is_some())?;
    check("top_p", settings.top_p.is_some())?;
    check("top_k", settings.top_k.is_some())?;
    check("seed", settings.seed.is_some())?;
    check("frequency_penalty", settings.frequency_penalty.is_some())?;
    check("presence_penalty", settings.presence_penalty.is_some())?;
    check("stop_sequences", !settings.stop_sequences.is_empty())?;
    check("n", settings.n.is_some_and(|n| n > 1))?;
    check("logprobs", settings.logprobs.is_some())?;
    check("top_logprobs", settings.top_logprobs.is_some())?;
    check("logit_bias", !settings.logit_bias.is_empty())?;
    check("verbosity", settings.verbosity.is_some())?;
    check("metadata", !settings.metadata.is_empty())?;
    check("service_tier", settings.service_tier.is_some())?;
    check("store", settings.store.is_some())?;
    check("prompt_cache_key", settings.prompt_cache_key.is_some())?;
    check("modalities", !settings.modalities.is_empty())?;
    check("audio", settings.audio.is_some())?;
    check("parallel_tool_calls", request.parallel_tool_calls.is_some())?;
    if settings.user.is_some() && dialect.user_field.is_none() {
        warnings.dropped("user", NOT_THERE)?;
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
    for (name, value, range) in [
        ("temperature", settings.temperature, dialect.temperature),
        ("top_p", settings.top_p, dialect.top_p),
    ] {
        if let (Some(value), Some((low, high))) = (value, range)
            && !(low..=high).contains(&value)
        {
            let message = format!("moved from {value} into {low} to {high}");
            warnings.add(Warning::changed(Text::from_static(name), message))?;
        }
    }
    if request.parallel_tool_calls.is_some() && request.tools.is_empty() {
        warnings.dropped("parallel_tool_calls", "there are no tools")?;
    }
    tools(dialect, request, warnings)?;
    format(dialect, request, warnings)?;
    if let Some(reasoning) = &settings.reasoning {
        let object = dialect.reasoning_request == ReasoningRequest::Reasoning;
        let takes_budget = dialect.reasoning_request == ReasoningRequest::EnableThinking
            || object && reasoning.effort.is_none();
        if dialect.reasoning_request == ReasoningRequest::None || !dialect.supports("reasoning") {
            warnings.dropped("reasoning", NOT_THERE)?;
        } else if dialect.reasoning_request == ReasoningRequest::ThinkingSwitch {
            let off = reasoning.effort == Some(ReasoningEffort::None);
            if !off && (reasoning.effort.is_some() || reasoning.budget_tokens.is_some()) {
                warnings.changed("reasoning", "turned on; this model has no levels")?;
            }
        } else if reasoning.budget_tokens.is_some() && !takes_budget {
            if reasoning.effort.is_some() {
                let why = if object {
                    "this vendor takes a level or a budget"
                } else {
                    "this vendor takes a level only"
                };
                warnings.dropped("reasoning.budget_tokens", why)?;
            } else {
                let warning = Warning::changed(
                    Text::from_static("reasoning.budget_tokens"),
                    Text::from_static("sent as the level that comes nearest"),
                );
                warnings.add(warning)?;
            }
        }
        if reasoning.summary.is_some() && !object {
            warnings.dropped("reasoning.summary", "chat completions have no summaries")?;
        }
        if reasoning.include_thoughts == Some(false)
            && dialect.reasoning_request != ReasoningRequest::Reasoning
        {
            warnings.dropped(
                "reasoning.include_thoughts",
                "chat completions cannot be told to hide reasoning",
            )?;
        }
    }
    Ok(())
}

fn tools(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
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
    } else if !dialect.takes_choice(word) {
        if word == "none" {
            let why = Text::from_static("the tools are left out: this vendor cannot be told to call none");
            warnings.add(Warning::emulated(Text::from_static("tool_choice"), why))?;
        } else {
            warnings.dropped("tool_choice", "this vendor cannot be told to call a tool")?;
        }
    }
    Ok(())
}

fn format(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
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

/// Checks what the messages hold.
pub(super) fn messages(
    dialect: &Dialect,
    speaker: &Speaker,
    request: &ChatRequest,
    warnings: &mut Warnings,
) -> Result<()> {
    for message in &request.messages {
        if message.name.is_some() && !dialect.names {
            warnings.dropped("messages.name", NOT_THERE)?;
        }
        for part in message.content.parts() {
            check_part(dialect, speaker, message.role, part, warnings)?;
            if message.role == Role::Tool && !matches!(part, ContentPart::ToolResult(_)) {
                let place = "messages: a message of the role tool holds results only; text goes into a user's message";
                return Err(Error::new(ErrorKind::InvalidRequest, place));
            }
            if let ContentPart::ToolResult(result) = part {
                if result.is_error {
                    warnings.dropped(
                        "tool_result.is_error",
                        "results of this wire bear no such mark; say it in their text",
                    )?;
                }
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
    speaker.check_signature(part, warnings)?;
    if let Some(place) = misplaced(role, part) {
        return Err(Error::new(ErrorKind::InvalidRequest, place));
    }
    match part {
        ContentPart::Media(_) if role == Role::Assistant => warnings.dropped(
            "messages.media",
            "this wire takes back no media of earlier answers",
        ),
        ContentPart::Media(media) => check_media(dialect, media),
        ContentPart::Reasoning(reasoning) if role == Role::Assistant => {
            if dialect.reasoning_replay == ReasoningReplay::Never
                || replay_field(speaker, reasoning).is_none()
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

/// What is wrong with a part in a message of a role for which the wire has no place.
fn misplaced(role: Role, part: &ContentPart) -> Option<&'static str> {
    match part {
        ContentPart::ToolCall(_) if role != Role::Assistant => {
            Some("messages: a tool call belongs into an assistant's message")
        }
        ContentPart::ToolResult(_) if role != Role::Tool => {
            Some("messages: a tool result belongs into a message of the role tool")
        }
        ContentPart::Reasoning(_) | ContentPart::Refusal(_) if role != Role::Assistant => {
            Some("messages: reasoning and refusals belong into an assistant's message")
        }
        _ => None,
    }
}

fn check_media(dialect: &Dialect, media: &Media) -> Result<()> {
    let missing = match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(_)) if !dialect.image_urls => {
            "images by address (send the bytes, or allow fetching)"
        }
        (MediaKind::Image, MediaSource::File(_) | MediaSource::Text(_)) => "images by file id",
        (MediaKind::Document, MediaSource::Url(_)) if !dialect.file_urls => {
            "documents by address (send the bytes)"
        }
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
