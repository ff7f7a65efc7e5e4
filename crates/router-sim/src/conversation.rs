//! A request as the simulated model reads it: the last user message, and the results of tools after it.

use router_core::chat::ChatRequest;
use router_core::content::{MediaKind, MediaSource};
use router_core::tool::tool_calls;
use router_core::{
    Content, ContentPart, Error, ErrorKind, Media, Message, Result, Role, Text, ToolChoice, ToolResult,
};

/// A request, read.
pub(crate) struct Conversation<'a> {
    pub(crate) request: &'a ChatRequest,
    /// The text of the last user message.
    pub(crate) text: Text,
    last_user: usize,
}

impl<'a> Conversation<'a> {
    pub(crate) fn new(request: &'a ChatRequest) -> Self {
        let last_user = request
            .messages
            .iter()
            .rposition(|message| message.role == Role::User)
            .unwrap_or(request.messages.len());
        let text = match request.messages.get(last_user) {
            Some(message) => lines(&message.content),
            None => Text::default(),
        };
        Self {
            request,
            text,
            last_user,
        }
    }

    /// The results of tools that end the conversation, in order.
    pub(crate) fn results(&self) -> Vec<&'a ToolResult> {
        Self::results_at_end(&self.request.messages)
    }

    /// The results of tools right before the last user message, if that holds attachments and ends the conversation: wires whose
    /// results are texts have them so.
    pub(crate) fn results_with_attachments(&self) -> Vec<&'a ToolResult> {
        let is_last = self.last_user + 1 == self.request.messages.len();
        if !is_last || self.attachments().is_empty() {
            return Vec::new();
        }
        Self::results_at_end(&self.request.messages[..self.last_user])
    }

    fn results_at_end(messages: &'a [Message]) -> Vec<&'a ToolResult> {
        let from = messages
            .iter()
            .rposition(|message| message.role != Role::Tool)
            .map_or(0, |at| at + 1);
        messages[from..]
            .iter()
            .flat_map(|message| message.content.parts())
            .filter_map(|part| match part {
                ContentPart::ToolResult(result) => Some(result),
                _ => None,
            })
            .collect()
    }

    /// The attachments of the last user message.
    pub(crate) fn attachments(&self) -> Vec<&'a Media> {
        self.request
            .messages
            .get(self.last_user)
            .map(|message| media(message.content.parts()))
            .unwrap_or_default()
    }

    /// The user messages before the last one, latest first.
    pub(crate) fn earlier_texts(&self) -> impl Iterator<Item = Text> + use<'a> {
        let request = self.request;
        request.messages[..self.last_user.min(request.messages.len())]
            .iter()
            .rev()
            .filter(|message| message.role == Role::User)
            .map(Message::text)
    }

    /// The names of the tools that were called since the last user message.
    pub(crate) fn called(&self) -> Vec<&'a Text> {
        let from = self.last_user.min(self.request.messages.len());
        self.request.messages[from..]
            .iter()
            .flat_map(|message| tool_calls(message.content.parts()))
            .map(|call| &call.name)
            .collect()
    }

    /// The instructions, joined.
    pub(crate) fn instructions(&self) -> String {
        let system = self.request.messages.iter();
        let texts = system
            .filter(|message| message.role == Role::System)
            .map(|message| message.text().to_string());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Everything that was said, joined.
    pub(crate) fn all_text(&self) -> String {
        let texts: Vec<String> = self
            .request
            .messages
            .iter()
            .map(|message| message.text().to_string())
            .collect();
        texts.join("\n")
    }

    /// Refuses what a vendor would refuse.
    pub(crate) fn check(&self) -> Result<()> {
        let request = self.request;
        if request.messages.is_empty() {
            return Err(invalid("messages: at least one message is required"));
        }
        if let Some(temperature) = request
            .settings
            .temperature
            .filter(|temperature| !(0.0..=2.0).contains(temperature))
        {
            return Err(invalid(format!(
                "temperature: expected a number from 0 to 2, got {temperature}"
            )));
        }
        if let Some(id) = &request.settings.previous_response_id {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("previous_response_id: Previous response with id '{id}' not found; no response is kept here, send the conversation"),
            )
            .with_status(400)
            .with_code("previous_response_not_found"));
        }
        if let Some(ToolChoice::Tool(name)) = &request.tool_choice
            && !request.tools.iter().any(|tool| tool.name() == Some(name))
        {
            return Err(invalid(format!(
                "tool_choice: there is no tool '{name}' among tools"
            )));
        }
        let mut calls: Vec<&Text> = Vec::new();
        for (place, message) in request.messages.iter().enumerate() {
            calls.extend(tool_calls(message.content.parts()).map(|call| &call.id));
            for media in media(message.content.parts()) {
                if matches!(media.source, MediaSource::Base64(_)) && media.decode().is_none() {
                    return Err(invalid(format!("messages[{place}].content: invalid base64 data")));
                }
            }
            for part in message.content.parts() {
                match part {
                    ContentPart::ToolResult(result) if !calls.contains(&&result.call_id) => {
                        return Err(invalid(format!(
                            "messages[{place}]: the tool result for {:?} has no matching tool call before it",
                            result.call_id.as_str()
                        )));
                    }
                    ContentPart::Reasoning(reasoning) => crate::signature::check(reasoning, place)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// The texts of a content, each on lines of its own.
fn lines(content: &Content) -> Text {
    let texts = content.parts().iter().filter_map(|part| match part {
        ContentPart::Text(part) => Some(part.text.as_str()),
        _ => None,
    });
    match content {
        Content::Text(text) => text.clone(),
        Content::Parts(_) => Text::from(texts.collect::<Vec<_>>().join("\n")),
    }
}

/// What a tool gave, in words.
pub(crate) fn result_text(result: &ToolResult) -> String {
    match &result.content {
        Content::Text(text) => text.to_string(),
        Content::Parts(parts) => {
            let words: Vec<String> = parts
                .iter()
                .filter_map(|part| match part {
                    ContentPart::Text(part) => Some(part.text.to_string()),
                    ContentPart::Media(media) => Some(words_of(media).unwrap_or_else(|| describe(media))),
                    _ => None,
                })
                .collect();
            words.join(" ")
        }
    }
}

/// The words of a document that is a text.
fn words_of(media: &Media) -> Option<String> {
    match &media.source {
        MediaSource::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// An attachment's media type, and its size where it was sent along.
pub(crate) fn describe(media: &Media) -> String {
    let kind = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => "audio",
        _ => "video",
    };
    let media_type = media.media_type.as_deref().unwrap_or(kind);
    match media.decode() {
        Some(bytes) => format!("{media_type}, {} bytes", bytes.len()),
        None => format!("{media_type}, by reference"),
    }
}

pub(crate) fn invalid(message: impl Into<Text>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
        .with_status(400)
        .with_code("invalid_request_error")
}

fn media(parts: &[ContentPart]) -> Vec<&Media> {
    parts
        .iter()
        .filter_map(|part| match part {
            ContentPart::Media(media) => Some(media),
            _ => None,
        })
        .collect()
}
