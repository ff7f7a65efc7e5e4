//! Looks through a request for what the wire does not take, before anything is written.

use router_core::content::{MediaKind, MediaSource, Signature};
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{
    ChatRequest, Content, ContentPart, Error, ErrorKind, Media, Message, Result, ToolDefinition, ToolResult,
};
use router_wire::provenance::Speaker;

use super::blocks::{document_text, is_reasoning_sent};
use super::notes::Notes;
use crate::MESSAGES;
use crate::rules::Rules;

const OTHERS: &str = "a part goes back only to the vendor that made it";
const CACHED: &str = "this kind of part cannot bear a cache mark";

/// Notes what is dropped or changed.
///
/// # Errors
/// `Unsupported` for content that cannot be left out, and for every note when the request is strict.
pub(super) fn check(
    speaker: &Speaker,
    rules: &Rules,
    request: &ChatRequest,
    notes: &mut Notes,
) -> Result<()> {
    settings(request, notes)?;
    for tool in &request.tools {
        match tool {
            ToolDefinition::Function(_) => {}
            ToolDefinition::Provider(tool) => {
                if speaker.opaque(tool).is_none() {
                    notes.dropped("tools", "a vendor's tool is offered only to that vendor")?;
                }
            }
            _ => return Err(Error::unsupported("a tool that takes free text")),
        }
    }
    let mut leading = true;
    for message in &request.messages {
        leading &= message.role == Role::System;
        if message.role == Role::System && !leading && !rules.system_between {
            notes.changed(
                "messages.system",
                "this model takes no instructions between messages: they are sent as the user's",
            )?;
        }
        if message.name.is_some() {
            notes.dropped("messages.name", "this vendor has no names of speakers")?;
        }
        let checker = Checker { speaker, message };
        for part in message.content.parts() {
            checker.part(part, notes)?;
        }
    }
    Ok(())
}

fn settings(request: &ChatRequest, notes: &mut Notes) -> Result<()> {
    let settings = &request.settings;
    let absent: [(&'static str, bool); 11] = [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("seed", settings.seed.is_some()),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("logprobs", settings.logprobs == Some(true)),
        ("top_logprobs", settings.top_logprobs.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("store", settings.store == Some(true)),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("audio", settings.audio.is_some()),
    ];
    for (name, set) in absent {
        if set {
            notes.dropped(name, "this vendor has no such setting")?;
        }
    }
    if settings.modalities.iter().any(|modality| *modality != "text") {
        notes.dropped("modalities", "this vendor answers text only")?;
    }
    if settings.metadata.iter().any(|(name, _)| *name != "user_id") {
        notes.dropped("metadata", "this vendor takes the user's id only")?;
    }
    if settings.stop_sequences.iter().any(|stop| stop.trim().is_empty()) {
        notes.dropped("stop_sequences", "this vendor takes none that are white space")?;
    }
    Ok(())
}

struct Checker<'a> {
    speaker: &'a Speaker,
    message: &'a Message,
}

impl Checker<'_> {
    fn part(&self, part: &ContentPart, notes: &mut Notes) -> Result<()> {
        let cached = part.riders().is_some_and(|riders| riders.cache().is_some());
        match part {
            ContentPart::Text(part) => {
                self.signature(part.riders.signature(), notes)?;
                let foreign = part.citations.iter().any(|citation| {
                    citation
                        .raw
                        .as_ref()
                        .is_none_or(|raw| self.speaker.opaque(raw).is_none())
                });
                if self.message.role == Role::Assistant && foreign {
                    notes.dropped("messages.citations", "this vendor takes only those it made")?;
                }
            }
            ContentPart::Media(media) => check_media(media, notes)?,
            ContentPart::Reasoning(reasoning) => {
                if !is_reasoning_sent(self.speaker, reasoning) {
                    notes.dropped(
                        "messages.reasoning",
                        "reasoning goes back only to the vendor that made and signed it",
                    )?;
                } else if cached {
                    notes.dropped("cache", CACHED)?;
                }
            }
            ContentPart::ToolCall(call) => {
                self.signature(call.riders.signature(), notes)?;
                let object = call.arguments.trim().is_empty() || is_object(&call.arguments);
                if call.kind == ToolCallKind::Custom || !object {
                    notes.changed(
                        "messages.tool_call.arguments",
                        "this vendor takes an object: the text is sent as its field input",
                    )?;
                }
            }
            ContentPart::ToolResult(result) => self.result(result, notes)?,
            ContentPart::ServerToolCall(call) => {
                if self.speaker.opaque(&call.raw).is_none() {
                    notes.dropped("messages.server_tool_call", OTHERS)?;
                } else if cached {
                    notes.dropped("cache", CACHED)?;
                }
            }
            ContentPart::Opaque(part) => {
                if self.speaker.opaque(part).is_none() {
                    notes.dropped("messages.opaque", OTHERS)?;
                }
            }
            ContentPart::Refusal(_) => {}
            _ => return Err(Error::unsupported("a kind of part that this wire does not have")),
        }
        Ok(())
    }

    fn signature(&self, signature: Option<&Signature>, notes: &mut Notes) -> Result<()> {
        match signature {
            Some(_) => notes.dropped("messages.signature", "this vendor signs reasoning only"),
            None => Ok(()),
        }
    }

    fn result(&self, result: &ToolResult, notes: &mut Notes) -> Result<()> {
        let Content::Parts(parts) = &result.content else {
            return Ok(());
        };
        for part in parts.iter() {
            match part {
                ContentPart::Text(_) => {}
                ContentPart::Media(media) => check_media(media, notes)?,
                ContentPart::Opaque(part) if self.speaker.opaque(part).is_some() => {}
                _ => notes.dropped(
                    "messages.tool_result",
                    "this vendor takes text and media in results",
                )?,
            }
        }
        Ok(())
    }
}

fn check_media(media: &Media, notes: &mut Notes) -> Result<()> {
    if media.detail.as_deref().is_some_and(|detail| detail != "auto") {
        notes.dropped("media.detail", "this vendor has no such setting")?;
    }
    match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Text(_)) => Err(Error::unsupported("an image as text")),
        (MediaKind::Image, MediaSource::Base64(_)) if media.media_type.is_none() => Err(Error::new(
            ErrorKind::InvalidRequest,
            "an image by value needs its media type",
        )),
        (MediaKind::Image, _) => Ok(()),
        (MediaKind::Document, MediaSource::Base64(_)) => match media.media_type.as_deref() {
            None | Some("application/pdf") => Ok(()),
            Some(_) if document_text(media).is_some() => Ok(()),
            Some(other) => Err(Error::unsupported(format!("a document of the type {other}"))),
        },
        (MediaKind::Document, _) => Ok(()),
        (MediaKind::Audio, _) => Err(Error::unsupported("audio")),
        _ => Err(Error::unsupported("video")),
    }
}

/// Whether a text is a JSON object.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Whether a message of the user continues the results before it; a client of this wire may have sent them apart.
pub(super) fn continues_results(message: &Message) -> bool {
    message.role == Role::User && message.extra.get(MESSAGES, crate::APART).is_none()
}

/// Whether a message has results of calls.
pub(super) fn bears_results(message: &Message) -> bool {
    let is_result = |part: &ContentPart| matches!(part, ContentPart::ToolResult(_));
    match message.role {
        Role::Tool => true,
        Role::User => message.content.parts().iter().any(is_result),
        _ => false,
    }
}
