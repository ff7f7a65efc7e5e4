//! Tools, and the choice of one.

use router_core::{ChatRequest, Extra, Text, ToolDefinition};
use router_wire::object::Object;
use router_wire::write::{extra_fields_but, inner_fields};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::chat::WIRE;
use crate::dialect::Dialect;

/// The choice of one tool by its name.
pub(super) struct NamedTool<'a> {
    pub(super) request: &'a ChatRequest,
    pub(super) name: &'a Text,
}

impl Serialize for NamedTool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Name<'a>(&'a Text, &'a Extra, &'static str);
        impl Serialize for Name<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("name", self.0)?;
                inner_fields(&mut map, self.1, WIRE, self.2)?;
                map.end()
            }
        }
        let custom = self
            .request
            .tools
            .iter()
            .any(|tool| matches!(tool, ToolDefinition::Custom(tool) if tool.name == *self.name));
        let kind = if custom { "custom" } else { "function" };
        let kept = self.request.extra.get(WIRE, "tool_choice");
        let kept = kept.and_then(|json| serde_json::from_str::<Object<'_>>(json.as_str()).ok());
        let kept = kept.map(|object| object.rest(WIRE)).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry(kind, &Name(self.name, &kept, kind))?;
        extra_fields_but(&mut map, &kept, WIRE, &["function", "custom"])?;
        map.end()
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
                extra_fields_but(&mut map, &tool.extra, WIRE, &["function"])?;
                if let Some(mark) = tool.cache.as_ref().filter(|_| self.dialect.cache_control) {
                    map.serialize_entry("cache_control", &CacheControl::of(mark))?;
                }
                map.end()
            }
            ToolDefinition::Custom(tool) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "custom")?;
                map.serialize_entry("custom", &Custom(tool))?;
                extra_fields_but(&mut map, &tool.extra, WIRE, &["custom"])?;
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
        inner_fields(&mut map, &tool.extra, WIRE, "function")?;
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
        inner_fields(&mut map, &self.0.extra, WIRE, "custom")?;
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
