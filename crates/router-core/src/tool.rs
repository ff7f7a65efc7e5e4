//! Tools: what the model may call, what it called, and what that gave.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::content::{CacheMark, ContentPart, Opaque, Riders};
use crate::error::{Error, ErrorKind, Result};
use crate::extra::Extra;
use crate::json::Json;
use crate::message::Content;
use crate::model::ProviderId;
use crate::text::Text;

/// A tool that a request offers to the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolDefinition {
    /// A function with JSON arguments, run by the caller.
    Function(FunctionTool),
    /// A tool that takes free text instead of JSON (OpenAI's custom tools), run by the caller.
    Custom(CustomTool),
    /// A tool of the vendor in its own JSON (web search, code execution, …), run by the vendor.
    Provider(Opaque),
}

impl ToolDefinition {
    /// A function. `parameters` is the JSON Schema of an object.
    #[must_use]
    pub fn function(
        name: impl Into<Text>,
        description: impl Into<Text>,
        parameters: impl Into<Json>,
    ) -> Self {
        Self::Function(FunctionTool {
            name: name.into(),
            description: Some(description.into()),
            parameters: Some(parameters.into()),
            ..FunctionTool::default()
        })
    }

    /// The name of a tool that the caller runs.
    #[must_use]
    pub fn name(&self) -> Option<&Text> {
        match self {
            Self::Function(tool) => Some(&tool.name),
            Self::Custom(tool) => Some(&tool.name),
            Self::Provider(_) => None,
        }
    }
}

/// A function with JSON arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionTool {
    /// Its name; most vendors take `[A-Za-z0-9_-]`, at most 64 characters.
    pub name: Text,
    /// What it does, for the model.
    pub description: Option<Text>,
    /// JSON Schema of its arguments; a function without arguments has none.
    pub parameters: Option<Json>,
    /// Whether the vendor must hold the arguments to the schema.
    pub strict: Option<bool>,
    /// Cache mark after this tool.
    pub cache: Option<CacheMark>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl FunctionTool {
    /// A function without description and arguments.
    #[must_use]
    pub fn new(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

/// A tool with free text as input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomTool {
    /// Its name.
    pub name: Text,
    /// What it does, for the model.
    pub description: Option<Text>,
    /// The vendor's description of the input (a grammar, or text).
    pub format: Option<Json>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl CustomTool {
    /// A tool by name.
    #[must_use]
    pub fn new(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

/// Whether and which tools the model has to call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No calls.
    None,
    /// At least one call.
    Required,
    /// A call of this tool.
    Tool(Text),
    /// The vendor's own form.
    Opaque(Opaque),
}

/// A call that the caller has to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// Links the result to the call. Unique within an answer; made up where the vendor sent none.
    pub id: Text,
    /// The tool.
    pub name: Text,
    /// The arguments as the model wrote them: a JSON object, or free text for a custom tool. `{}` when there are none.
    /// After [`FinishReason::Length`](crate::chat::FinishReason::Length) the JSON may be cut.
    pub arguments: Text,
    /// Whether the tool is a function or takes free text.
    #[serde(default)]
    pub kind: ToolCallKind,
    /// What rides on the part.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

/// The kind of a tool call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolCallKind {
    /// JSON arguments.
    #[default]
    Function,
    /// Free text.
    Custom,
}

impl ToolCall {
    /// A call of a function.
    #[must_use]
    pub fn new(id: impl Into<Text>, name: impl Into<Text>, arguments: impl Into<Text>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
            ..Self::default()
        }
    }

    /// The arguments as a type.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] naming the tool when the arguments are no JSON of that shape.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.arguments).map_err(|error| {
            Error::new(
                ErrorKind::Decode,
                format!("arguments of tool call {}: {error}", self.name),
            )
        })
    }
}

/// What a call gave, for the model to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolResult {
    /// The call this answers.
    pub call_id: Text,
    /// The tool, where known; Gemini and Ollama link by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Text, or text and media.
    pub content: Content,
    /// Whether the call failed.
    #[serde(default)]
    pub is_error: bool,
    /// What rides on the part.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

impl ToolResult {
    /// The result of a call.
    #[must_use]
    pub fn new(call_id: impl Into<Text>, content: impl Into<Content>) -> Self {
        Self {
            call_id: call_id.into(),
            name: None,
            content: content.into(),
            is_error: false,
            riders: Riders::new(),
        }
    }

    /// A failed call.
    #[must_use]
    pub fn error(call_id: impl Into<Text>, message: impl Into<Content>) -> Self {
        Self {
            is_error: true,
            ..Self::new(call_id, message)
        }
    }

    /// The result with the tool's name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Text>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// A call that the vendor ran itself: a web search, code that it executed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerToolCall {
    /// The vendor's id of the call.
    pub id: Option<Text>,
    /// The tool.
    pub name: Text,
    /// The arguments, where the vendor shows them.
    pub arguments: Option<Text>,
    /// The vendor's own object, sent back to it unchanged.
    pub raw: Opaque,
    /// What rides on the part.
    #[serde(default, skip_serializing_if = "Riders::is_empty")]
    pub riders: Riders,
}

impl ServerToolCall {
    /// A call of `name` that `provider` ran, in its own JSON.
    #[must_use]
    pub fn new(provider: impl Into<ProviderId>, name: impl Into<Text>, raw: Json) -> Self {
        Self {
            id: None,
            name: name.into(),
            arguments: None,
            raw: Opaque::new(provider, raw),
            riders: Riders::new(),
        }
    }
}

/// The tool calls among parts.
pub fn tool_calls(parts: &[ContentPart]) -> impl Iterator<Item = &ToolCall> {
    parts.iter().filter_map(|part| match part {
        ContentPart::ToolCall(call) => Some(call),
        _ => None,
    })
}
