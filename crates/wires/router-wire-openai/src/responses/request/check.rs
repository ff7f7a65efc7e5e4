//! What a request asks for beyond the wire: warnings and errors before anything is sent.

use router_core::content::MediaKind;
use router_core::{ChatRequest, ContentPart, Error, Result};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;

use crate::responses::WIRE;

/// Notes what is dropped.
pub(super) fn check(speaker: &Speaker, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
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
            warnings.dropped(name, "the Responses API has no such setting")?;
        }
    }
    if settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| reasoning.budget_tokens.is_some() && reasoning.effort.is_some())
    {
        warnings.dropped("reasoning.budget_tokens", "this vendor takes a level only")?;
    }
    if request.parallel_tool_calls.is_some() && request.tools.is_empty() {
        warnings.dropped("parallel_tool_calls", "there are no tools")?;
    }
    for message in &request.messages {
        for part in message.content.parts() {
            if part.riders().is_some_and(|riders| riders.cache().is_some()) {
                warnings.dropped("cache", "this vendor decides itself what to cache")?;
            }
            match part {
                ContentPart::Reasoning(reasoning) => {
                    let ours = reasoning.riders.extra().get(WIRE, "item").is_some()
                        && reasoning
                            .riders
                            .signature()
                            .is_none_or(|signature| speaker.signature(signature).is_some());
                    if !ours {
                        warnings.dropped(
                            "messages.reasoning",
                            "reasoning goes back only to the vendor that made it",
                        )?;
                    }
                }
                ContentPart::ServerToolCall(call) if speaker.opaque(&call.raw).is_none() => {
                    warnings.dropped(
                        "messages.server_tool_call",
                        "a call goes back only to the vendor that ran it",
                    )?;
                }
                ContentPart::Opaque(part) if speaker.opaque(part).is_none() => {
                    warnings.dropped(
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
    Ok(())
}
