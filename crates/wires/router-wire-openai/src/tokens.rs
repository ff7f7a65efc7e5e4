//! Counting the tokens of a chat by the vendor: its request without what does not count.

use std::borrow::Cow;

use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{Call, ChatRequest, Error, ErrorKind, Result, Settings};
use router_wire::body::{malformed, text_of};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;
use crate::{chat, responses};

/// How tokens are counted at one vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TokensDialect {
    /// Path of counts; absent: the vendor does not count.
    pub path: Option<Cow<'static, str>>,
    /// What is counted.
    pub form: TokensForm,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokensForm {
    /// A request of the Responses API.
    #[default]
    Responses,
    /// A request of chat completions.
    Chat,
    /// The messages of one alone.
    Messages,
}

impl TokensForm {
    /// What of a request is sent: limits and sampling do not count.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Responses => &[
                "model",
                "input",
                "instructions",
                "tools",
                "tool_choice",
                "parallel_tool_calls",
                "text",
                "reasoning",
                "truncation",
                "previous_response_id",
                "conversation",
            ],
            Self::Chat => &["model", "messages", "tools", "tool_choice", "response_format"],
            Self::Messages => &["model", "messages"],
        }
    }
}

/// The request for a count.
///
/// # Errors
/// `Unsupported` where the vendor does not count, and those of the chat.
pub fn encode(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    request: &CountTokensRequest,
    own: &[&str],
) -> Result<Encoded> {
    let form = dialect.tokens.form;
    let Some(path) = &dialect.tokens.path else {
        return Err(Error::unsupported(call.operation.kind()));
    };
    let mut warnings = Warnings::new(request.chat.strict);
    if form == TokensForm::Messages && !request.chat.tools.is_empty() {
        warnings.dropped("tools", "this vendor counts messages alone")?;
    }
    let counted = counted(form, &request.chat);
    let mut encoded = match form {
        TokensForm::Responses => responses::request::encode(dialect, speaker, call, &counted, own)?,
        _ => chat::request::encode(dialect, speaker, call, &counted, own)?,
    };
    let fields = Object::parse(&encoded.request.body)?.into_fields();
    let kept: Object<'_> = fields
        .filter(|(name, _)| form.fields().contains(&name.as_str()))
        .collect();
    let body = kept.into_json();
    encoded.warnings.extend(warnings.into_list());
    encoded.request = HttpRequest::post_json(path, body.text().clone().into_bytes());
    encoded.streams = false;
    Ok(encoded)
}

/// The chat without settings that do not count, so that nothing is said of them.
fn counted(form: TokensForm, chat: &ChatRequest) -> ChatRequest {
    let mut counted = chat.clone();
    counted.settings = Settings::default();
    if form == TokensForm::Responses {
        counted.settings.reasoning.clone_from(&chat.settings.reasoning);
        let before = &chat.settings.previous_response_id;
        counted.settings.previous_response_id.clone_from(before);
    }
    counted
}

/// The count in a reply: `input_tokens`, or Moonshot's `data.total_tokens`.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<TokenCount> {
    let text = text_of(response)?;
    let answer: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let count = answer.number("input_tokens").count();
    count
        .or_else(|| answer.inner("data").number("total_tokens").count())
        .map(TokenCount::new)
        .ok_or_else(|| Error::new(ErrorKind::Decode, "the answer holds no count"))
}
