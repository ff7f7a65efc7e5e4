//! Messages of a conversation.

use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::content::ContentPart;
use crate::extra::Extra;
use crate::text::Text;
use crate::tool::ToolResult;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Instructions to the model; OpenAI's `developer` reads as this.
    System,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// Results of tool calls.
    Tool,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
    /// The speaker's name, where the wire has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Fields of the wire that are not named here.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// Content of a message: plain text, or parts. Cloning shares both.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// Text alone; costs no list.
    Text(Text),
    /// Parts, in order.
    Parts(Arc<Vec<ContentPart>>),
}

impl Content {
    /// The parts, when the content has parts.
    #[must_use]
    pub fn parts(&self) -> &[ContentPart] {
        match self {
            Self::Text(_) => &[],
            Self::Parts(parts) => parts,
        }
    }

    /// The content as parts: text alone becomes one text part.
    #[must_use]
    pub fn to_parts(&self) -> Vec<ContentPart> {
        match self {
            Self::Text(text) => vec![ContentPart::text(text)],
            Self::Parts(parts) => parts.to_vec(),
        }
    }

    /// The parts, to change them; text alone becomes one text part first.
    pub fn parts_mut(&mut self) -> &mut Vec<ContentPart> {
        if let Self::Text(text) = self {
            *self = Self::Parts(Arc::new(vec![ContentPart::text(&*text)]));
        }
        match self {
            Self::Parts(parts) => Arc::make_mut(parts),
            Self::Text(_) => unreachable!("text was replaced by parts above"),
        }
    }

    /// All text of the content, joined without separator. One piece is shared, several are copied.
    #[must_use]
    pub fn joined_text(&self) -> Text {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => join_text(parts),
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
        }
    }
}

// By hand: what serde makes of `untagged` takes the value apart first, and JSON kept as text could not be read back.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ContentVisitor;
        impl<'de> Visitor<'de> for ContentVisitor {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of parts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Text(Text::from(text)))
            }

            fn visit_string<E>(self, text: String) -> Result<Content, E> {
                Ok(Content::Text(Text::from(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content, A::Error> {
                let mut parts = Vec::with_capacity(seq.size_hint().unwrap_or(1).min(64));
                while let Some(part) = seq.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(Arc::new(parts)))
            }
        }
        deserializer.deserialize_any(ContentVisitor)
    }
}

/// The text parts of `parts`, joined without separator.
pub(crate) fn join_text(parts: &[ContentPart]) -> Text {
    let mut texts = parts.iter().filter_map(ContentPart::as_text);
    match (texts.next(), texts.next()) {
        (None, _) => Text::new(),
        (Some(only), None) => only.clone(),
        (Some(first), Some(second)) => {
            let mut all = String::with_capacity(first.len() + second.len());
            all.push_str(first);
            all.push_str(second);
            texts.for_each(|text| all.push_str(text));
            Text::from(all)
        }
    }
}

impl Message {
    /// A message of a role.
    #[must_use]
    pub fn new(role: Role, content: impl Into<Content>) -> Self {
        Self {
            role,
            content: content.into(),
            name: None,
            extra: Extra::new(),
        }
    }

    /// Instructions.
    #[must_use]
    pub fn system(content: impl Into<Content>) -> Self {
        Self::new(Role::System, content)
    }

    /// A question or statement of the user.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new(Role::User, content)
    }

    /// An earlier answer of the model.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// Results of the tool calls of the message before.
    #[must_use]
    pub fn tool(results: impl IntoIterator<Item = ToolResult>) -> Self {
        Self::new(
            Role::Tool,
            results
                .into_iter()
                .map(ContentPart::ToolResult)
                .collect::<Vec<_>>(),
        )
    }

    /// The message with a speaker's name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// All text of the message, joined.
    #[must_use]
    pub fn text(&self) -> Text {
        self.content.joined_text()
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(Text::from(text))
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(Text::from(text))
    }
}

impl From<Text> for Content {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(Arc::new(parts))
    }
}

impl<const N: usize> From<[ContentPart; N]> for Content {
    fn from(parts: [ContentPart; N]) -> Self {
        Self::Parts(Arc::new(Vec::from(parts)))
    }
}

impl From<ContentPart> for Content {
    fn from(part: ContentPart) -> Self {
        Self::Parts(Arc::new(vec![part]))
    }
}
