//! The form an answer must have.

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::json::Json;
use crate::text::Text;

/// The form of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Free text.
    Text,
    /// Any JSON object.
    Json,
    /// JSON that fits a schema.
    JsonSchema(JsonSchemaFormat),
}

/// JSON that fits a schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JsonSchemaFormat {
    /// A name for the schema; `[A-Za-z0-9_-]`, at most 64 characters at OpenAI.
    pub name: Text,
    /// The JSON Schema; absent only where a wire allows that.
    pub schema: Option<Json>,
    /// Whether the vendor must hold the answer to the schema.
    pub strict: Option<bool>,
    /// What the answer is for.
    pub description: Option<Text>,
    /// Fields of the wire that are not named here.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl JsonSchemaFormat {
    /// A strict format.
    #[must_use]
    pub fn new(name: impl Into<Text>, schema: impl Into<Json>) -> Self {
        Self {
            name: name.into(),
            schema: Some(schema.into()),
            strict: Some(true),
            description: None,
            extra: Extra::new(),
        }
    }
}
