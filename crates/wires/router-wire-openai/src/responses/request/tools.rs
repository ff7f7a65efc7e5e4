//! Tools, and the choice of one.

use router_core::{ChatRequest, Text, ToolDefinition};
use router_wire::write::extra_fields;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::responses::WIRE;

#[derive(Serialize)]
pub(super) struct NamedTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a Text,
}

impl<'a> NamedTool<'a> {
    pub(super) fn new(request: &ChatRequest, name: &'a Text) -> Self {
        let custom = request
            .tools
            .iter()
            .any(|tool| matches!(tool, ToolDefinition::Custom(tool) if tool.name == *name));
        Self {
            kind: if custom { "custom" } else { "function" },
            name,
        }
    }
}

pub(super) struct Tool<'a>(pub(super) &'a ToolDefinition);

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = match self.0 {
            ToolDefinition::Provider(tool) => return tool.raw.serialize(serializer),
            _ => serializer.serialize_map(None)?,
        };
        match self.0 {
            ToolDefinition::Function(tool) => {
                map.serialize_entry("type", "function")?;
                map.serialize_entry("name", &tool.name)?;
                if let Some(description) = &tool.description {
                    map.serialize_entry("description", description)?;
                }
                map.serialize_entry("parameters", &tool.parameters)?;
                // The API holds tools to their schema unless told not to.
                if tool.extra.get(WIRE, "strict").is_none() {
                    map.serialize_entry("strict", &tool.strict.unwrap_or(false))?;
                }
                extra_fields(&mut map, &tool.extra, WIRE)?;
            }
            ToolDefinition::Custom(tool) => {
                map.serialize_entry("type", "custom")?;
                map.serialize_entry("name", &tool.name)?;
                if let Some(description) = &tool.description {
                    map.serialize_entry("description", description)?;
                }
                if let Some(format) = &tool.format {
                    map.serialize_entry("format", format)?;
                }
                extra_fields(&mut map, &tool.extra, WIRE)?;
            }
            _ => {
                return Err(serde::ser::Error::custom(
                    "a kind of tool that this wire does not have",
                ));
            }
        }
        map.end()
    }
}
