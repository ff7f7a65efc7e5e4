//! What of a vendor's own a request holds, and how its prompt begins: where a call had better go.

use std::hash::Hasher;
use std::io;

use crate::call::Operation;
use crate::chat::ChatRequest;
use crate::content::{ContentPart, Media, MediaSource};
use crate::embedding::EmbeddingInput;
use crate::message::{Content, Role};
use crate::model::ProviderId;
use crate::text::Text;
use crate::tool::{ToolChoice, ToolDefinition};

/// Something in a request that belongs to one vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held<'a> {
    /// An answer kept at the vendor, which the request continues.
    Response(&'a Text),
    /// A conversation or a prompt kept at the vendor, by the name of its field.
    Kept(&'static str),
    /// A file kept at the vendor.
    File(&'a Text),
    /// A part, tool or choice in its maker's own JSON.
    Opaque(&'a ProviderId),
    /// A signature, or a call that its maker ran itself: wanted back by the maker, and others do without.
    Signature(&'a ProviderId),
}

impl Operation {
    /// Shows `f` what the request holds of vendors' own, oldest first.
    pub fn held(&self, mut f: impl FnMut(Held<'_>)) {
        match self {
            Self::Chat(request) => held_by_chat(request, &mut f),
            Self::CountTokens(request) => held_by_chat(&request.chat, &mut f),
            Self::GenerateImage(request) => {
                let media = request.images.iter().chain(&request.mask);
                media.for_each(|media| held_by_media(media, &mut f));
            }
            Self::Transcribe(request) => held_by_media(&request.audio, &mut f),
            Self::Moderate(request) => {
                let inputs = request.inputs.iter();
                inputs.for_each(|input| held_by_parts(input.parts(), &mut f));
            }
            Self::Rerank(request) => held_by_parts(&request.documents, &mut f),
            Self::Embed(request) => {
                for input in &request.inputs {
                    if let EmbeddingInput::Parts(parts) = input {
                        held_by_parts(parts, &mut f);
                    }
                }
            }
            Self::Speak(_) | Self::ListModels(_) => {}
        }
    }

    /// Feeds the beginning of the prompt to `hasher`: the vendor's cache key where the request names one, otherwise tools,
    /// instructions and the first message. Every turn of a conversation gives the same, so that a vendor's prompt cache is
    /// found again. `false` when the operation has no prompt that vendors keep.
    pub fn hash_prompt_start(&self, hasher: &mut impl Hasher) -> bool {
        let Self::Chat(request) = self else {
            return false;
        };
        if let Some(key) = &request.settings.prompt_cache_key {
            hasher.write(key.as_bytes());
            return true;
        }
        let first = request
            .messages
            .iter()
            .position(|message| message.role != Role::System)
            .map_or(request.messages.len(), |first| first + 1);
        // What cannot be JSON is refused by the vendor's codec with a better message.
        let _ = serde_json::to_writer(Hashed(hasher), &(&request.tools, &request.messages[..first]));
        true
    }
}

fn held_by_chat(request: &ChatRequest, f: &mut impl FnMut(Held<'_>)) {
    for tool in &request.tools {
        if let ToolDefinition::Provider(tool) = tool {
            f(Held::Opaque(&tool.provider));
        }
    }
    if let Some(ToolChoice::Opaque(choice)) = &request.tool_choice {
        f(Held::Opaque(&choice.provider));
    }
    for message in &request.messages {
        held_by_parts(message.content.parts(), f);
    }
    if let Some(id) = &request.settings.previous_response_id {
        f(Held::Response(id));
    }
    if let Some(field) = request.kept() {
        f(Held::Kept(field));
    }
}

fn held_by_parts(parts: &[ContentPart], f: &mut impl FnMut(Held<'_>)) {
    for part in parts {
        if let Some(signature) = part.riders().and_then(|riders| riders.signature()) {
            f(Held::Signature(&signature.provider));
        }
        match part {
            ContentPart::Media(media) => held_by_media(media, f),
            ContentPart::Opaque(part) => f(Held::Opaque(&part.provider)),
            ContentPart::ServerToolCall(call) => f(Held::Signature(&call.raw.provider)),
            ContentPart::ToolResult(result) => {
                if let Content::Parts(parts) = &result.content {
                    held_by_parts(parts, f);
                }
            }
            ContentPart::Text(_)
            | ContentPart::Reasoning(_)
            | ContentPart::Refusal(_)
            | ContentPart::ToolCall(_) => {}
        }
    }
}

fn held_by_media(media: &Media, f: &mut impl FnMut(Held<'_>)) {
    if let MediaSource::File(id) = &media.source {
        f(Held::File(id));
    }
}

/// A hasher as a place to write to.
struct Hashed<'a, H>(&'a mut H);

impl<H: Hasher> io::Write for Hashed<'_, H> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
