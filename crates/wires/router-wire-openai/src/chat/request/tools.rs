//! Tools, and the choice of one.

use router_core::{ChatRequest, Text, ToolDefinition};
use router_wire::write::extra_fields;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::chat::WIRE;
use crate::dialect::Dialect;

#[derive(Serialize)]
pub(super) struct Name<'a> {
    name: &'a Text,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum NamedTool<'a> {
    Function {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Name<'a>,
    },
    Custom {
        #[serde(rename = "type")]
        kind: &'static str,
        custom: Name<'a>,
    },
}

impl<'a> NamedTool<'a> {
    pub(super) fn new(request: &ChatRequest, name: &'a Text) -> Self {
        let custom = request
            .tools
            .iter()
            .any(|tool| matches!(tool, ToolDefinition::Custom(tool) if tool.name == *name));
        if custom {
            Self::Custom {
                kind: "custom",
                custom: Name { name },
            }
        } else {
            Self::Function {
                kind: "function",
                function: Name { name },
            }
        }
    }
}

pub(super) struct Tool<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) tool: &'a ToolDefinition,
}

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.tool {
            ToolDefinition::Function(tool) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "function")?;
                map.serialize_entry(
                    "function",
                    &Function {
                        tool,
                        strict: self.dialect.strict_tools,
                    },
                )?;
                if let Some(mark) = tool.cache.as_ref().filter(|_| self.dialect.cache_control) {
                    map.serialize_entry("cache_control", &CacheControl::of(mark))?;
                }
                map.end()
            }
            ToolDefinition::Custom(tool) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "custom")?;
                map.serialize_entry("custom", &Custom(tool))?;
                map.end()
            }
            ToolDefinition::Provider(tool) => tool.raw.serialize(serializer),
            _ => Err(serde::ser::Error::custom(
                "a kind of tool that this wire does not have",
            )),
        }
    }
}

struct Function<'a> {
    tool: &'a router_core::tool::FunctionTool,
    strict: bool,
}

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let tool = self.tool;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        if let Some(description) = &tool.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(parameters) = &tool.parameters {
            map.serialize_entry("parameters", parameters)?;
        }
        if let Some(strict) = tool.strict.filter(|_| self.strict) {
            map.serialize_entry("strict", &strict)?;
        }
        extra_fields(&mut map, &tool.extra, WIRE)?;
        map.end()
    }
}

struct Custom<'a>(&'a router_core::tool::CustomTool);

impl Serialize for Custom<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.0.name)?;
        if let Some(description) = &self.0.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(format) = &self.0.format {
            map.serialize_entry("format", format)?;
        }
        extra_fields(&mut map, &self.0.extra, WIRE)?;
        map.end()
    }
}

#[derive(Serialize)]
pub(super) struct CacheControl<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'a Text>,
}

impl<'a> CacheControl<'a> {
    pub(super) fn of(mark: &'a router_core::CacheMark) -> Self {
        Self {
            kind: "ephemeral",
            ttl: mark.ttl.as_ref(),
        }
    }
}
