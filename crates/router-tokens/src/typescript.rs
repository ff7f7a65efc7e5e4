//! Tools as OpenAI's models are shown them: as declarations in the manner of TypeScript.
//!
//! OpenAI writes the functions of a request into the prompt in this form; it is what a request pays for, and not its JSON.

use router_core::{Json, ToolDefinition};
use serde_json::Value;

/// The tools as one text; empty when none of them is run by the caller.
///
/// A function that takes nothing is declared so, or, by newer models, as one that takes an object without members: `always_takes`.
pub(crate) fn declarations(tools: &[ToolDefinition], always_takes: bool) -> String {
    let mut out = String::new();
    for tool in tools {
        match tool {
            ToolDefinition::Function(tool) => {
                comment(&mut out, tool.description.as_deref());
                out.push_str("type ");
                out.push_str(&tool.name);
                match tool.parameters.as_ref().map(Json::to_value) {
                    Some(schema) if always_takes || has_properties(&schema) => {
                        out.push_str(" = (_: ");
                        comment(&mut out, schema["title"].as_str());
                        object(&mut out, &schema, 0);
                        out.push_str(") => any;\n\n");
                    }
                    _ => out.push_str(" = () => any;\n\n"),
                }
            }
            ToolDefinition::Custom(tool) => {
                comment(&mut out, tool.description.as_deref());
                grammar(&mut out, tool.format.as_ref());
                out.push_str("type ");
                out.push_str(&tool.name);
                out.push_str(" = (FREEFORM) => any;\n\n");
            }
            _ => {}
        }
    }
    if out.is_empty() {
        return out;
    }
    format!("# Tools\n\n## functions\n\nnamespace functions {{\n\n{out}}} // namespace functions")
}

/// A schema for the answer, as one type.
pub(crate) fn schema(schema: &Json) -> String {
    let schema = schema.to_value();
    let mut out = String::new();
    comment(&mut out, schema["title"].as_str());
    kind(&mut out, &schema, 0);
    out
}

/// What a free text has to look like.
fn grammar(out: &mut String, format: Option<&Json>) {
    let format = format.map(Json::to_value).unwrap_or_default();
    if let Some(definition) = format["definition"].as_str() {
        let syntax = format["syntax"].as_str().unwrap_or("text");
        let said = format!(
            "\nThe input of this tool is free text that has to follow this {syntax} grammar:\n```{syntax}\n{definition}\n```"
        );
        comment(out, Some(&said));
    }
}

fn comment(out: &mut String, text: Option<&str>) {
    for line in text.unwrap_or_default().trim().lines() {
        out.push_str("// ");
        out.push_str(line);
        out.push('\n');
    }
}

fn has_properties(schema: &Value) -> bool {
    schema["properties"]
        .as_object()
        .is_some_and(|properties| !properties.is_empty())
}

fn object(out: &mut String, schema: &Value, depth: usize) {
    out.push_str("{\n");
    let required = schema["required"].as_array();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        comment(out, property["title"].as_str());
        comment(out, property["description"].as_str());
        out.push_str(name);
        if !required.is_some_and(|required| required.iter().any(|one| one == name.as_str())) {
            out.push('?');
        }
        out.push_str(": ");
        kind(out, property, depth);
        out.push(',');
        if let Some(default) = property.get("default") {
            out.push_str(" // default: ");
            out.push_str(&default.to_string());
        }
        out.push('\n');
    }
    out.push('}');
}

/// Deeper than this a schema is a loop or a joke.
const MOST_DEPTH: usize = 32;

fn kind(out: &mut String, schema: &Value, depth: usize) {
    if depth > MOST_DEPTH {
        out.push_str("any");
        return;
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(Value::to_string).collect();
        out.push_str(&words.join(" | "));
        return;
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(kinds) = schema[any].as_array() {
            for (at, one) in kinds.iter().enumerate() {
                if at > 0 {
                    out.push_str(" | ");
                }
                kind(out, one, depth + 1);
            }
            return;
        }
    }
    match &schema["type"] {
        Value::String(name) => named(out, name, schema, depth),
        Value::Array(names) => {
            for (at, name) in names.iter().filter_map(Value::as_str).enumerate() {
                if at > 0 {
                    out.push_str(" | ");
                }
                named(out, name, schema, depth);
            }
        }
        _ if has_properties(schema) => object(out, schema, depth + 1),
        _ => out.push_str("any"),
    }
}

fn named(out: &mut String, name: &str, schema: &Value, depth: usize) {
    match name {
        "object" if has_properties(schema) => object(out, schema, depth + 1),
        "integer" => out.push_str("number"),
        "array" => {
            kind(out, &schema["items"], depth + 1);
            out.push_str("[]");
        }
        name => out.push_str(name),
    }
}
