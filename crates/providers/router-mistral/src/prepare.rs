//! A chat in the form that Mistral takes, where a field by another name is not enough.
//!
//! Ids of calls, the order of turns, parts of its own, functions without arguments.

use std::borrow::Cow;

use router_core::content::{MediaKind, MediaSource, Opaque};
use router_core::message::Role;
use router_core::tool::tool_calls;
use router_core::{
    ChatRequest, Content, ContentPart, Extra, Json, Media, Message, ProviderId, Result, Text, ToolDefinition,
    Warning,
};
use router_wire::object::{Object, invalid};
use router_wire::warnings::Warnings;
use router_wire_openai::chat::WIRE;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::ids::{self, Ids};

/// The request as it is written, and what was changed; borrowed where nothing had to be.
///
/// # Errors
/// `InvalidRequest` without messages, `Unsupported` for changes when the request is strict.
pub(crate) fn prepared<'a>(
    provider: &ProviderId,
    request: &'a ChatRequest,
) -> Result<(Cow<'a, ChatRequest>, Vec<Warning>)> {
    if request.messages.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    let mut warnings = Warnings::new(request.strict);
    let mut request = Cow::Borrowed(request);
    if request.tools.iter().any(has_no_schema) {
        for tool in &mut request.to_mut().tools {
            if let ToolDefinition::Function(tool) = tool {
                tool.parameters.get_or_insert_with(no_arguments);
            }
        }
    }
    if request.messages.iter().any(has_foreign_part) {
        let mut ids = Ids::default();
        for message in &mut request.to_mut().messages {
            if has_foreign_part(message) {
                for part in message.content.parts_mut() {
                    rewrite(provider, &mut ids, part)?;
                }
            }
        }
    }
    if continues(&request.messages) {
        let messages = &mut request.to_mut().messages;
        if let Some(last) = messages.last_mut() {
            let yes = Json::from(serde_json::Value::Bool(true));
            let mut extra = Extra::of(Text::from_static(WIRE), last.extra.for_wire(WIRE).to_vec());
            extra.insert(WIRE, "prefix", yes);
            last.extra = extra;
        }
    }
    if separates_results(provider, &request)? && request.messages.windows(2).any(is_out_of_order) {
        warnings.add(Warning::emulated(
            Text::from_static("messages"),
            Text::from_static("between results and a question a turn of the model was put, as asked"),
        ))?;
        let messages = &mut request.to_mut().messages;
        let mut at = 1;
        while at < messages.len() {
            if is_out_of_order(&messages[at - 1..=at]) {
                messages.insert(at, Message::assistant("Understood."));
            }
            at += 1;
        }
    }
    Ok((request, warnings.into_list()))
}

/// The vendor's option that steers this file and is not sent.
pub(crate) const SEPARATE_RESULTS: &str = "separate_results";

fn separates_results(provider: &ProviderId, request: &ChatRequest) -> Result<bool> {
    let Some(options) = request.provider_options.get(provider.as_str()) else {
        return Ok(false);
    };
    let raw: &RawValue = serde_json::from_str(options.as_str())
        .map_err(|error| invalid("provider_options", &error.to_string()))?;
    let asked = Object::of(raw, "provider_options")?.read(SEPARATE_RESULTS)?;
    Ok(asked.unwrap_or(false))
}

fn has_no_schema(tool: &ToolDefinition) -> bool {
    matches!(tool, ToolDefinition::Function(tool) if tool.parameters.is_none())
}

/// The schema of no arguments; the wire wants one.
fn no_arguments() -> Json {
    Json::from(serde_json::json!({"type": "object", "properties": {}}))
}

/// A question right behind results is refused by some models.
fn is_out_of_order(pair: &[Message]) -> bool {
    matches!(pair, [one, other] if one.role == Role::Tool && other.role == Role::User)
}

/// Whether the last message is the beginning of the answer.
fn continues(messages: &[Message]) -> bool {
    messages.last().is_some_and(|last| {
        last.role == Role::Assistant
            && tool_calls(last.content.parts()).next().is_none()
            && last.extra.get(WIRE, "prefix").is_none()
    })
}

fn has_foreign_part(message: &Message) -> bool {
    let parts = message.content.parts();
    parts.iter().any(|part| match part {
        ContentPart::ToolCall(call) => !ids::fits(&call.id),
        ContentPart::ToolResult(result) => {
            !ids::fits(&result.call_id)
                || result
                    .content
                    .parts()
                    .iter()
                    .any(|part| is_media(part, Role::Tool))
        }
        part => is_media(part, message.role),
    })
}

/// Media that this vendor has another form of: documents and sounds, and in results of tools pictures too.
fn is_media(part: &ContentPart, role: Role) -> bool {
    matches!(part, ContentPart::Media(media) if match media.kind {
        MediaKind::Document | MediaKind::Audio => true,
        MediaKind::Image => role == Role::Tool && !matches!(media.source, MediaSource::File(_)),
        _ => false,
    })
}

fn rewrite(provider: &ProviderId, ids: &mut Ids, part: &mut ContentPart) -> Result<()> {
    match part {
        ContentPart::ToolCall(call) => call.id = ids.sent(&call.id),
        ContentPart::ToolResult(result) => {
            result.call_id = ids.sent(&result.call_id);
            if let Content::Parts(_) = &result.content {
                for part in result.content.parts_mut() {
                    if is_media(part, Role::Tool) {
                        own_form(provider, part)?;
                    }
                }
            }
        }
        part => own_form(provider, part)?,
    }
    Ok(())
}

/// Writes a document, a sound or a picture as a part of this vendor.
fn own_form(provider: &ProviderId, part: &mut ContentPart) -> Result<()> {
    if let ContentPart::Media(media) = part
        && is_media_of_its_own(media)
        && let Some(chunk) = Chunk::of(media)
    {
        *part = ContentPart::Opaque(Opaque::new(provider.clone(), Json::of(&chunk)?));
    }
    Ok(())
}

fn is_media_of_its_own(media: &Media) -> bool {
    matches!(
        media.kind,
        MediaKind::Document | MediaKind::Audio | MediaKind::Image
    )
}

/// A part as this vendor has it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Chunk<'a> {
    /// A document by address or as data.
    DocumentUrl {
        document_url: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        document_name: Option<&'a str>,
        #[serde(flatten)]
        extra: Rest<'a>,
    },
    /// A file kept at the vendor.
    File { file_id: &'a str },
    /// A picture.
    ImageUrl { image_url: Address<'a> },
    /// A sound by address or in base64.
    InputAudio {
        input_audio: &'a str,
        #[serde(flatten)]
        extra: Rest<'a>,
    },
}

#[derive(Serialize)]
pub(crate) struct Address<'a> {
    url: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a Text>,
}

/// The unnamed fields of a part.
pub(crate) struct Rest<'a>(&'a Extra);

impl Serialize for Rest<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let fields = self.0.for_wire(WIRE).iter();
        serializer.collect_map(fields.map(|(name, value)| (name.as_str(), value)))
    }
}

impl<'a> Chunk<'a> {
    /// The part for media; `None` where there is none, and the wire says so.
    pub(crate) fn of(media: &'a Media) -> Option<Self> {
        let extra = || Rest(media.riders.extra());
        let url = || match &media.source {
            MediaSource::Url(url) => Some(Cow::Borrowed(url.as_str())),
            MediaSource::Text(text) => Some(Cow::Owned(
                Media::bytes(MediaKind::Document, "text/plain", text.as_bytes()).to_data_url()?,
            )),
            MediaSource::Base64(_) => media.to_data_url().map(Cow::Owned),
            _ => None,
        };
        match (media.kind, &media.source) {
            (MediaKind::Document, MediaSource::File(file_id)) => Some(Self::File { file_id }),
            (MediaKind::Document, _) => Some(Self::DocumentUrl {
                document_url: url()?,
                document_name: media.name.as_deref(),
                extra: extra(),
            }),
            (MediaKind::Image, _) => Some(Self::ImageUrl {
                image_url: Address {
                    url: url()?,
                    detail: media.detail.as_ref(),
                },
            }),
            (MediaKind::Audio, MediaSource::Base64(sound) | MediaSource::Url(sound)) => {
                Some(Self::InputAudio {
                    input_audio: sound,
                    extra: extra(),
                })
            }
            _ => None,
        }
    }
}
