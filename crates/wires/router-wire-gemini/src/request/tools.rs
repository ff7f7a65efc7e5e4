//! Writes tools and how they are to be used.

use router_core::chat::ChatRequest;
use router_core::tool::FunctionTool;
use router_core::{Json, Text, ToolChoice, ToolDefinition};
use router_wire::write::Seq;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::parts::{OWN_SCHEMA, is_noted, write_unnamed};
use crate::rules::{Rules, Service};

/// All functions in one object, then the vendor's own tools.
pub(super) struct Tools<'a> {
    pub(super) tools: &'a [ToolDefinition],
    pub(super) rules: &'a Rules,
}

fn functions(tools: &[ToolDefinition]) -> impl Iterator<Item = &FunctionTool> {
    tools.iter().filter_map(|tool| match tool {
        ToolDefinition::Function(tool) => Some(tool),
        _ => None,
    })
}

fn is_own(tool: &ToolDefinition) -> bool {
    matches!(tool, ToolDefinition::Provider(_))
}

/// Whether the caller's functions stand beside tools that the vendor runs.
pub(super) fn are_mixed(tools: &[ToolDefinition]) -> bool {
    functions(tools).next().is_some() && tools.iter().any(is_own)
}

impl Serialize for Tools<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        if functions(self.tools).next().is_some() {
            seq.serialize_element(&Declarations(self))?;
        }
        for tool in self.tools {
            if let ToolDefinition::Provider(tool) = tool {
                seq.serialize_element(&tool.raw)?;
            }
        }
        seq.end()
    }
}

struct Declarations<'a>(&'a Tools<'a>);

impl Serialize for Declarations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Tools { tools, rules } = self.0;
        let declared = || functions(tools).map(|tool| Function { tool, rules });
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("functionDeclarations", &Seq(declared))?;
        map.end()
    }
}

struct Function<'a> {
    tool: &'a FunctionTool,
    rules: &'a Rules,
}

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { tool, rules } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        if let Some(description) = &tool.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(schema) = &tool.parameters {
            if is_noted(&tool.extra, OWN_SCHEMA) {
                map.serialize_entry("parameters", schema)?;
            } else if rules.empty_parameters || has_fields(schema) {
                map.serialize_entry("parametersJsonSchema", schema)?;
            }
        }
        write_unnamed(&mut map, &tool.extra)?;
        map.end()
    }
}

/// Whether a schema says more than that there is an object.
fn has_fields(schema: &Json) -> bool {
    let value = schema.to_value();
    let has_some = |name: &str| value[name].as_object().is_some_and(|fields| !fields.is_empty());
    let says_more = |name: &str| !["type", "properties", "required", "additionalProperties"].contains(&name);
    let mut names = value.as_object().into_iter().flat_map(serde_json::Map::keys);
    has_some("properties") || names.any(|name| says_more(name))
}

/// How tools are to be used.
pub(super) struct ToolConfig<'a> {
    choice: Option<&'a ToolChoice>,
    /// Whether arguments are held to their schema.
    strict: bool,
    /// Whether calls that the vendor runs are to be part of the answer: asked for where the caller's functions stand beside them.
    show_own_calls: bool,
}

impl<'a> ToolConfig<'a> {
    /// What is said of the tools of a request; nothing when the vendor's defaults are asked for.
    pub(super) fn of(service: &Service, rules: &Rules, request: &'a ChatRequest) -> Option<Self> {
        let strict = functions(&request.tools).any(|tool| tool.strict == Some(true));
        let config = Self {
            choice: request.tool_choice.as_ref(),
            strict,
            show_own_calls: service.own_calls && rules.mixed_tools && are_mixed(&request.tools),
        };
        (config.choice.is_some() || config.strict || config.show_own_calls).then_some(config)
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Calling<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a Text; 1]>,
}

impl Serialize for ToolConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let calling = |mode, name| Calling {
            mode,
            allowed_function_names: name,
        };
        let calling = match self.choice {
            Some(ToolChoice::Opaque(choice)) => return choice.raw.serialize(serializer),
            Some(ToolChoice::None) => Some(calling("NONE", None)),
            Some(ToolChoice::Required) => Some(calling("ANY", None)),
            Some(ToolChoice::Tool(name)) => Some(calling("ANY", Some([name]))),
            _ if self.strict => Some(calling("VALIDATED", None)),
            Some(_) => Some(calling("AUTO", None)),
            None => None,
        };
        let mut map = serializer.serialize_map(None)?;
        if let Some(calling) = calling {
            map.serialize_entry("functionCallingConfig", &calling)?;
        }
        if self.show_own_calls {
            map.serialize_entry("includeServerSideToolInvocations", &true)?;
        }
        map.end()
    }
}
