//! Counting tokens, model facts and prices: traits, with plain defaults that need no data.

use serde::{Deserialize, Serialize};

use crate::chat::{ChatRequest, Usage};
use crate::content::{ContentPart, MediaKind};
use crate::extra::Extra;
use crate::message::{Content, Message};
use crate::model::{ModelId, ModelInfo, ProviderId};
use crate::tool::ToolDefinition;

/// Asks a vendor how many tokens a chat would be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CountTokensRequest {
    /// The chat to count.
    pub chat: ChatRequest,
}

impl CountTokensRequest {
    /// A chat to count.
    #[must_use]
    pub fn new(chat: ChatRequest) -> Self {
        Self { chat }
    }
}

/// How many tokens a prompt is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TokenCount {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Of these, tokens in the vendor's cache.
    pub cache_read_input_tokens: Option<u64>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl TokenCount {
    /// A count.
    #[must_use]
    pub fn new(input_tokens: u64) -> Self {
        Self {
            input_tokens,
            ..Self::default()
        }
    }
}

/// Counts tokens without asking a vendor.
pub trait TokenCounter: Send + Sync {
    /// Tokens of a text.
    fn count_text(&self, model: &ModelId, text: &str) -> u64;

    /// Tokens of a message, its frame included.
    fn count_message(&self, model: &ModelId, message: &Message) -> u64 {
        let content = match &message.content {
            Content::Text(text) => self.count_text(model, text),
            Content::Parts(parts) => parts.iter().map(|part| self.count_part(model, part)).sum(),
        };
        content + 4
    }

    /// Tokens of a part. Media count by kind, since their real cost depends on sizes that only the vendor measures.
    fn count_part(&self, model: &ModelId, part: &ContentPart) -> u64 {
        match part {
            ContentPart::Text(part) => self.count_text(model, &part.text),
            ContentPart::Reasoning(part) => self.count_text(model, &part.text),
            ContentPart::Refusal(part) => self.count_text(model, &part.text),
            ContentPart::ToolCall(call) => {
                self.count_text(model, &call.name) + self.count_text(model, &call.arguments) + 6
            }
            ContentPart::ToolResult(result) => match &result.content {
                Content::Text(text) => self.count_text(model, text) + 4,
                Content::Parts(parts) => {
                    parts.iter().map(|part| self.count_part(model, part)).sum::<u64>() + 4
                }
            },
            ContentPart::Media(media) => match media.kind {
                MediaKind::Image => 1000,
                MediaKind::Document | MediaKind::Audio => 2000,
                MediaKind::Video => 5000,
            },
            ContentPart::ServerToolCall(call) => self.count_text(model, call.raw.raw.as_str()),
            ContentPart::Opaque(part) => self.count_text(model, part.raw.as_str()),
        }
    }

    /// Tokens of a whole chat: messages, tools, frame.
    fn count_chat(&self, model: &ModelId, chat: &ChatRequest) -> u64 {
        let messages: u64 = chat
            .messages
            .iter()
            .map(|message| self.count_message(model, message))
            .sum();
        let tools: u64 = chat.tools.iter().map(|tool| count_tool(self, model, tool)).sum();
        messages + tools + 3
    }
}

fn count_tool<C: TokenCounter + ?Sized>(counter: &C, model: &ModelId, tool: &ToolDefinition) -> u64 {
    match tool {
        ToolDefinition::Function(tool) => {
            counter.count_text(model, &tool.name)
                + tool
                    .description
                    .as_ref()
                    .map_or(0, |text| counter.count_text(model, text))
                + tool
                    .parameters
                    .as_ref()
                    .map_or(0, |schema| counter.count_text(model, schema.as_str()))
                + 8
        }
        ToolDefinition::Custom(tool) => {
            counter.count_text(model, &tool.name)
                + tool
                    .description
                    .as_ref()
                    .map_or(0, |text| counter.count_text(model, text))
                + 8
        }
        ToolDefinition::Provider(tool) => counter.count_text(model, tool.raw.as_str()),
    }
}

/// Estimates tokens from characters: four ASCII characters to a token, one and a half of others.
///
/// Within about 20 % for English prose, worse for code and rare languages; enough for limits and balancing.
#[derive(Clone, Copy, Debug, Default)]
pub struct EstimatingCounter;

impl TokenCounter for EstimatingCounter {
    fn count_text(&self, _model: &ModelId, text: &str) -> u64 {
        // Most texts, and several times faster than counting.
        if text.is_ascii() {
            return (text.len() as u64).div_ceil(4);
        }
        let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
        let other = text.chars().count() as u64 - ascii;
        ascii.div_ceil(4) + (other * 2).div_ceil(3)
    }
}

/// Most bytes of a piece that counts as one token when it is one word.
const WORD_BYTES: usize = 20;

/// Estimates the tokens of one piece of a streamed answer.
///
/// Most vendors send a token a piece, and no vocabulary has words with a space inside: a short ASCII piece without one is a
/// token. Others are estimated as whole texts are.
#[must_use]
pub fn estimate_piece(piece: &str) -> u64 {
    let is_word = piece.len() <= WORD_BYTES && piece.is_ascii() && !piece.trim().contains([' ', '\n']);
    if is_word && !piece.is_empty() {
        return 1;
    }
    EstimatingCounter.count_text(&ModelId::from_static(""), piece)
}

/// Knows what models can do and how much they take.
pub trait ModelCatalog: Send + Sync {
    /// Facts about a model; `None` when nothing is known.
    fn model(&self, provider: &ProviderId, model: &ModelId) -> Option<ModelInfo>;
}

/// Knows what tokens cost.
pub trait PriceBook: Send + Sync {
    /// The price of a call in US dollars; `None` when the model's prices are not known.
    fn price(&self, provider: &ProviderId, model: &ModelId, usage: &Usage) -> Option<f64>;
}

impl<T: ModelCatalog + ?Sized> ModelCatalog for &T {
    fn model(&self, provider: &ProviderId, model: &ModelId) -> Option<ModelInfo> {
        (**self).model(provider, model)
    }
}

impl<T: PriceBook + ?Sized> PriceBook for &T {
    fn price(&self, provider: &ProviderId, model: &ModelId, usage: &Usage) -> Option<f64> {
        (**self).price(provider, model, usage)
    }
}

/// Knows no model and no price: the default where no catalog was given.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCatalog;

impl ModelCatalog for NoCatalog {
    fn model(&self, _provider: &ProviderId, _model: &ModelId) -> Option<ModelInfo> {
        None
    }
}

impl PriceBook for NoCatalog {
    fn price(&self, _provider: &ProviderId, _model: &ModelId, _usage: &Usage) -> Option<f64> {
        None
    }
}
