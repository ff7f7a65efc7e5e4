//! What a request asks for beyond the wire: warnings and errors before anything is sent.

use router_core::content::{MediaKind, MediaSource};
use router_core::message::Role;
use router_core::{ChatRequest, ContentPart, Error, Media, Message, Result, ToolDefinition, ToolResult};
use router_wire::object::invalid;
use router_wire::warnings::Warnings;

use super::Target;
use super::items::is_ours;
use super::results::Answers;
use crate::breakpoint;
use crate::dialect::Dialect;
use crate::responses::WIRE;
use crate::responses::riders::ITEM;

const NO_SETTING: &str = "the Responses API has no such setting";
const NOT_THERE: &str = "this model or vendor has no such setting";

/// Checks the settings and the tools.
pub(super) fn settings(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let absent: [(&'static str, bool); 9] = [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("seed", settings.seed.is_some()),
        ("stop_sequences", !settings.stop_sequences.is_empty()),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("top_k", settings.top_k.is_some()),
        (
            "modalities",
            settings.modalities.iter().any(|kind| *kind != "text"),
        ),
        ("audio", settings.audio.is_some()),
    ];
    for (name, _) in absent.into_iter().filter(|(_, set)| *set) {
        warnings.dropped(name, NO_SETTING)?;
    }
    let some: [(&'static str, bool); 11] = [
        ("temperature", settings.temperature.is_some()),
        ("top_p", settings.top_p.is_some()),
        ("logprobs", settings.logprobs == Some(true)),
        ("top_logprobs", settings.top_logprobs.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
        ("reasoning", settings.reasoning.is_some()),
        ("verbosity", settings.verbosity.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
    ];
    for (name, _) in some.into_iter().filter(|(_, set)| *set) {
        if !dialect.supports(name) {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    if settings.user.is_some() && dialect.user_field.is_none() {
        warnings.dropped("user", NOT_THERE)?;
    }
    if let Some(reasoning) = &settings.reasoning
        && reasoning.budget_tokens.is_some()
    {
        if reasoning.effort.is_some() {
            warnings.dropped("reasoning.budget_tokens", "this vendor takes a level only")?;
        } else {
            warnings.changed("reasoning.budget_tokens", "sent as the level that comes nearest")?;
        }
    }
    if request.tools.is_empty() {
        if request.parallel_tool_calls.is_some() {
            warnings.dropped("parallel_tool_calls", "there are no tools")?;
        }
        if request.tool_choice.is_some() {
            warnings.dropped("tool_choice", "there are no tools")?;
        }
    }
    for tool in &request.tools {
        if matches!(tool, ToolDefinition::Function(tool) if tool.cache.is_some()) {
            warnings.dropped("cache", "this vendor keeps prompts up to a text or media part")?;
        }
    }
    Ok(())
}

/// Checks what the messages hold.
pub(super) fn messages(target: Target<'_>, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    for (at, message) in request.messages.iter().enumerate() {
        if message.name.is_some() {
            warnings.dropped("messages.name", "the Responses API has no names of speakers")?;
        }
        for part in message.content.parts() {
            breakpoint::check(target.dialect, part, warnings)?;
            target.speaker.check_signature(part, warnings)?;
            match part {
                ContentPart::ToolResult(result) => {
                    check_result(target, result, &request.messages[..at], warnings)?;
                }
                ContentPart::Opaque(part) if target.speaker.opaque(part).is_none() => {
                    warnings.dropped(
                        "messages.opaque",
                        "a part goes back only to the vendor that made it",
                    )?;
                }
                ContentPart::Opaque(_) | ContentPart::Text(_) => {}
                part if message.role == Role::Assistant => check_said(target, part, warnings)?,
                ContentPart::Media(media) if message.role != Role::System => check_media(media)?,
                ContentPart::Media(_) => return Err(Error::unsupported("media in instructions")),
                _ => {
                    let what = "only the model's messages hold calls, reasoning and refusals";
                    return Err(invalid(&format!("messages[{at}]"), what));
                }
            }
        }
    }
    Ok(())
}

/// A part of what the model said.
fn check_said(target: Target<'_>, part: &ContentPart, warnings: &mut Warnings) -> Result<()> {
    match part {
        ContentPart::Reasoning(reasoning) if !is_ours(target.speaker, reasoning) => warnings.dropped(
            "messages.reasoning",
            "reasoning goes back only to the vendor that made it",
        ),
        ContentPart::ServerToolCall(call) if target.speaker.opaque(&call.raw).is_none() => warnings.dropped(
            "messages.server_tool_call",
            "a call goes back only to the vendor that ran it",
        ),
        // A picture that a call of ours made goes back in the call.
        ContentPart::Media(media) if media.riders.extra().get(WIRE, ITEM).is_none() => warnings.dropped(
            "messages.media",
            "this vendor takes no media in messages of the model",
        ),
        _ => Ok(()),
    }
}

fn check_result(
    target: Target<'_>,
    result: &ToolResult,
    before: &[Message],
    warnings: &mut Warnings,
) -> Result<()> {
    let answers = Answers::of(&result.call_id, before);
    if result.is_error && !answers.tells_failure() {
        warnings.dropped(
            "tool_result.is_error",
            "this vendor has no such mark: say in the result that the call failed",
        )?;
    }
    answers.check(result)?;
    for part in result.content.parts() {
        breakpoint::check(target.dialect, part, warnings)?;
        match part {
            ContentPart::Text(_) => {}
            ContentPart::Media(media) => check_media(media)?,
            ContentPart::Opaque(part) if target.speaker.opaque(part).is_some() => {}
            _ => warnings.dropped("messages.tool_result", "results of this wire are text and media")?,
        }
    }
    Ok(())
}

fn check_media(media: &Media) -> Result<()> {
    match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Text(_)) => Err(Error::unsupported("an image as text")),
        (MediaKind::Image | MediaKind::Document, _) => Ok(()),
        (MediaKind::Audio, _) => Err(Error::unsupported("audio (chat completions take it)")),
        _ => Err(Error::unsupported("video")),
    }
}
