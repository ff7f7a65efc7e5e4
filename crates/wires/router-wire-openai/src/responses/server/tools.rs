//! Tools, and the choice of one.

use router_core::content::Opaque;
use router_core::tool::{CustomTool, FunctionTool};
use router_core::{Json, Result, Text, ToolChoice, ToolDefinition};
use router_wire::object::{Object, invalid, is_string};
use serde_json::value::RawValue;

use super::request::read;
use crate::responses::WIRE;

pub(super) fn tool(raw: &RawValue, at: usize) -> Result<ToolDefinition> {
    let mut fields = Object::of(raw, format!("tools[{at}]"))?;
    match fields.required_text("type")?.as_str() {
        "function" => {
            let mut tool = FunctionTool::new(fields.required_text("name")?);
            tool.description = fields.text("description")?;
            tool.parameters = fields.json("parameters");
            tool.strict = fields.read("strict")?;
            tool.extra = fields.rest(WIRE);
            if tool.strict.is_none() {
                tool.extra
                    .insert(Text::from_static(WIRE), Text::from_static("strict"), Json::null());
            }
            Ok(ToolDefinition::Function(tool))
        }
        "custom" => {
            let mut tool = CustomTool::new(fields.required_text("name")?);
            tool.description = fields.text("description")?;
            tool.format = fields.json("format");
            tool.extra = fields.rest(WIRE);
            Ok(ToolDefinition::Custom(tool))
        }
        _ => Ok(ToolDefinition::Provider(Opaque::new(
            crate::WIRE,
            Json::from_raw(raw),
        ))),
    }
}

pub(super) fn tool_choice(raw: &RawValue) -> Result<ToolChoice> {
    if is_string(raw) {
        return match read::<Text>(raw, "tool_choice")?.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(invalid("tool_choice", "must be auto, none, required or a tool")),
        };
    }
    let mut fields = Object::of(raw, "tool_choice")?;
    match (fields.text("type")?.as_deref(), fields.text("name")?) {
        (Some("function" | "custom"), Some(name)) => Ok(ToolChoice::Tool(name)),
        _ => Ok(ToolChoice::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)))),
    }
}
