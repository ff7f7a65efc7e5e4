//! Tools, and how they are to be used.

use router_core::content::Opaque;
use router_core::tool::FunctionTool;
use router_core::{ChatRequest, Json, Result, Text, ToolChoice, ToolDefinition};
use router_wire::object::Object;
use serde_json::value::RawValue;

use super::{object, value};
use crate::WIRE;
use crate::parts::{OWN_SCHEMA, note};

/// Reads an object of tools: functions, and the vendor's own ones.
pub(super) fn read(raw: &RawValue, place: usize, found: &mut Vec<ToolDefinition>) -> Result<()> {
    let mut fields = object(raw, format!("tools[{place}]"))?;
    let path = fields.path_of("functionDeclarations");
    for (at, raw) in fields.list("functionDeclarations")?.into_iter().enumerate() {
        found.push(function(object(raw, format!("{path}[{at}]"))?)?);
    }
    // The vendor's own tools may stand in the same object: one each.
    for (name, raw) in fields.into_fields().filter(|(_, raw)| raw.get() != "null") {
        let own = std::collections::BTreeMap::from([(name.as_str(), raw)]);
        found.push(ToolDefinition::Provider(Opaque::new(WIRE, Json::of(&own)?)));
    }
    Ok(())
}

fn function(mut fields: Object<'_>) -> Result<ToolDefinition> {
    let mut tool = FunctionTool::new(fields.required_text("name")?);
    tool.description = fields.text("description")?;
    let json_schema = fields.take("parametersJsonSchema");
    let own_schema = fields.take("parameters");
    tool.parameters = json_schema.or(own_schema).map(Json::from_raw);
    tool.extra = fields.rest(WIRE);
    if own_schema.is_some() && json_schema.is_none() {
        note(&mut tool.extra, OWN_SCHEMA);
    }
    Ok(ToolDefinition::Function(tool))
}

/// Reads `toolConfig`. What our types do not say is kept as it is.
pub(super) fn choice(raw: &RawValue, chat: &mut ChatRequest) -> Result<()> {
    let mut fields = object(raw, "toolConfig")?;
    let calling = fields.object("functionCallingConfig")?;
    let known = match calling {
        Some(calling) if fields.is_empty() => known(calling)?,
        _ => None,
    };
    chat.tool_choice =
        Some(known.unwrap_or_else(|| ToolChoice::Opaque(Opaque::new(WIRE, Json::from_raw(raw)))));
    Ok(())
}

fn known(mut calling: Object<'_>) -> Result<Option<ToolChoice>> {
    let mode = calling.text("mode")?.unwrap_or_default();
    let names: Vec<Text> = match calling.take("allowedFunctionNames") {
        Some(raw) => value(raw, "toolConfig.functionCallingConfig.allowedFunctionNames")?,
        None => Vec::new(),
    };
    if !calling.is_empty() {
        return Ok(None);
    }
    Ok(match (mode.to_uppercase().as_str(), names.as_slice()) {
        ("AUTO" | "", []) => Some(ToolChoice::Auto),
        ("NONE", []) => Some(ToolChoice::None),
        ("ANY", []) => Some(ToolChoice::Required),
        ("ANY", [name]) => Some(ToolChoice::Tool(name.clone())),
        _ => None,
    })
}
