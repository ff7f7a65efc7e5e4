//! Looks through a request for what the wire does not take, before anything is written.

use router_core::chat::{ChatRequest, ResponseFormat, Settings};
use router_core::content::{MediaKind, MediaSource};
use router_core::message::Role;
use router_core::tool::ToolCallKind;
use router_core::{
    ContentPart, Error, ErrorKind, Media, Message, Result, ToolChoice, ToolDefinition, ToolResult,
};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;

use super::body::system;
use super::parts::{detail, goes_back};
use super::{thinking, tools};
use crate::rules::{Rules, Service};

pub(super) const NOT_THERE: &str = "Gemini has no such setting";
const OTHERS: &str = "a part goes back only to the vendor that made it";

/// Most sequences that end an answer.
const MOST_STOPS: usize = 5;

/// Warns of what is dropped or changed.
///
/// # Errors
/// `Unsupported` for content that cannot be left out, and for every warning when the request is strict; `InvalidRequest` for
/// values that the vendor refuses.
pub(super) fn check(
    service: &Service,
    rules: &Rules,
    speaker: &Speaker,
    request: &ChatRequest,
    warnings: &mut Warnings,
) -> Result<()> {
    settings(service, rules, &request.settings, warnings)?;
    format(rules, request, warnings)?;
    if request.parallel_tool_calls == Some(false) {
        warnings.dropped("parallel_tool_calls", NOT_THERE)?;
    }
    for tool in &request.tools {
        check_tool(speaker, tool, warnings)?;
    }
    if tools::are_mixed(&request.tools) && !rules.mixed_tools {
        return Err(Error::unsupported(
            "functions beside the vendor's own tools (this model takes one or the other)",
        ));
    }
    if let Some(ToolChoice::Opaque(choice)) = &request.tool_choice
        && speaker.opaque(choice).is_none()
    {
        return Err(Error::unsupported("a tool choice of another vendor"));
    }
    messages(&request.messages, warnings)?;
    let checker = Checker {
        service,
        rules,
        speaker,
    };
    for message in &request.messages {
        if message.name.is_some() {
            warnings.dropped("messages.name", NOT_THERE)?;
        }
        for part in message.content.parts() {
            checker.part(part, warnings)?;
        }
    }
    Ok(())
}

fn settings(service: &Service, rules: &Rules, settings: &Settings, warnings: &mut Warnings) -> Result<()> {
    const IGNORED: &str = "this model takes it without effect";
    const NO_PENALTIES: &str = "this model takes no penalties";
    let format = settings.audio.as_ref().and_then(|audio| audio.format.as_deref());
    let gone: [(&'static str, bool, &'static str); 13] = [
        (
            "temperature",
            settings.temperature.is_some() && !rules.sampling,
            IGNORED,
        ),
        ("top_p", settings.top_p.is_some() && !rules.sampling, IGNORED),
        ("top_k", settings.top_k.is_some() && !rules.sampling, IGNORED),
        (
            "frequency_penalty",
            settings.frequency_penalty.is_some() && !rules.penalties,
            NO_PENALTIES,
        ),
        (
            "presence_penalty",
            settings.presence_penalty.is_some() && !rules.penalties,
            NO_PENALTIES,
        ),
        ("logit_bias", !settings.logit_bias.is_empty(), NOT_THERE),
        ("verbosity", settings.verbosity.is_some(), NOT_THERE),
        ("user", settings.user.is_some(), NOT_THERE),
        (
            "metadata",
            !settings.metadata.is_empty() && !service.labels,
            NOT_THERE,
        ),
        (
            "store",
            settings.store.is_some() && !service.tier_in_body,
            NOT_THERE,
        ),
        ("prompt_cache_key", settings.prompt_cache_key.is_some(), NOT_THERE),
        (
            "audio.format",
            format.is_some_and(|format| !format.starts_with("pcm")),
            "Gemini speaks PCM",
        ),
        (
            "audio.voice",
            settings
                .audio
                .as_ref()
                .and_then(|audio| audio.voice.as_ref())
                .is_some_and(|voice| router_wire::write::string_of(voice).is_none()),
            "Gemini has voices by name",
        ),
    ];
    for (name, is_gone, why) in gone {
        if is_gone {
            warnings.dropped(name, why)?;
        }
    }
    if settings.stop_sequences.len() > MOST_STOPS {
        let count = settings.stop_sequences.len();
        return Err(invalid(
            "stop_sequences",
            &format!("Gemini takes at most {MOST_STOPS}, and there are {count}"),
        ));
    }
    if let Some(seed) = settings.seed.filter(|seed| i32::try_from(*seed).is_err()) {
        return Err(invalid(
            "seed",
            &format!("Gemini takes 32 bits, and {seed} is longer"),
        ));
    }
    match &settings.reasoning {
        Some(reasoning) => thinking::check(rules, reasoning, warnings),
        None => Ok(()),
    }
}

fn format(rules: &Rules, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    if let Some(ResponseFormat::JsonSchema(format)) = &request.response_format
        && format.description.is_some()
    {
        warnings.dropped(
            "response_format.description",
            "say it in the prompt, or in the schema",
        )?;
    }
    match &request.response_format {
        Some(ResponseFormat::JsonSchema(format)) if format.schema.is_none() => {
            Err(Error::unsupported("a JSON schema format without a schema"))
        }
        Some(ResponseFormat::Json | ResponseFormat::JsonSchema(_))
            if !request.tools.is_empty() && !rules.json_with_tools =>
        {
            Err(Error::unsupported("JSON as answer beside tools (of this model)"))
        }
        _ => Ok(()),
    }
}

fn check_tool(speaker: &Speaker, tool: &ToolDefinition, warnings: &mut Warnings) -> Result<()> {
    match tool {
        ToolDefinition::Custom(_) => Err(Error::unsupported("a tool with free text as input")),
        ToolDefinition::Provider(tool) if speaker.opaque(tool).is_none() => {
            Err(Error::unsupported("a tool of another vendor"))
        }
        ToolDefinition::Function(tool) if tool.cache.is_some() => warnings.dropped("cache", NO_MARKS),
        _ => Ok(()),
    }
}

const NO_MARKS: &str = "Gemini has no marks: it caches by itself, or by cachedContent";

fn messages(messages: &[Message], warnings: &mut Warnings) -> Result<()> {
    if messages.iter().all(|message| message.role == Role::System) {
        return Err(invalid(
            "messages",
            "at least one that is no instruction is required",
        ));
    }
    let leading = messages
        .iter()
        .take_while(|message| message.role == Role::System)
        .count();
    if system(&messages[leading..]).next().is_some() {
        warnings.changed(
            "messages.system",
            "Gemini takes no instructions between messages: they are sent in front",
        )?;
    }
    let is_text = |part: &ContentPart| matches!(part, ContentPart::Text(_));
    if system(messages).any(|message| !message.content.parts().iter().all(is_text)) {
        return Err(Error::unsupported("an instruction that is not text"));
    }
    Ok(())
}

struct Checker<'a> {
    service: &'a Service,
    rules: &'a Rules,
    speaker: &'a Speaker,
}

impl Checker<'_> {
    fn part(&self, part: &ContentPart, warnings: &mut Warnings) -> Result<()> {
        if part.riders().is_some_and(|riders| riders.cache().is_some()) {
            warnings.dropped("cache", NO_MARKS)?;
        }
        self.speaker.check_signature(part, warnings)?;
        match part {
            ContentPart::Media(media) => self.media(media, warnings),
            ContentPart::ToolCall(call) if call.kind == ToolCallKind::Custom => {
                Err(Error::unsupported("a call with free text as input"))
            }
            ContentPart::ToolResult(result) => self.result(result, warnings),
            part if goes_back(self.speaker, part) => Ok(()),
            ContentPart::Reasoning(_) => warnings.dropped(
                "messages.reasoning",
                "reasoning goes back only to the vendor that made it",
            ),
            ContentPart::ServerToolCall(_) => warnings.dropped("messages.server_tool_call", OTHERS),
            _ => warnings.dropped("messages.opaque", OTHERS),
        }
    }

    fn result(&self, result: &ToolResult, warnings: &mut Warnings) -> Result<()> {
        for part in result.content.parts() {
            match part {
                ContentPart::Text(_) | ContentPart::Media(_) => self.part(part, warnings)?,
                _ => warnings.dropped("messages.tool_result", "Gemini takes text and media from tools")?,
            }
        }
        Ok(())
    }

    fn media(&self, media: &Media, warnings: &mut Warnings) -> Result<()> {
        if media.detail.as_deref().is_some_and(|detail| detail != "auto")
            && !(self.rules.media_detail && detail(media).is_some())
        {
            warnings.dropped(
                "messages.detail",
                "this model is not told how closely to look at single pictures",
            )?;
        }
        match &media.source {
            MediaSource::Base64(_) if media.media_type.is_none() => Err(Error::new(
                ErrorKind::InvalidRequest,
                "media by value needs a media type",
            )),
            // Addresses of videos are taken by every model: those of one site.
            MediaSource::Url(_)
                if !self.rules.media_urls && !self.service.media_urls && media.kind != MediaKind::Video =>
            {
                Err(Error::unsupported(
                    "media by address (this model fetches nothing: send the bytes, or allow fetching)",
                ))
            }
            _ => Ok(()),
        }
    }
}
