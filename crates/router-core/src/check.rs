//! Refuses what no vendor can answer, before anything is sent: so that all say the same, and name the field.

use crate::call::Operation;
use crate::capability::Capabilities;
use crate::chat::ChatRequest;
use crate::content::{ContentPart, MediaKind, MediaSource};
use crate::error::{Error, ErrorKind, Result};

/// Fields that a caller passes on untouched, by which a vendor holds the conversation, or a part of it, itself.
const HELD: &[&str] = &[
    "conversation",
    "previous_response_id",
    "prompt",
    "input",
    "messages",
    "contents",
];

/// The wire whose fields name what is kept.
const RESPONSES: &str = "openai.responses";

impl Operation {
    /// Checks what holds at every vendor, and what is known of this one: a conversation has messages, a result of a tool belongs
    /// to a call before it, there is something to embed or to rank, and no picture is larger than the vendor takes.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field.
    pub fn check(&self, capabilities: &Capabilities) -> Result<()> {
        match self {
            Self::Chat(request) => {
                if let Err(error) = messages(request)
                    && !is_held(request)
                {
                    return Err(error);
                }
                match capabilities.max_image_bytes {
                    Some(most) => pictures(request, most),
                    None => Ok(()),
                }
            }
            Self::Embed(request) if request.inputs.is_empty() => Err(empty("inputs")),
            Self::Rerank(request) if request.documents.is_empty() => Err(empty("documents")),
            Self::Moderate(request) if request.inputs.is_empty() => Err(empty("inputs")),
            _ => Ok(()),
        }
    }

    /// Checks that the request says everything itself, for a vendor that keeps nothing to go on with over the wire that the call
    /// takes.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field by which the request goes on with what a vendor keeps.
    pub fn check_whole(&self) -> Result<()> {
        let request = match self {
            Self::Chat(request) => request,
            Self::CountTokens(request) => &request.chat,
            _ => return Ok(()),
        };
        let Some(field) = request.continues() else {
            return Ok(());
        };
        let error = invalid(
            field,
            "nothing is kept at this vendor to go on with; send the whole conversation",
        );
        // The word of the vendor that has the field: by it clients know to send everything.
        Err(match field {
            "previous_response_id" => error.with_code("previous_response_not_found"),
            _ => error,
        })
    }
}

impl ChatRequest {
    /// The field by which the request goes on with what a vendor keeps: an answer, a conversation or a prompt.
    #[must_use]
    pub fn continues(&self) -> Option<&'static str> {
        match self.settings.previous_response_id {
            Some(_) => Some("previous_response_id"),
            None if self.extra.is_empty() => None,
            None => self.kept(),
        }
    }

    /// The field that names a conversation or a prompt which the vendor keeps.
    pub(crate) fn kept(&self) -> Option<&'static str> {
        let kept = ["conversation", "prompt"];
        kept.into_iter()
            .find(|name| self.extra.get(RESPONSES, name).is_some())
    }
}

fn invalid(field: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{field}: {what}"))
}

/// The error for a list with nothing in it.
pub(crate) fn empty(field: &str) -> Error {
    invalid(field, "at least one is needed")
}

/// Whether the vendor may hold what the request lacks.
fn is_held(request: &ChatRequest) -> bool {
    let named = |json: &str| HELD.iter().any(|name| json.contains(&format!("\"{name}\"")));
    let mut options = request.provider_options.iter();
    request.settings.previous_response_id.is_some()
        || request.extra.iter().any(|(name, _)| HELD.contains(&name))
        || options.any(|(_, json)| named(json.as_str()))
}

fn messages(request: &ChatRequest) -> Result<()> {
    if request.messages.is_empty() {
        return Err(empty("messages"));
    }
    for (at, message) in request.messages.iter().enumerate() {
        for part in message.content.parts() {
            let ContentPart::ToolResult(result) = part else {
                continue;
            };
            // Backwards: the call is mostly in the message before, and a history may be long.
            let mut before = request.messages[..at]
                .iter()
                .rev()
                .flat_map(|message| message.content.parts());
            let called = before.any(|part| match part {
                // Some wires have no ids.
                ContentPart::ToolCall(call) => call.id == result.call_id || result.call_id.is_empty(),
                ContentPart::ServerToolCall(_) | ContentPart::Opaque(_) => true,
                _ => false,
            });
            if !called {
                let what = format!(
                    "a tool result answers the call {:?}, which no message before it makes",
                    result.call_id.as_str()
                );
                return Err(invalid(&format!("messages[{at}]"), &what));
            }
        }
    }
    Ok(())
}

fn pictures(request: &ChatRequest, most: u64) -> Result<()> {
    for (at, message) in request.messages.iter().enumerate() {
        for (place, part) in message.content.parts().iter().enumerate() {
            let inner = match part {
                ContentPart::ToolResult(result) => result.content.parts(),
                part => std::slice::from_ref(part),
            };
            if let Some(bytes) = inner.iter().filter_map(picture_bytes).find(|bytes| *bytes > most) {
                let what = format!("an image of about {bytes} bytes; this vendor takes {most} at most");
                return Err(invalid(&format!("messages[{at}].content[{place}]"), &what));
            }
        }
    }
    Ok(())
}

/// How large a picture by value is at least.
fn picture_bytes(part: &ContentPart) -> Option<u64> {
    let ContentPart::Media(media) = part else {
        return None;
    };
    match &media.source {
        MediaSource::Base64(data) if media.kind == MediaKind::Image => {
            Some((data.len() as u64 / 4 * 3).saturating_sub(2))
        }
        _ => None,
    }
}
