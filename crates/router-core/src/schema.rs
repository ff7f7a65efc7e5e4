//! Tools and answer formats from Rust types.

use schemars::JsonSchema;
use serde_json::Value;

use crate::chat::{JsonSchemaFormat, ResponseFormat};
use crate::json::Json;
use crate::text::Text;
use crate::tool::{FunctionTool, ToolDefinition};

impl ToolDefinition {
    /// A strict function whose arguments are a `T`.
    #[must_use]
    pub fn of<T: JsonSchema>(name: &str, description: &str) -> Self {
        Self::Function(FunctionTool {
            description: Some(Text::from(description)),
            parameters: Some(json_schema::<T>()),
            strict: Some(true),
            ..FunctionTool::new(name)
        })
    }
}

impl ResponseFormat {
    /// The JSON of a `T`; read the answer with [`ChatResponse::parse`](crate::chat::ChatResponse::parse).
    #[must_use]
    pub fn of<T: JsonSchema>() -> Self {
        let name: String = T::schema_name()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(64)
            .collect();
        Self::JsonSchema(JsonSchemaFormat::new(name, json_schema::<T>()))
    }
}

/// The JSON Schema of a `T` in the form that strict vendors take: objects are closed and all their properties required
/// (an `Option` is nullable instead of absent).
#[must_use]
pub fn json_schema<T: JsonSchema>() -> Json {
    let mut schema = schemars::schema_for!(T).to_value();
    if let Some(root) = schema.as_object_mut() {
        root.remove("$schema");
    }
    close(&mut schema);
    Json::from(schema)
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let names = object
                .get("properties")
                .and_then(Value::as_object)
                .map(|properties| {
                    properties
                        .keys()
                        .map(|name| Value::from(name.as_str()))
                        .collect::<Vec<_>>()
                });
            if let Some(names) = names {
                object.insert("additionalProperties".to_owned(), Value::Bool(false));
                object.insert("required".to_owned(), Value::Array(names));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
