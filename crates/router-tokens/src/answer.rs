//! The schema of an answer as OpenAI's models are shown it: as JSON, of what describes and not of what restricts.

use router_core::Json;
use serde_json::{Map, Value};

/// What is shown of a schema.
const SHOWN: [&str; 11] = [
    "$defs",
    "$ref",
    "anyOf",
    "const",
    "definitions",
    "description",
    "enum",
    "items",
    "properties",
    "title",
    "type",
];

/// The schema as the model is shown it.
pub(crate) fn shown(schema: &Json) -> String {
    described(schema.to_value()).to_string()
}

fn described(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(name, _)| SHOWN.contains(&name.as_str()))
                .map(|(name, value)| match (name.as_str(), value) {
                    ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                        let named: Map<_, _> = named
                            .into_iter()
                            .map(|(name, one)| (name, described(one)))
                            .collect();
                        (name, Value::Object(named))
                    }
                    ("items" | "anyOf", value) => (name, described(value)),
                    (_, value) => (name, value),
                })
                .collect(),
        ),
        Value::Array(schemas) => schemas.into_iter().map(described).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn restrictions_are_not_shown() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "required": {"type": "integer", "minimum": 1, "description": "A field of this name"},
                "list": {"type": "array", "items": {"anyOf": [{"type": "string", "format": "email"}, {"$ref": "#/$defs/a"}]}}
            },
            "required": ["required"],
            "additionalProperties": false,
            "$defs": {"a": {"enum": ["x"], "default": "x"}}
        });
        let shown: Value = serde_json::from_str(&shown(&Json::from(schema))).expect("JSON");
        let expected = json!({
            "type": "object",
            "properties": {
                "required": {"type": "integer", "description": "A field of this name"},
                "list": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/a"}]}}
            },
            "$defs": {"a": {"enum": ["x"]}}
        });
        assert_eq!(shown, expected);
    }
}
