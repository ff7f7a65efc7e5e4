//! What a request asks for that the wire does not have: warnings and errors before anything is written.

use router_core::chat::{ReasoningEffort, ResponseFormat};
use router_core::content::{MediaKind, MediaSource, Reasoning};
use router_core::message::Role;
use router_core::{
    ChatRequest, ContentPart, Error, Media, Message, Result, Text, ToolChoice, ToolDefinition, Warning,
};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;

const NOT_THERE: &str = "Ollama has no such setting";

/// Checks the whole request.
pub(super) fn request(speaker: &Speaker, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    settings(request, warnings)?;
    reasoning(request, warnings)?;
    tools(request, warnings)?;
    format(request, warnings)?;
    for of in &request.messages {
        message(speaker, of, warnings)?;
    }
    Ok(())
}

fn settings(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let set: [(&'static str, bool); 11] = [
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
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
    ];
    for (name, is_set) in set {
        if is_set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    Ok(())
}

fn reasoning(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let Some(reasoning) = &request.settings.reasoning else {
        return Ok(());
    };
    if reasoning.summary.is_some() {
        warnings.dropped("reasoning.summary", NOT_THERE)?;
    }
    if reasoning.include_thoughts == Some(false) && reasoning.effort.is_some() {
        warnings.dropped("reasoning.include_thoughts", "Ollama shows what is thought")?;
    }
    match (reasoning.budget_tokens, &reasoning.effort) {
        (Some(_), Some(_)) => {
            warnings.dropped("reasoning.budget_tokens", "Ollama takes no budget, only a level")?;
        }
        (Some(1..), None) => {
            warnings.changed(
                "reasoning.budget_tokens",
                "Ollama takes no budget, only whether to think",
            )?;
        }
        _ => {}
    }
    match reasoning.effort {
        Some(ReasoningEffort::Minimal) => warnings.changed("reasoning.effort", "sent as low"),
        Some(ReasoningEffort::XHigh) => warnings.changed("reasoning.effort", "sent as max"),
        _ => Ok(()),
    }
}

fn tools(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    if let Some(ToolChoice::Required | ToolChoice::Tool(_) | ToolChoice::Opaque(_)) = &request.tool_choice {
        warnings.dropped("tool_choice", "Ollama cannot be told to call a tool")?;
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
    Ok(())
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
        warnings.changed("response_format.strict", "Ollama always holds to the schema")?;
    }
    if format.description.is_some() {
        warnings.dropped(
            "response_format.description",
            "say it in the prompt, or in the schema",
        )?;
    }
    Ok(())
}

fn message(speaker: &Speaker, message: &Message, warnings: &mut Warnings) -> Result<()> {
    if message.name.is_some() {
        warnings.dropped("messages.name", NOT_THERE)?;
    }
    for of in message.content.parts() {
        if (message.role == Role::Tool) != matches!(of, ContentPart::ToolResult(_)) {
            warnings.dropped(
                "messages.tool_result",
                "results stand in messages of tools, and nothing else does",
            )?;
            continue;
        }
        part(speaker, of, warnings)?;
    }
    Ok(())
}

fn part(speaker: &Speaker, of: &ContentPart, warnings: &mut Warnings) -> Result<()> {
    if of.riders().is_some_and(|riders| riders.cache().is_some()) {
        warnings.dropped("cache", "Ollama decides itself what to cache")?;
    }
    speaker.check_signature(of, warnings)?;
    match of {
        ContentPart::Media(of) => media(of, warnings),
        ContentPart::ToolResult(result) => {
            if result.is_error {
                let why = "results of this wire bear no such mark; say it in their text";
                warnings.dropped("tool_result.is_error", why)?;
            }
            for of in result.content.parts() {
                part(speaker, of, warnings)?;
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
        ContentPart::Reasoning(reasoning) if !may_send(speaker, reasoning) => warnings.dropped(
            "messages.reasoning",
            "reasoning goes back only to the vendor that made it",
        ),
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

fn media(media: &Media, warnings: &mut Warnings) -> Result<()> {
    if media.detail.is_some() {
        warnings.dropped("media.detail", NOT_THERE)?;
    }
    match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Base64(_)) => Ok(()),
        (MediaKind::Document, MediaSource::Text(_)) => warnings.add(Warning::emulated(
            Text::from_static("messages.document"),
            Text::from_static("its text was put into the message"),
        )),
        (MediaKind::Image, MediaSource::Url(_)) => Err(Error::unsupported(
            "an image by address (Ollama fetches nothing: send the bytes, or allow fetching)",
        )),
        (MediaKind::Image, _) => Err(Error::unsupported("an image by file id")),
        (MediaKind::Document, _) => Err(Error::unsupported("a document other than plain text")),
        (MediaKind::Audio, _) => Err(Error::unsupported("audio")),
        _ => Err(Error::unsupported("video")),
    }
}
