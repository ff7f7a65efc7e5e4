//! What Claude takes of the settings, as its own wire decides it: thinking, sampling, demanded calls.

use router_core::{Call, ChatRequest, Json, Result, Text, ToolChoice, ToolDefinition};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire_anthropic as anthropic;

/// The settings that Claude's own wire would send.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) max_tokens: Option<u64>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    /// Fields that Converse passes on to the model.
    pub(super) fields: Vec<(Text, Json)>,
    /// The kind of tool choice: `auto`, `any`, `tool` or `none`.
    pub(super) choice: Option<Text>,
}

/// Settles the settings of a request.
///
/// # Errors
/// `Unsupported` for what is dropped or changed when the request is strict.
pub(super) fn settle(call: &Call, request: &ChatRequest, warnings: &mut Warnings) -> Result<Settled> {
    let (given, mut slim) = (&request.settings, ChatRequest::user("-"));
    slim.strict = request.strict;
    slim.settings.max_output_tokens = given.max_output_tokens;
    slim.settings.temperature = given.temperature;
    slim.settings.top_p = given.top_p;
    slim.settings.top_k = given.top_k;
    slim.settings.reasoning.clone_from(&given.reasoning);
    if let Some(choice @ (ToolChoice::Auto | ToolChoice::Required | ToolChoice::Tool(_))) =
        &request.tool_choice
    {
        let functions = request.tools.iter();
        let functions = functions.filter(|tool| matches!(tool, ToolDefinition::Function(_)));
        slim.tools = functions.cloned().collect();
        slim.tool_choice = Some(choice.clone());
    }
    let service = anthropic::Service::cloud(anthropic::request::VERSION, false);
    let speaker = Speaker::new(anthropic::WIRE.into(), anthropic::WIRE);
    let (body, noted) = anthropic::request::body(&service, &speaker, call, &slim)?;
    for warning in noted {
        warnings.add(warning)?;
    }
    let mut body = Object::parse(&body)?;
    let mut fields = Vec::new();
    for name in ["thinking", "output_config", "top_k"] {
        if let Some(json) = body.json(name) {
            fields.push((Text::from_static(name), json));
        }
    }
    // A bound on thinking needs room above it; else the vendor's own limit holds.
    let bound = fields
        .iter()
        .any(|(_, json)| json.as_str().contains("budget_tokens"));
    let max_tokens = body.read("max_tokens")?;
    Ok(Settled {
        max_tokens: max_tokens.filter(|_| bound || given.max_output_tokens.is_some()),
        temperature: body.read("temperature")?,
        top_p: body.read("top_p")?,
        fields,
        choice: match body.object("tool_choice")? {
            Some(mut choice) => choice.text("type")?,
            None => None,
        },
    })
}
