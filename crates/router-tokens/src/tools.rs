//! The tools of a request as a model is shown them, in one text.

use router_core::{Json, ToolDefinition};
use serde_json::Value;

use crate::typescript;

/// How a family is shown tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As declarations in the manner of TypeScript, with words of its own for a function that takes nothing.
    TypeScript {
        /// Whether even that one takes an object.
        always_takes: bool,
    },
    /// The definitions as JSON with spaces, as templates of open models print them.
    Spaced,
    /// The definitions as JSON without spaces or envelope.
    Compact,
    /// Name, description and parameters behind one another.
    Parts,
}

/// The tools as one text.
pub(crate) fn text(tools: &[ToolDefinition], form: Form) -> String {
    match form {
        Form::TypeScript { always_takes } => typescript::declarations(tools, always_takes),
        Form::Spaced => tools.iter().map(spaced).collect(),
        Form::Compact | Form::Parts => tools.iter().map(|tool| parts(tool, form)).collect(),
    }
}

fn raw(json: Option<&Json>) -> &str {
    json.map_or("", Json::as_str)
}

fn parts(tool: &ToolDefinition, form: Form) -> String {
    let (name, description, more) = match tool {
        ToolDefinition::Function(tool) => (
            &tool.name,
            tool.description.as_deref(),
            raw(tool.parameters.as_ref()),
        ),
        ToolDefinition::Custom(tool) => (&tool.name, tool.description.as_deref(), raw(tool.format.as_ref())),
        ToolDefinition::Provider(tool) => return tool.raw.as_str().to_owned(),
        _ => return String::new(),
    };
    let description = description.unwrap_or_default();
    match form {
        Form::Parts => format!("{name}\n{description}\n{more}\n"),
        _ => format!(
            r#"{{"name":{},"description":{},"parameters":{more}}}"#,
            Value::from(name.as_str()),
            Value::from(description)
        ),
    }
}

fn spaced(tool: &ToolDefinition) -> String {
    let mut out = String::new();
    match tool {
        ToolDefinition::Function(tool) => {
            out.push_str(r#"{"type": "function", "function": {"name": "#);
            out.push_str(&Value::from(tool.name.as_str()).to_string());
            if let Some(description) = &tool.description {
                out.push_str(r#", "description": "#);
                out.push_str(&Value::from(description.as_str()).to_string());
            }
            if let Some(parameters) = &tool.parameters {
                out.push_str(r#", "parameters": "#);
                respaced(&mut out, parameters.as_str());
            }
            out.push_str("}}\n");
        }
        _ => out.push_str(&parts(tool, Form::Compact)),
    }
    out
}

/// JSON with a space behind each colon and comma, and no other.
fn respaced(out: &mut String, json: &str) {
    let (mut inside, mut escaped) = (false, false);
    for one in json.chars() {
        if inside {
            inside = escaped || one != '"';
            escaped = !escaped && one == '\\';
            out.push(one);
        } else if !one.is_whitespace() {
            inside = one == '"';
            out.push(one);
            if matches!(one, ':' | ',') {
                out.push(' ');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tools_are_written_as_each_form_has_them() {
        let schema = json!({"properties": {"a": {"enum": [1, "x, \": y"]}}});
        let tool = [ToolDefinition::function("add", "Adds \"two\"", schema)];
        assert_eq!(
            text(&tool, Form::Spaced),
            concat!(
                r#"{"type": "function", "function": {"name": "add", "description": "Adds \"two\"", "#,
                r#""parameters": {"properties": {"a": {"enum": [1, "x, \": y"]}}}}}"#,
                "\n"
            )
        );
        assert_eq!(
            text(&tool, Form::Compact),
            r#"{"name":"add","description":"Adds \"two\"","parameters":{"properties":{"a":{"enum":[1,"x, \": y"]}}}}"#
        );
        assert!(text(&tool, Form::Parts).starts_with("add\nAdds \"two\"\n{"));
    }
}
