//! What a request asks for that the wire does not have: warnings and errors before anything is written.

use router_core::content::{MediaKind, Reasoning};
use router_core::message::Role;
use router_core::{ChatRequest, ContentPart, Error, Message, Result, Text, ToolDefinition};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;

use super::media;

const NOT_THERE: &str = "AWS Bedrock has no such setting";

/// Checks the whole request.
pub(super) fn request(speaker: &Speaker, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    settings(request, warnings)?;
    for tool in &request.tools {
        match tool {
            ToolDefinition::Function(_) => {}
            ToolDefinition::Provider(tool) if speaker.opaque(tool).is_some() => {}
            ToolDefinition::Custom(_) => return Err(Error::unsupported("a tool with free text as input")),
            _ => return Err(Error::unsupported("a tool of another vendor")),
        }
    }
    messages(speaker, request, warnings)
}

fn settings(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let ranges = [("temperature", settings.temperature), ("top_p", settings.top_p)];
    for (name, value) in ranges {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(invalid(name, "AWS Bedrock takes 0 to 1"));
        }
    }
    if settings.max_output_tokens == Some(0) {
        return Err(invalid("max_output_tokens", "AWS Bedrock takes 1 at least"));
    }
    if settings.stop_sequences.len() > 2500 || settings.stop_sequences.iter().any(|stop| stop.is_empty()) {
        return Err(invalid(
            "stop_sequences",
            "AWS Bedrock takes 2500 at most, and no empty ones",
        ));
    }
    let plain = |text: &str| {
        let taken = |byte: u8| byte.is_ascii_alphanumeric() || b" \t\r\n:_@$#=/+,-.".contains(&byte);
        text.len() <= 256 && text.bytes().all(taken)
    };
    let fits = |(name, value): &(Text, Text)| !name.is_empty() && plain(name) && plain(value);
    if settings.metadata.len() > 16 || !settings.metadata.iter().all(fits) {
        return Err(invalid(
            "metadata",
            "AWS Bedrock takes 16 pairs of at most 256 letters, digits, spaces and :_@$#=/+,-.",
        ));
    }
    let set: [(&'static str, bool); 13] = [
        ("seed", settings.seed.is_some()),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("logprobs", settings.logprobs.is_some()),
        ("top_logprobs", settings.top_logprobs.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        (
            "modalities",
            settings.modalities.iter().any(|kind| *kind != "text"),
        ),
        ("audio", settings.audio.is_some()),
    ];
    for (name, is_set) in set {
        if is_set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    Ok(())
}

fn messages(speaker: &Speaker, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let mut spoken = request
        .messages
        .iter()
        .enumerate()
        .filter(|(_, message)| message.role != Role::System);
    match spoken.next() {
        None => return Err(invalid("messages", "AWS Bedrock needs one of the user at least")),
        Some((at, message)) if message.role == Role::Assistant => {
            return Err(invalid(
                &format!("messages[{at}].role"),
                "on AWS Bedrock a conversation begins with the user",
            ));
        }
        Some((first, _)) => {
            let later = |message: &Message| message.role == Role::System;
            if request.messages[first..].iter().any(later) {
                warnings.changed(
                    "messages.role",
                    "instructions between other messages were put in front",
                )?;
            }
        }
    }
    let mut called: Vec<&Text> = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        if message.name.is_some() {
            warnings.dropped("messages.name", NOT_THERE)?;
        }
        for (place, part) in message.content.parts().iter().enumerate() {
            let place = format!("messages[{at}].content[{place}]");
            match part {
                ContentPart::ToolCall(call) => called.push(&call.id),
                ContentPart::ToolResult(result) if !called.contains(&&result.call_id) => {
                    let id = &result.call_id;
                    let message = format!(
                        "AWS Bedrock wants the call in front of its result, and none has the id {id:?}"
                    );
                    return Err(invalid(&format!("{place}.call_id"), &message));
                }
                _ => {}
            }
            check_part(speaker, message, part, &place, warnings)?;
        }
        let parts = message.content.parts();
        let is =
            |kind| move |part: &ContentPart| matches!(part, ContentPart::Media(media) if media.kind == kind);
        let says = |part: &ContentPart| part.as_text().is_some_and(|text| !text.trim().is_empty());
        if message.role == Role::User && parts.iter().any(is(MediaKind::Document)) && !parts.iter().any(says)
        {
            return Err(invalid(
                &format!("messages[{at}].content"),
                "AWS Bedrock takes a document only together with text",
            ));
        }
    }
    Ok(())
}

fn check_part(
    speaker: &Speaker,
    message: &Message,
    part: &ContentPart,
    place: &str,
    warnings: &mut Warnings,
) -> Result<()> {
    if message.role == Role::System && !matches!(part, ContentPart::Text(_) | ContentPart::Opaque(_)) {
        return Err(Error::unsupported("instructions other than text"));
    }
    match part {
        ContentPart::Media(of) => {
            if of.detail.is_some() {
                warnings.dropped("messages.image.detail", NOT_THERE)?;
            }
            media::check(of, place)
        }
        ContentPart::ToolResult(result) => {
            for (at, part) in result.content.parts().iter().enumerate() {
                let place = format!("{place}.content[{at}]");
                match part {
                    ContentPart::Media(of) if of.kind != MediaKind::Audio => media::check(of, &place)?,
                    ContentPart::Text(_) => {}
                    ContentPart::Opaque(part) if speaker.opaque(part).is_some() => {}
                    _ => {
                        return Err(Error::unsupported(format_args!(
                            "such a part in a result ({place})"
                        )));
                    }
                }
            }
            Ok(())
        }
        ContentPart::ToolCall(call) => match call.riders.signature() {
            Some(signature) if !speaker.accepts(&signature.provider) => warnings.dropped(
                "messages.tool_call.signature",
                "a signature goes back only to the vendor that made it",
            ),
            _ => Ok(()),
        },
        ContentPart::ServerToolCall(call) if speaker.opaque(&call.raw).is_none() => warnings.dropped(
            "messages.server_tool_call",
            "a call goes back only to the vendor that ran it",
        ),
        ContentPart::Opaque(part) if speaker.opaque(part).is_none() => warnings.dropped(
            "messages.opaque",
            "a part goes back only to the vendor that made it",
        ),
        ContentPart::Reasoning(reasoning) if signed(speaker, reasoning).is_none() => warnings.dropped(
            "messages.reasoning",
            "reasoning goes back only with the vendor's own signature",
        ),
        ContentPart::Text(of) if of.text.trim().is_empty() && !of.text.is_empty() => {
            warnings.dropped("messages.text", "AWS Bedrock takes no blank text")
        }
        _ => Ok(()),
    }
}

/// The vendor's own signature over reasoning, without which it does not go back.
pub(super) fn signed<'a>(speaker: &Speaker, reasoning: &'a Reasoning) -> Option<&'a Text> {
    reasoning
        .riders
        .signature()
        .and_then(|signature| speaker.signature(signature))
}
