//! Tools, and whether they have to be called.

use router_core::tool::FunctionTool;
use router_core::{Json, Text, ToolDefinition};
use router_wire::object::Object;
use router_wire::write::extra_fields;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::blocks::Cache;
use super::plan::Choice;
use crate::MESSAGES;

/// A tool of which only the name is known.
pub(super) struct Named<'a>(pub(super) &'a Text);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.0)?;
        map.serialize_entry("input_schema", &InputSchema(None))?;
        map.end()
    }
}

pub(super) struct Tool<'a> {
    pub(super) definition: &'a ToolDefinition,
    /// The schema in the vendor's subset, where it had to be changed.
    pub(super) schema: Option<&'a Json>,
    pub(super) strict_taken: bool,
}

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.definition {
            ToolDefinition::Provider(tool) => tool.raw.serialize(serializer),
            ToolDefinition::Function(tool) => self.function(tool, serializer),
            _ => Err(serde::ser::Error::custom(
                "a kind of tool that this wire does not have",
            )),
        }
    }
}

impl Tool<'_> {
    fn function<S: Serializer>(&self, tool: &FunctionTool, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        if let Some(description) = &tool.description {
            map.serialize_entry("description", description)?;
        }
        map.serialize_entry(
            "input_schema",
            &InputSchema(self.schema.or(tool.parameters.as_ref())),
        )?;
        if let Some(strict) = tool.strict.filter(|_| self.strict_taken) {
            map.serialize_entry("strict", &strict)?;
        }
        if let Some(mark) = &tool.cache {
            map.serialize_entry("cache_control", &Cache(mark))?;
        }
        extra_fields(&mut map, &tool.extra, MESSAGES)?;
        map.end()
    }
}

/// A schema of arguments, which has to say that it is of an object.
struct InputSchema<'a>(Option<&'a Json>);

impl Serialize for InputSchema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = self
            .0
            .and_then(|schema| serde_json::from_str::<&RawValue>(schema.as_str()).ok());
        let Some(fields) = raw.and_then(|raw| Object::of(raw, "input_schema").ok()) else {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("type", "object")?;
            return map.end();
        };
        if fields.peek("type").is_some() {
            return raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        for (name, value) in fields.into_fields().filter(|(name, _)| name != "type") {
            map.serialize_entry(&name, value)?;
        }
        map.end()
    }
}

pub(super) struct ChoiceObject<'a> {
    pub(super) choice: Choice<'a>,
    pub(super) one_call: Option<bool>,
}

impl Serialize for ChoiceObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.choice {
            Choice::Auto | Choice::Raw(_) => map.serialize_entry("type", "auto")?,
            Choice::None => map.serialize_entry("type", "none")?,
            Choice::Any => map.serialize_entry("type", "any")?,
            Choice::Tool(name) => {
                map.serialize_entry("type", "tool")?;
                map.serialize_entry("name", name)?;
            }
        }
        if let Some(one_call) = self.one_call {
            map.serialize_entry("disable_parallel_tool_use", &one_call)?;
        }
        map.end()
    }
}
