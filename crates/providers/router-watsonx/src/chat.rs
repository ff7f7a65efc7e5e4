//! A chat as watsonx.ai takes it: OpenAI's body, with other names for the model and the choice of a tool.

use std::borrow::Cow;

use router_core::{
    Call, ChatRequest, Error, ErrorKind, Json, ReasoningEffort, Result, ToolDefinition, Warning,
};
use router_wire::object::{Object, invalid, is_string};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::{Encoded, HttpRequest};
use router_wire_openai::Dialect;
use router_wire_openai::chat::request;
use router_wire_openai::dialect::ReasoningReplay;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::place::Place;

/// What a model's name begins with when it is one that the caller has deployed.
const DEPLOYMENT: &str = "deployment/";

/// What differs from OpenAI's chat completions beside the names.
pub(crate) fn dialect() -> Dialect {
    let mut dialect = Dialect::default().without(&[
        "audio",
        "metadata",
        "modalities",
        "parallel_tool_calls",
        "prompt_cache_key",
        "service_tier",
        "store",
        "top_k",
        "verbosity",
    ]);
    dialect.user_field = None;
    dialect.stop_max = Some(4);
    dialect.strict_tools = false;
    // Counts stand at the end of every stream.
    dialect.stream_options = false;
    dialect.image_urls = false;
    dialect.files = false;
    dialect.audio = false;
    dialect.video = false;
    dialect.efforts = [("minimal", "low"), ("xhigh", "high"), ("max", "high")]
        .map(|(ours, theirs)| (Cow::Borrowed(ours), Cow::Borrowed(theirs)))
        .to_vec();
    dialect.reasoning_replay = ReasoningReplay::Never;
    dialect
}

pub(crate) fn encode(
    dialect: &Dialect,
    speaker: &Speaker,
    place: &Place,
    call: &Call,
    request: &ChatRequest,
) -> Result<Encoded> {
    if request.messages.is_empty() {
        return Err(invalid("messages", "at least one is needed"));
    }
    let deployed = call.model.as_str().strip_prefix(DEPLOYMENT);
    if deployed.is_none() {
        place.check(&request.provider_options, speaker.provider())?;
    }
    let include_reasoning = request
        .settings
        .reasoning
        .as_ref()
        .and_then(|wanted| wanted.include_thoughts);
    let (request, warnings) = prepared(request)?;
    let mut encoded = request::encode(dialect, speaker, call, &request, &[])?;
    let body = Body {
        fields: Object::parse(&encoded.request.body)?.into_fields().collect(),
        place,
        deployed: deployed.is_some(),
        include_reasoning,
    };
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        let message = format!("request is not representable: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let stream = if encoded.streams { "_stream" } else { "" };
    let path = match deployed {
        Some(id) => {
            let id = router_wire::message::percent_encoded(id);
            format!("/ml/v1/deployments/{id}/text/chat{stream}")
        }
        None => format!("/ml/v1/text/chat{stream}"),
    };
    encoded.request = HttpRequest::post_json(place.path(&path), bytes);
    encoded.warnings.extend(warnings);
    Ok(encoded)
}

/// The request without what has no place in OpenAI's body here.
fn prepared(request: &ChatRequest) -> Result<(Cow<'_, ChatRequest>, Vec<Warning>)> {
    let mut warnings = Warnings::new(request.strict);
    let mut request = Cow::Borrowed(request);
    if let Some(reasoning) = &request.settings.reasoning {
        let off = reasoning.effort == Some(ReasoningEffort::None);
        if off {
            warnings.dropped("reasoning", "models of this vendor cannot be told not to think")?;
        }
        if off || reasoning.include_thoughts.is_some() {
            let reasoning = &mut request.to_mut().settings.reasoning;
            // It has a field of its own.
            if let Some(reasoning) = reasoning.as_mut().filter(|_| !off) {
                reasoning.include_thoughts = None;
            } else {
                *reasoning = None;
            }
        }
    }
    let closed = |tool: &ToolDefinition| {
        matches!(tool, ToolDefinition::Function(tool)
        if tool.parameters.as_ref().is_some_and(|schema| schema.as_str().contains(CLOSED)))
    };
    if request.tools.iter().any(closed) {
        let mut changed = false;
        for tool in &mut request.to_mut().tools {
            if let ToolDefinition::Function(tool) = tool
                && let Some(parameters) = &mut tool.parameters
            {
                let mut schema: Value = parameters.to()?;
                if open(&mut schema) {
                    *parameters = Json::from(schema);
                    changed = true;
                }
            }
        }
        if changed {
            warnings.changed(
                "tools.parameters",
                "without additionalProperties, which this vendor refuses",
            )?;
        }
    }
    Ok((request, warnings.into_list()))
}

const CLOSED: &str = "additionalProperties";

/// Takes the word out of a schema and the schemas in it, but not a property of that name.
fn open(schema: &mut Value) -> bool {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().map(open).fold(false, |one, other| one | other),
        Value::Object(fields) => {
            let mut changed = fields.remove(CLOSED).is_some();
            for (name, value) in fields {
                changed |= match name.as_str() {
                    "properties" | "$defs" | "definitions" | "patternProperties" => value
                        .as_object_mut()
                        .into_iter()
                        .flat_map(|named| named.values_mut())
                        .map(open)
                        .fold(false, |one, other| one | other),
                    // What is data and no schema.
                    "enum" | "const" | "default" | "examples" => false,
                    _ => open(value),
                };
            }
            changed
        }
        _ => false,
    }
}

struct Body<'a> {
    fields: Vec<(String, &'a RawValue)>,
    place: &'a Place,
    deployed: bool,
    include_reasoning: Option<bool>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let given = |name: &str| self.fields.iter().any(|(known, _)| known == name);
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            match name.as_str() {
                // A deployment has its model, and the path says whether it streams.
                "model" if self.deployed => {}
                "model" => map.serialize_entry("model_id", value)?,
                "stream" => {}
                "tool_choice" if is_string(value) => map.serialize_entry("tool_choice_option", value)?,
                _ => map.serialize_entry(name, value)?,
            }
        }
        if let Some(include) = self.include_reasoning.filter(|_| !given("include_reasoning")) {
            map.serialize_entry("include_reasoning", &include)?;
        }
        if !self.deployed
            && !given("project_id")
            && !given("space_id")
            && let Some(holder) = &self.place.holder
        {
            let (name, id) = holder.field();
            map.serialize_entry(name, id)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::open;

    #[test]
    fn schemas_are_opened_all_through() {
        let mut schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "additionalProperties": {"type": "string", "default": {"additionalProperties": 1}},
            "of": {"type": "array", "items": {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}]}},
        }});
        assert!(open(&mut schema));
        let opened = json!({"type": "object", "properties": {
            "additionalProperties": {"type": "string", "default": {"additionalProperties": 1}},
            "of": {"type": "array", "items": {"anyOf": [{"type": "object"}]}},
        }});
        assert_eq!(schema, opened);
        assert!(!open(&mut schema));
    }
}
