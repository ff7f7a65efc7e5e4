//! JSON that fits a JSON Schema, filled from the clues of a message.

use serde_json::{Map, Value, json};

use crate::clues::{Clues, Number};

/// How deep a schema that refers to itself is followed.
const DEEPEST: usize = 12;

/// An instance of `schema`.
pub(crate) fn instance(schema: &Value, clues: &mut Clues<'_>) -> Value {
    Maker { root: schema, clues }.make(schema, "", 0)
}

/// Names of properties that hold a place.
const PLACE_NAMES: [&str; 3] = ["city", "location", "place"];

/// Whether a property of this name holds a place.
pub(crate) fn is_place(property: &str) -> bool {
    let property = property.to_lowercase();
    PLACE_NAMES.iter().any(|name| property.contains(name))
}

struct Maker<'a, 'b, 'c> {
    root: &'a Value,
    clues: &'b mut Clues<'c>,
}

impl Maker<'_, '_, '_> {
    fn make(&mut self, schema: &Value, property: &str, depth: usize) -> Value {
        let schema = self.resolved(schema);
        let schema = &schema;
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(members) = schema.get("enum").and_then(Value::as_array) {
            return self.member(members, property);
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(variants) = schema.get(word).and_then(Value::as_array) {
                return self.variant(variants, property, depth);
            }
        }
        match self.kind(schema, property) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, property, depth),
            "string" => self.string(schema, property),
            "integer" => self.number(schema, property, true),
            "number" => self.number(schema, property, false),
            "boolean" => self.boolean(schema, property),
            _ => Value::Null,
        }
    }

    /// The schema with its references followed and the parts of `allOf` put together.
    fn resolved(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        for _ in 0..DEEPEST {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer));
            let mut target = target.cloned().unwrap_or_else(|| json!({}));
            // What stands beside a reference (a description, a default) goes with it.
            if let (Some(target), Some(schema)) = (target.as_object_mut(), schema.as_object()) {
                for (name, value) in schema {
                    if name != "$ref" {
                        target.entry(name.clone()).or_insert_with(|| value.clone());
                    }
                }
            }
            schema = target;
        }
        let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else {
            return schema;
        };
        let mut whole = schema.as_object().cloned().unwrap_or_default();
        whole.remove("allOf");
        for part in parts {
            merge(&mut whole, self.resolved(&part));
        }
        Value::Object(whole)
    }

    fn member(&mut self, members: &[Value], property: &str) -> Value {
        let word = |member: &Value| member.as_str().map_or_else(|| member.to_string(), str::to_owned);
        let hint = self.clues.hint(property);
        let hinted = hint.and_then(|hint| members.iter().find(|member| word(member) == hint));
        let mentioned = || {
            members
                .iter()
                .find(|member| !member.is_null() && self.clues.mentions(&word(member)))
        };
        hinted
            .or_else(mentioned)
            .or_else(|| members.first())
            .cloned()
            .unwrap_or(Value::Null)
    }

    /// The first variant that is not null; null when there is one and nothing speaks for the property.
    fn variant(&mut self, variants: &[Value], property: &str, depth: usize) -> Value {
        let is_null = |variant: &&Value| variant["type"] == "null";
        let nullable = variants.iter().any(|variant| is_null(&variant));
        if nullable && !self.clues.mentions(property) {
            return Value::Null;
        }
        match variants.iter().find(|variant| !is_null(variant)) {
            Some(variant) => self.make(variant, property, depth + 1),
            None => Value::Null,
        }
    }

    /// The type to make, null where that is allowed and nothing speaks for the property.
    fn kind<'s>(&self, schema: &'s Value, property: &str) -> &'s str {
        match schema.get("type") {
            Some(Value::String(kind)) => {
                if schema["nullable"] == true && !self.clues.mentions(property) {
                    return "null";
                }
                // Gemini writes types in capitals.
                match kind.as_str() {
                    "OBJECT" => "object",
                    "ARRAY" => "array",
                    "STRING" => "string",
                    "INTEGER" => "integer",
                    "NUMBER" => "number",
                    "BOOLEAN" => "boolean",
                    kind => kind,
                }
            }
            Some(Value::Array(kinds)) => {
                let nullable = kinds.iter().any(|kind| kind == "null");
                if nullable && !self.clues.mentions(property) {
                    return "null";
                }
                kinds
                    .iter()
                    .filter_map(Value::as_str)
                    .find(|kind| *kind != "null")
                    .unwrap_or("null")
            }
            _ if schema.get("properties").is_some() => "object",
            _ if schema.get("items").is_some() => "array",
            _ => "string",
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(object);
        };
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, property) in properties {
            let wanted = if required.is_empty() {
                depth < DEEPEST
            } else {
                required.contains(&name.as_str()) || (depth < DEEPEST && self.clues.mentions(name))
            };
            if wanted {
                object.insert(name.clone(), self.make(property, name, depth + 1));
            }
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &Value, property: &str, depth: usize) -> Value {
        if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
            return items
                .iter()
                .map(|item| self.make(item, property, depth + 1))
                .collect();
        }
        let Some(item) = schema.get("items").filter(|item| item.is_object()) else {
            return json!([]);
        };
        let least = schema.get("minItems").and_then(Value::as_u64);
        let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let count = if depth >= DEEPEST {
            least.unwrap_or(0)
        } else {
            least.unwrap_or(1).max(1)
        };
        (0..count.min(most))
            .map(|_| self.make(item, property, depth + 1))
            .collect()
    }

    fn string(&mut self, schema: &Value, property: &str) -> Value {
        if let Some(hint) = self.clues.hint(property) {
            return Value::from(hint);
        }
        if let Some(quote) = self.clues.quote() {
            return Value::from(quote);
        }
        if is_place(property)
            && let Some(place) = self.clues.place()
        {
            return Value::from(place);
        }
        if let Some(default) = schema.get("default").filter(|default| default.is_string()) {
            return default.clone();
        }
        Value::from(placeholder(schema, property))
    }

    fn number(&mut self, schema: &Value, property: &str, whole: bool) -> Value {
        let bounds = Bounds::of(schema);
        let fits =
            |number: Number| (!whole || matches!(number, Number::Whole(_))) && bounds.allow(number.as_f64());
        let hint = self.clues.hint(property).and_then(|hint| {
            let whole = hint.parse().map(Number::Whole).ok();
            whole.or_else(|| hint.parse().map(Number::Decimal).ok())
        });
        let number = match hint.filter(|number| fits(*number)) {
            Some(hint) => {
                // The number in the hint is used up.
                let _ = self.clues.number(|number| number == hint);
                Some(hint)
            }
            None => self.clues.number(fits),
        };
        match number {
            Some(Number::Whole(number)) => Value::from(number),
            Some(Number::Decimal(number)) => Value::from(number),
            None => match schema.get("default").filter(|default| default.is_number()) {
                Some(default) => default.clone(),
                None => bounds.some(whole),
            },
        }
    }

    fn boolean(&mut self, schema: &Value, property: &str) -> Value {
        match self.clues.hint(property).map(str::to_lowercase).as_deref() {
            Some("true" | "yes" | "on") => Value::from(true),
            Some("false" | "no" | "off") => Value::from(false),
            _ => schema
                .get("default")
                .filter(|default| default.is_boolean())
                .cloned()
                .unwrap_or(Value::from(true)),
        }
    }
}

/// Puts a part of `allOf` into the whole; properties and required names of both are kept.
fn merge(whole: &mut Map<String, Value>, part: Value) {
    let Value::Object(part) = part else { return };
    for (name, value) in part {
        match (whole.get_mut(&name), value) {
            (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
            (Some(Value::Array(have)), Value::Array(more)) if name == "required" => have.extend(more),
            (Some(_), _) => {}
            (None, value) => {
                whole.insert(name, value);
            }
        }
    }
}

/// What a number may be.
struct Bounds {
    least: f64,
    most: f64,
    step: Option<f64>,
}

impl Bounds {
    fn of(schema: &Value) -> Self {
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let step = number("multipleOf").filter(|step| *step > 0.0);
        let gap = step.unwrap_or(1.0);
        let least = number("minimum").or(number("exclusiveMinimum").map(|least| least + gap));
        let most = number("maximum").or(number("exclusiveMaximum").map(|most| most - gap));
        Self {
            least: least.unwrap_or(f64::NEG_INFINITY),
            most: most.unwrap_or(f64::INFINITY),
            step,
        }
    }

    fn allow(&self, number: f64) -> bool {
        let on_step = self
            .step
            .is_none_or(|step| (number / step - (number / step).round()).abs() < 1e-9);
        (self.least..=self.most).contains(&number) && on_step
    }

    /// A number within the bounds.
    fn some(&self, whole: bool) -> Value {
        let mut number = 1.0_f64.clamp(self.least, self.most.max(self.least));
        if let Some(step) = self.step {
            number = (number / step).ceil() * step;
        }
        if whole {
            return Value::from(number.ceil() as i64);
        }
        Value::from(number)
    }
}

/// A text that satisfies format and lengths.
fn placeholder(schema: &Value, property: &str) -> String {
    let mut text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-01".to_owned(),
        Some("date-time") => "2026-01-01T00:00:00Z".to_owned(),
        Some("time") => "12:00:00Z".to_owned(),
        Some("duration") => "PT1H".to_owned(),
        Some("email") => "user@example.com".to_owned(),
        Some("uri" | "url") => "https://example.com/".to_owned(),
        Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
        Some("hostname") => "example.com".to_owned(),
        Some("ipv4") => "192.0.2.1".to_owned(),
        Some("ipv6") => "2001:db8::1".to_owned(),
        _ if property.is_empty() => "example".to_owned(),
        _ => format!("example {}", property.replace('_', " ")),
    };
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0) as usize;
    let most = schema
        .get("maxLength")
        .and_then(Value::as_u64)
        .map(|most| most as usize);
    let length = text.chars().count();
    if length < least {
        text.extend(std::iter::repeat_n('x', (least - length).min(1 << 16)));
    }
    match most.and_then(|most| text.char_indices().nth(most)) {
        Some((cut, _)) => text[..cut].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(schema: Value, text: &str) -> Value {
        instance(&schema, &mut Clues::new(text))
    }

    #[test]
    fn fills_a_record_from_hints() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "age": {"type": "integer", "minimum": 0},
                "role": {"type": "string", "enum": ["engineer", "doctor", "teacher"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "address": {"$ref": "#/$defs/Address"},
                "nickname": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
            "required": ["name", "age", "role", "tags", "address", "nickname"],
            "$defs": {"Address": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
        });
        assert_eq!(
            made(
                schema,
                "Extract this record. name: Alice, age: 31, role: doctor, city: Lisbon."
            ),
            json!({
                "name": "Alice", "age": 31, "role": "doctor", "tags": ["example tags"],
                "address": {"city": "Lisbon"}, "nickname": null,
            })
        );
    }

    #[test]
    fn optional_properties_are_left_out_unless_mentioned() {
        let schema = json!({
            "properties": {"a": {"type": "integer"}, "unit": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["a"],
        });
        assert_eq!(made(schema.clone(), "Take 7"), json!({"a": 7}));
        assert_eq!(made(schema, "Take 7, days=3"), json!({"a": 7, "days": 3}));
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let schema = json!({
            "$ref": "#/$defs/Node",
            "$defs": {"Node": {"type": "object", "properties": {
                "value": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            }}},
        });
        assert!(made(schema, "x").is_object());
    }

    #[test]
    fn bounds_and_lengths_hold() {
        assert_eq!(
            made(json!({"type": "integer", "exclusiveMinimum": 4}), "3"),
            json!(5)
        );
        assert_eq!(
            made(json!({"type": "number", "multipleOf": 0.5, "minimum": 2}), ""),
            json!(2.0)
        );
        assert_eq!(made(json!({"type": "string", "maxLength": 3}), ""), json!("exa"));
    }
}
