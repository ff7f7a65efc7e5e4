//! Conversations in the forms of others: OpenAI's, Anthropic's, Markdown; and our own JSON.

mod anthropic;
mod markdown;
mod openai;

use router_core::{Error, ErrorKind, Message, Result};
use serde_json::Value;

pub use markdown::{from_markdown, to_markdown};

use crate::conversation::Conversation;
use crate::record::Record;

/// A form of JSON that a conversation can be written in and read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Our records: everything is kept.
    Records,
    /// `messages` as OpenAI's chat completions take them. Pins, thoughts and signatures are not part of it.
    OpenAi,
    /// `system` and `messages` as Anthropic takes them. Pins are not part of it.
    Anthropic,
}

impl Conversation {
    /// The conversation in a form of JSON.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when a message cannot be JSON.
    pub fn export(&self, form: Form) -> Result<Value> {
        let messages = self.messages();
        match form {
            Form::Records => {
                let records: Vec<Record> = self.to_records();
                serde_json::to_value(records).map_err(|error| {
                    Error::new(
                        ErrorKind::InvalidRequest,
                        format!("a message cannot be exported: {error}"),
                    )
                })
            }
            Form::OpenAi => Ok(openai::write(&messages)),
            Form::Anthropic => Ok(anthropic::write(&messages)),
        }
    }

    /// A conversation from a form of JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] naming what is no such form.
    pub fn import(id: &str, form: Form, value: &Value) -> Result<Self> {
        match form {
            Form::Records => {
                // By its text: JSON kept as text cannot be read out of a value.
                let records: Vec<Record> = serde_json::from_str(&value.to_string())
                    .map_err(|error| bad(format!("records: {error}")))?;
                let mut conversation = Self::new(id);
                records.into_iter().for_each(|record| conversation.note(record));
                Ok(conversation)
            }
            Form::OpenAi => Ok(Self::of_messages(id, openai::read(value)?)),
            Form::Anthropic => Ok(Self::of_messages(id, anthropic::read(value)?)),
        }
    }

    fn of_messages(id: &str, messages: Vec<Message>) -> Self {
        let mut conversation = Self::new(id);
        for message in messages {
            conversation.push(message);
        }
        conversation
    }
}

fn bad(what: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("a conversation cannot be imported: {what}"),
    )
}

/// The text of a field.
fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}
