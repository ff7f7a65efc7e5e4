//! What of a request is sent to this model, decided once before anything is written.

use router_core::chat::{JsonSchemaFormat, ReasoningEffort};
use router_core::message::Role;
use router_core::{
    Call, ChatRequest, ContentPart, Json, Message, ResponseFormat, Result, Text, ToolChoice, ToolDefinition,
    Warning,
};
use router_wire::object::invalid;
use router_wire::warnings::Warnings;
use serde_json::json;

use super::claude;
use crate::models::Family;

/// What is sent.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) family: Family,
    pub(super) system: Vec<&'a Message>,
    pub(super) turns: Vec<Turn<'a>>,
    /// Names of documents, in their order.
    pub(super) documents: Vec<String>,
    /// What stands for a setting that the model does not have.
    pub(super) instruction: Option<String>,
    pub(super) max_tokens: Option<u64>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    /// Fields that are passed on to the model.
    pub(super) fields: Vec<(Text, Json)>,
    pub(super) schema: Option<&'a JsonSchemaFormat>,
    pub(super) tools: Tools<'a>,
    pub(super) choice: Option<Choice<'a>>,
    pub(super) strict_tools: bool,
    pub(super) tier: Option<&'a str>,
}

/// Messages that are one on the wire, where the roles take turns.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) role: &'static str,
    pub(super) messages: Vec<&'a Message>,
}

/// The tools that are sent.
#[derive(Debug)]
pub(super) enum Tools<'a> {
    None,
    /// Those of the request.
    Offered,
    /// The names of those that earlier messages called: the vendor wants tools where calls are.
    OfHistory(Vec<&'a Text>),
}

/// Whether and which tools have to be called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Choice<'a> {
    Auto,
    Any,
    Tool(&'a Text),
}

impl<'a> Plan<'a> {
    pub(super) fn of(
        family: Family,
        call: &Call,
        request: &'a ChatRequest,
        warnings: &mut Warnings,
    ) -> Result<Self> {
        let model = call.model.as_str();
        let mut plan = Self {
            family,
            system: request
                .messages
                .iter()
                .filter(|message| message.role == Role::System)
                .collect(),
            turns: turns(request),
            documents: super::documents::names(request, warnings)?,
            instruction: None,
            max_tokens: request.settings.max_output_tokens,
            temperature: request.settings.temperature,
            top_p: request.settings.top_p,
            fields: Vec::new(),
            schema: None,
            tools: Tools::None,
            choice: None,
            strict_tools: family != Family::Claude || family.takes_schema(model),
            tier: tier(request, warnings)?,
        };
        plan.tools(request, warnings)?;
        if family == Family::Claude {
            let settled = claude::settle(call, request, warnings)?;
            plan.max_tokens = settled.max_tokens;
            plan.temperature = settled.temperature;
            plan.top_p = settled.top_p;
            plan.fields = settled.fields;
            if settled.choice.as_deref() == Some("auto") && plan.choice.is_some() {
                plan.choice = Some(Choice::Auto);
            }
        } else {
            plan.top_k(request, warnings)?;
            plan.reasoning(model, request, warnings)?;
        }
        plan.format(model, request, warnings)?;
        Ok(plan)
    }

    fn field(&mut self, name: &'static str, value: serde_json::Value) {
        self.fields.push((Text::from_static(name), Json::from(value)));
    }

    fn top_k(&mut self, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
        let Some(top_k) = request.settings.top_k else {
            return Ok(());
        };
        match self.family {
            Family::Nova => self.field("inferenceConfig", json!({"topK": top_k})),
            Family::Cohere => self.field("k", json!(top_k)),
            Family::Mistral => self.field("top_k", json!(top_k)),
            _ => warnings.dropped("top_k", "this model has no such setting on AWS Bedrock")?,
        }
        Ok(())
    }

    /// Thinking of other models than Claude: a level, where the model takes one.
    fn reasoning(&mut self, model: &str, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
        let Some(config) = &request.settings.reasoning else {
            return Ok(());
        };
        if config.summary.is_some() {
            warnings.dropped(
                "reasoning.summary",
                "this model has no such setting on AWS Bedrock",
            )?;
        }
        let effort = match (&config.effort, config.budget_tokens) {
            (Some(effort), _) => effort.clone(),
            (None, Some(tokens)) => {
                warnings.changed(
                    "reasoning.budget_tokens",
                    "this model takes a level; it gets the nearest one",
                )?;
                ReasoningEffort::from_budget(tokens)
            }
            (None, None) => return Ok(()),
        };
        let nova = self.family == Family::Nova && model.contains("nova-2");
        if !nova && self.family != Family::OpenAi {
            return warnings.dropped("reasoning", "this model has no such setting on AWS Bedrock");
        }
        let level = match &effort {
            ReasoningEffort::None if nova => {
                self.field("reasoningConfig", json!({"type": "disabled"}));
                return Ok(());
            }
            ReasoningEffort::None | ReasoningEffort::Minimal => {
                warnings.changed("reasoning.effort", "sent as low")?;
                "low"
            }
            ReasoningEffort::XHigh | ReasoningEffort::Max => {
                warnings.changed("reasoning.effort", "sent as high")?;
                "high"
            }
            other => other.as_str(),
        };
        if nova {
            self.field(
                "reasoningConfig",
                json!({"type": "enabled", "maxReasoningEffort": level}),
            );
        } else {
            self.field("reasoning_effort", json!(level));
        }
        Ok(())
    }

    fn format(&mut self, model: &str, request: &'a ChatRequest, warnings: &mut Warnings) -> Result<()> {
        const ONLY_JSON: &str = "Answer with one JSON object and nothing else.";
        let emulated = |why| Warning::emulated(Text::from_static("response_format"), Text::from_static(why));
        match &request.response_format {
            Some(ResponseFormat::Json) => {
                warnings.add(emulated("AWS Bedrock has no such setting: the model is told to"))?;
                self.instruction = Some(ONLY_JSON.to_owned());
            }
            Some(ResponseFormat::JsonSchema(format)) => match &format.schema {
                Some(schema) if !self.family.takes_schema(model) => {
                    warnings.add(emulated(
                        "the vendor does not hold this model to a schema: it is told to fit it",
                    ))?;
                    self.instruction = Some(format!("{ONLY_JSON} It fits this JSON Schema: {schema}"));
                }
                Some(_) => self.schema = Some(format),
                None => return Err(invalid("response_format.schema", "is required by AWS Bedrock")),
            },
            _ => {}
        }
        Ok(())
    }

    fn tools(&mut self, request: &'a ChatRequest, warnings: &mut Warnings) -> Result<()> {
        let called = tools_of_history(request);
        let offers = !request.tools.is_empty();
        let forbids = request.tool_choice == Some(ToolChoice::None);
        match (offers, forbids, called.is_empty()) {
            (true, true, false) => {
                self.tools = Tools::Offered;
                warnings.dropped(
                    "tool_choice",
                    "AWS Bedrock wants tools where earlier messages have calls, and cannot forbid further ones",
                )?;
            }
            // There is no other way to forbid calls than not to offer any.
            (true, true, true) | (false, _, true) => {}
            (true, false, _) => self.tools = Tools::Offered,
            (false, _, false) => {
                self.tools = Tools::OfHistory(called);
                warnings.add(Warning::emulated(
                    Text::from_static("tools"),
                    Text::from_static(
                        "AWS Bedrock wants tools where earlier messages have calls: they are named",
                    ),
                ))?;
            }
        }
        let strict = |tool: &ToolDefinition| matches!(tool, ToolDefinition::Function(tool) if tool.strict == Some(true));
        if !self.strict_tools && request.tools.iter().any(strict) {
            warnings.dropped("tools.strict", "the vendor does not hold this model to a schema")?;
        }
        if request.parallel_tool_calls == Some(false) && offers {
            warnings.dropped("parallel_tool_calls", "AWS Bedrock has no such setting")?;
        }
        self.choice = match &request.tool_choice {
            None | Some(ToolChoice::None) => None,
            Some(_) if !offers => {
                warnings.dropped("tool_choice", "there are no tools")?;
                None
            }
            Some(ToolChoice::Auto) => Some(Choice::Auto),
            Some(ToolChoice::Required) => Some(Choice::Any),
            Some(ToolChoice::Tool(name)) => {
                let known = |tool: &ToolDefinition| tool.name() == Some(name);
                if !request.tools.iter().any(known) {
                    return Err(invalid("tool_choice", &format!("there is no tool {name:?}")));
                }
                Some(Choice::Tool(name))
            }
            Some(_) => {
                warnings.dropped("tool_choice", "it is another vendor's own form")?;
                None
            }
        };
        Ok(())
    }
}

/// The messages that are no instructions, those of one side together.
fn turns(request: &ChatRequest) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        let role = match message.role {
            Role::System => continue,
            Role::Assistant => "assistant",
            _ => "user",
        };
        match turns.last_mut() {
            Some(turn) if turn.role == role => turn.messages.push(message),
            _ => turns.push(Turn {
                role,
                messages: vec![message],
            }),
        }
    }
    turns
}

fn tools_of_history(request: &ChatRequest) -> Vec<&Text> {
    let mut names: Vec<&Text> = Vec::new();
    for part in request
        .messages
        .iter()
        .flat_map(|message| message.content.parts())
    {
        if let ContentPart::ToolCall(call) = part
            && !names.contains(&&call.name)
        {
            names.push(&call.name);
        }
    }
    names
}

fn tier<'a>(request: &'a ChatRequest, warnings: &mut Warnings) -> Result<Option<&'a str>> {
    match request.settings.service_tier.as_deref() {
        None => Ok(None),
        Some(tier @ ("priority" | "default" | "flex" | "reserved")) => Ok(Some(tier)),
        Some("auto" | "standard") => Ok(Some("default")),
        Some(_) => {
            warnings.dropped("service_tier", "AWS Bedrock has no such class")?;
            Ok(None)
        }
    }
}
