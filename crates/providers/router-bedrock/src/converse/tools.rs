//! Tools, and whether they have to be called.

use router_core::content::Opaque;
use router_core::tool::FunctionTool;
use router_core::{ChatRequest, Json, Text, ToolDefinition};
use router_wire::provenance::Speaker;
use router_wire::write::{extra_fields_but, inner_fields};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use super::WIRE;
use super::blocks::{CachePoint, One};
use super::plan::{Choice, Plan, Tools};

/// The object `toolConfig`.
pub(super) struct ToolConfig<'a> {
    pub(super) request: &'a ChatRequest,
    pub(super) plan: &'a Plan<'a>,
    pub(super) speaker: &'a Speaker,
}

impl Serialize for ToolConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.plan.tools {
            Tools::None => {}
            Tools::Offered => map.serialize_entry("tools", &Offered(self))?,
            Tools::OfHistory(names) => map.serialize_entry("tools", &OfHistory(names))?,
        }
        match self.plan.choice {
            Some(Choice::Auto) => map.serialize_entry("toolChoice", &One("auto", &Json::empty_object()))?,
            Some(Choice::Any) => map.serialize_entry("toolChoice", &One("any", &Json::empty_object()))?,
            Some(Choice::Tool(name)) => {
                map.serialize_entry("toolChoice", &One("tool", &One("name", name)))?
            }
            None => {}
        }
        inner_fields(&mut map, &self.request.extra, WIRE, "toolConfig")?;
        map.end()
    }
}

struct Offered<'a>(&'a ToolConfig<'a>);

impl Serialize for Offered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.0;
        let mut seq = serializer.serialize_seq(None)?;
        for tool in &config.request.tools {
            match tool {
                ToolDefinition::Function(tool) => {
                    let spec = Spec {
                        tool,
                        strict: tool.strict.filter(|_| config.plan.strict_tools),
                    };
                    seq.serialize_element(&One("toolSpec", &spec))?;
                    if let Some(mark) = &tool.cache {
                        seq.serialize_element(&One("cachePoint", &CachePoint(mark)))?;
                    }
                }
                ToolDefinition::Provider(tool) => {
                    if let Some(Opaque { raw, .. }) = config.speaker.opaque(tool) {
                        seq.serialize_element(raw)?;
                    }
                }
                _ => {}
            }
        }
        seq.end()
    }
}

struct Spec<'a> {
    tool: &'a FunctionTool,
    strict: Option<bool>,
}

impl Serialize for Spec<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tool = self.tool;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        // The vendor refuses an empty one.
        if let Some(description) = tool.description.as_ref().filter(|text| !text.trim().is_empty()) {
            map.serialize_entry("description", description)?;
        }
        match &tool.parameters {
            Some(schema) => map.serialize_entry("inputSchema", &One("json", schema))?,
            None => map.serialize_entry("inputSchema", &One("json", &Empty))?,
        }
        if let Some(strict) = self.strict {
            map.serialize_entry("strict", &strict)?;
        }
        extra_fields_but(&mut map, &tool.extra, WIRE, &[])?;
        map.end()
    }
}

struct OfHistory<'a>(&'a [&'a Text]);

impl Serialize for OfHistory<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|name| Named(name)))
    }
}

struct Named<'a>(&'a Text);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Bare<'a> {
            name: &'a Text,
            input_schema: One<'a, Empty>,
        }
        let bare = Bare {
            name: self.0,
            input_schema: One("json", &Empty),
        };
        One("toolSpec", &bare).serialize(serializer)
    }
}

/// The schema of an object of which nothing is said.
struct Empty;

impl Serialize for Empty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Json::empty_object())?;
        map.end()
    }
}
