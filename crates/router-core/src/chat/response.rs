//! What a chat answers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chat::{FinishReason, Logprobs, Usage};
use crate::content::ContentPart;
use crate::error::{Error, ErrorKind, Result};
use crate::extra::Extra;
use crate::message::{Message, Role, join_text};
use crate::text::Text;
use crate::tool::{ToolCall, tool_calls};

/// An answer: one choice, or several where the request asked for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChatResponse {
    /// The vendor's id of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The model that answered, in the vendor's words; never taken from the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// When, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// The choices, in the order of their index.
    pub choices: Vec<Choice>,
    /// Tokens used; absent when the vendor gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The speed and price class that served the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<Text>,
    /// Fields of the wire that are not named here.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// One answer among several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// Its place, from 0.
    pub index: u32,
    /// What the model said, in order.
    pub content: Vec<ContentPart>,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// The vendor's word for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason_raw: Option<Text>,
    /// The stop sequence that matched, where the vendor tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<Text>,
    /// Log probabilities, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<Logprobs>,
    /// Fields of the wire that are not named here.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Choice {
    /// A choice with content and the reason it ended.
    #[must_use]
    pub fn new(index: u32, content: Vec<ContentPart>, finish_reason: FinishReason) -> Self {
        Self {
            index,
            content,
            finish_reason,
            finish_reason_raw: None,
            stop_sequence: None,
            logprobs: None,
            extra: Extra::new(),
        }
    }

    /// The text of the choice, joined without separator.
    #[must_use]
    pub fn text(&self) -> Text {
        join_text(&self.content)
    }

    /// The reasoning text of the choice, joined without separator.
    #[must_use]
    pub fn reasoning(&self) -> Text {
        let mut all = String::new();
        for part in &self.content {
            if let ContentPart::Reasoning(reasoning) = part {
                all.push_str(&reasoning.text);
            }
        }
        Text::from(all)
    }

    /// The calls that the caller has to run.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        tool_calls(&self.content)
    }

    /// The choice as a message of the conversation, with everything the vendor wants back.
    #[must_use]
    pub fn to_message(&self) -> Message {
        Message {
            extra: self.extra.clone(),
            ..Message::new(Role::Assistant, self.content.clone())
        }
    }
}

impl ChatResponse {
    /// An answer of one choice that is text.
    #[must_use]
    pub fn text_answer(text: impl Into<Text>) -> Self {
        Self {
            choices: vec![Choice::new(0, vec![ContentPart::text(text)], FinishReason::Stop)],
            ..Self::default()
        }
    }

    /// The first choice.
    #[must_use]
    pub fn first(&self) -> Option<&Choice> {
        self.choices.first()
    }

    /// The text of the first choice; empty when there is none.
    #[must_use]
    pub fn text(&self) -> Text {
        self.first().map(Choice::text).unwrap_or_default()
    }

    /// The reasoning text of the first choice; empty when there is none.
    #[must_use]
    pub fn reasoning(&self) -> Text {
        self.first().map(Choice::reasoning).unwrap_or_default()
    }

    /// The tool calls of the first choice.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.first().into_iter().flat_map(Choice::tool_calls)
    }

    /// Why the first choice ended.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.first().map(|choice| &choice.finish_reason)
    }

    /// The first choice as a message, to go on with; an empty assistant message when there is none.
    #[must_use]
    pub fn to_message(&self) -> Message {
        self.first()
            .map_or_else(|| Message::assistant(""), Choice::to_message)
    }

    /// The text of the first choice as a type: the counterpart of a JSON response format.
    ///
    /// # Errors
    /// [`ErrorKind::ContentFiltered`] for a refusal, [`ErrorKind::Truncated`] when a limit cut the answer,
    /// [`ErrorKind::Decode`] when the text is no JSON of that shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        let text = self.text();
        serde_json::from_str(&text).map_err(|error| match self.finish_reason() {
            Some(FinishReason::ContentFilter) => {
                Error::new(ErrorKind::ContentFiltered, "the model refused to answer")
            }
            Some(FinishReason::Length) => Error::new(
                ErrorKind::Truncated,
                "max_output_tokens cut the JSON answer; raise it or ask for less",
            ),
            _ => Error::new(
                ErrorKind::Decode,
                format!("the answer is not the JSON asked for: {error}"),
            ),
        })
    }
}
