//! Schemas in the subset that the vendor holds answers to; what is outside of it goes into descriptions.
//!
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>, read 2026-11.

use std::fmt::Write as _;

use router_core::Json;
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

/// Keywords that the vendor refuses.
const REFUSED: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "then",
    "else",
    "not",
];

const FORMATS: &[&str] = &[
    "\"date-time\"",
    "\"time\"",
    "\"date\"",
    "\"duration\"",
    "\"email\"",
    "\"hostname\"",
    "\"uri\"",
    "\"ipv4\"",
    "\"ipv6\"",
    "\"uuid\"",
];

/// Most levels of a schema that are looked at; deeper ones go as they are.
const DEPTH: u32 = 64;

/// The schema in the vendor's subset, its order kept; `None` when it is in it already.
#[must_use]
pub fn adapted(schema: &Json) -> Option<Json> {
    let raw: &RawValue = serde_json::from_str(schema.as_str()).ok()?;
    let mut adapter = Adapter {
        out: String::with_capacity(schema.as_str().len()),
        changed: false,
    };
    adapter.schema(raw, DEPTH);
    if adapter.changed {
        Json::parse(adapter.out).ok()
    } else {
        None
    }
}

struct Adapter {
    out: String,
    changed: bool,
}

impl Adapter {
    fn schema(&mut self, raw: &RawValue, depth: u32) {
        let fields: Vec<(String, &RawValue)> = match Object::of(raw, "") {
            Ok(object) if depth > 0 => object.into_fields().collect(),
            _ => return self.out.push_str(raw.get()),
        };
        let is_object = fields
            .iter()
            .any(|(name, value)| name == "properties" || (name == "type" && value.get() == "\"object\""));
        let mut left_out = String::new();
        let mut description = None;
        let mut comma = "";
        self.out.push('{');
        for (name, value) in &fields {
            if refused(name, value) {
                let _ = write!(left_out, "{}{name}: {}", separator(&left_out), value.get());
                continue;
            }
            match name.as_str() {
                "description" => {
                    description = serde_json::from_str::<String>(value.get()).ok();
                    continue;
                }
                "additionalProperties" if is_object => {
                    self.changed |= value.get() != "false";
                    continue;
                }
                _ => {}
            }
            // The vendor takes `anyOf` only; exactly one of several is told apart by the model.
            let written = if name == "oneOf" { "anyOf" } else { name };
            self.changed |= written != name;
            self.name(written, &mut comma);
            match name.as_str() {
                "properties" | "$defs" | "definitions" => self.named(value, depth),
                "anyOf" | "oneOf" | "allOf" | "prefixItems" => self.listed(value, depth),
                "items" => self.schema(value, depth - 1),
                _ => self.out.push_str(value.get()),
            }
        }
        if is_object {
            self.changed |= !fields.iter().any(|(name, _)| name == "additionalProperties");
            self.name("additionalProperties", &mut comma);
            self.out.push_str("false");
        }
        if !left_out.is_empty() {
            self.changed = true;
            description = Some(match description {
                Some(text) => format!("{text} ({left_out})"),
                None => left_out,
            });
        }
        if let Some(text) = description {
            self.name("description", &mut comma);
            self.out
                .push_str(&serde_json::to_string(&text).unwrap_or_default());
        }
        self.out.push('}');
    }

    fn name(&mut self, name: &str, comma: &mut &'static str) {
        self.out.push_str(comma);
        *comma = ",";
        self.out
            .push_str(&serde_json::to_string(name).unwrap_or_default());
        self.out.push(':');
    }

    /// Schemas by name.
    fn named(&mut self, raw: &RawValue, depth: u32) {
        let Ok(object) = Object::of(raw, "") else {
            return self.out.push_str(raw.get());
        };
        let mut comma = "";
        self.out.push('{');
        for (name, value) in object.into_fields() {
            self.name(&name, &mut comma);
            self.schema(value, depth - 1);
        }
        self.out.push('}');
    }

    /// Schemas in a list.
    fn listed(&mut self, raw: &RawValue, depth: u32) {
        let Some(list) = list_of(raw) else {
            return self.out.push_str(raw.get());
        };
        self.out.push('[');
        for (at, value) in list.into_iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.schema(value, depth - 1);
        }
        self.out.push(']');
    }
}

fn refused(name: &str, value: &RawValue) -> bool {
    match name {
        "format" => !FORMATS.contains(&value.get()),
        "minItems" => !matches!(value.get(), "0" | "1"),
        _ => REFUSED.contains(&name),
    }
}

fn separator(text: &str) -> &'static str {
    if text.is_empty() { "" } else { ", " }
}

#[cfg(test)]
mod tests {
    use router_core::Json;

    use super::adapted;

    #[test]
    fn fitting_schemas_stay() {
        let schema = r#"{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["b"],"additionalProperties":false}"#;
        assert_eq!(adapted(&Json::parse(schema).expect("JSON")), None);
    }

    #[test]
    fn refused_keywords_go_into_the_description() {
        let schema = r#"{"type":"object","properties":{"minimum":{"type":"integer","minimum":1,"description":"How many"},"b":{"type":"array","minItems":2,"items":{"oneOf":[{"type":"object","properties":{}}]}}}}"#;
        let fitted = adapted(&Json::parse(schema).expect("JSON")).expect("a change");
        let expected = r#"{"type":"object","properties":{"minimum":{"type":"integer","description":"How many (minimum: 1)"},"b":{"type":"array","items":{"anyOf":[{"type":"object","properties":{},"additionalProperties":false}]},"description":"minItems: 2"}},"additionalProperties":false}"#;
        assert_eq!(fitted.as_str(), expected);
    }

    #[test]
    fn what_is_no_schema_stays() {
        for text in ["true", "[]", "3", r#"{"properties":3}"#, r#"{"items":null}"#] {
            let _ = adapted(&Json::parse(text).expect("JSON"));
        }
    }
}
