//! What of the settings is sent to this model, decided once before anything is written.

use std::borrow::Cow;

use router_core::{
    ChatRequest, ContentPart, Error, Json, ResponseFormat, Result, Text, ToolChoice, ToolDefinition,
};
use router_wire::provenance::Speaker;

use super::Purpose;
use super::notes::Notes;
use super::thinking::Thought;
use crate::rules::{ForcedTools, Rules, Sampling};
use crate::{MESSAGES, schema};

/// What is sent as the limit when neither request nor model gives one.
const FLOOR: u64 = 4096;

/// What is sent.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) max_tokens: u64,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u64>,
    pub(super) thought: Thought,
    pub(super) choice: Option<Choice<'a>>,
    /// Whether the model is kept from calling several tools at once.
    pub(super) one_call: Option<bool>,
    /// The schema of the answer.
    pub(super) schema: Option<Cow<'a, Json>>,
    /// Instructions that stand for a setting the wire does not have.
    pub(super) instruction: Option<Cow<'static, str>>,
    /// Tools of the history: the vendor wants tools where calls are.
    pub(super) tools_of_history: Vec<&'a Text>,
    /// Schemas of strict tools in the vendor's subset, by place.
    pub(super) tool_schemas: Vec<(usize, Json)>,
    pub(super) service_tier: Option<&'a str>,
}

/// Whether and which tools have to be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Choice<'a> {
    Auto,
    None,
    Any,
    Tool(&'a Text),
    Raw(&'a Json),
}

impl<'a> Plan<'a> {
    pub(super) fn of(
        purpose: Purpose,
        rules: &Rules,
        version: &str,
        speaker: &Speaker,
        request: &'a ChatRequest,
        notes: &mut Notes,
    ) -> Result<Self> {
        let settings = &request.settings;
        let mut thought = match &settings.reasoning {
            Some(config) => Thought::of(config, rules, notes)?,
            None => Thought::default(),
        };
        let choice = choice(rules, speaker, request, &mut thought, notes)?;
        let max_tokens = max_tokens(purpose, rules, settings.max_output_tokens, &mut thought, notes)?;
        let mut plan = Self {
            max_tokens,
            temperature: settings.temperature,
            top_p: settings.top_p,
            top_k: settings.top_k,
            one_call: one_call(request, choice, notes)?,
            thought,
            choice,
            schema: None,
            instruction: None,
            tools_of_history: tools_of_history(request, notes)?,
            tool_schemas: Vec::new(),
            service_tier: service_tier(request, notes)?,
        };
        if purpose == Purpose::Answer {
            plan.sampling(rules, version, notes)?;
        }
        plan.format(rules, request, notes)?;
        plan.strict_tools(rules, request, notes)?;
        Ok(plan)
    }

    fn sampling(&mut self, rules: &Rules, version: &str, notes: &mut Notes) -> Result<()> {
        let refused = if rules.sampling == Sampling::Refused {
            Some("this model takes no sampling settings")
        } else if date_of(version) >= "2026-10-21" {
            Some("this version of the API takes no sampling settings")
        } else {
            None
        };
        if let Some(why) = refused {
            if self.temperature.take().is_some() {
                notes.dropped("temperature", why)?;
            }
            if self.top_p.take().is_some() {
                notes.dropped("top_p", why)?;
            }
            if self.top_k.take().is_some() {
                notes.dropped("top_k", why)?;
            }
            return Ok(());
        }
        if self.temperature.is_some_and(|temperature| temperature > 1.0) {
            notes.changed("temperature", "this vendor takes 1 at most")?;
            self.temperature = Some(1.0);
        }
        if self.thought.is_on() {
            const WHY: &str = "this model does not take it while it thinks";
            if self.temperature.is_some_and(|temperature| temperature != 1.0) {
                notes.dropped("temperature", WHY)?;
                self.temperature = None;
            }
            if self.top_p.is_some_and(|top_p| top_p < 0.95) {
                notes.dropped("top_p", WHY)?;
                self.top_p = None;
            }
            if self.top_k.take().is_some() {
                notes.dropped("top_k", WHY)?;
            }
        }
        if rules.sampling == Sampling::One && self.temperature.is_some() && self.top_p.take().is_some() {
            notes.dropped("top_p", "this model takes temperature or top_p, not both")?;
        }
        Ok(())
    }

    fn format(&mut self, rules: &Rules, request: &'a ChatRequest, notes: &mut Notes) -> Result<()> {
        match &request.response_format {
            Some(ResponseFormat::Json) => {
                notes.emulated(
                    "response_format",
                    "this vendor has JSON by schema only; the model is asked in words",
                )?;
                self.instruction = Some(Cow::Borrowed(
                    "Answer with one JSON object and nothing else: no other text, no code fence.",
                ));
            }
            Some(ResponseFormat::JsonSchema(format)) => {
                if format.description.is_some() {
                    let why = "say it in the prompt, or in the schema";
                    notes.dropped("response_format.description", why)?;
                }
                match &format.schema {
                    Some(schema) if rules.json_schema => {
                        self.schema = Some(match schema::adapted(schema) {
                            None => Cow::Borrowed(schema),
                            Some(adapted) => {
                                notes.changed(
                                    "response_format.schema",
                                    "keywords that this vendor does not take went into descriptions",
                                )?;
                                Cow::Owned(adapted)
                            }
                        });
                    }
                    schema => {
                        notes.emulated(
                            "response_format",
                            "this model has no such format; the model is asked in words",
                        )?;
                        let mut words =
                            "Answer with one JSON value and nothing else: no other text, no code fence."
                                .to_owned();
                        if let Some(schema) = schema {
                            words.push_str(" It has to fit this JSON Schema: ");
                            words.push_str(schema.as_str());
                        }
                        self.instruction = Some(Cow::Owned(words));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn strict_tools(&mut self, rules: &Rules, request: &ChatRequest, notes: &mut Notes) -> Result<()> {
        for (at, tool) in request.tools.iter().enumerate() {
            let ToolDefinition::Function(tool) = tool else {
                continue;
            };
            if tool.strict != Some(true) {
                continue;
            }
            if !rules.json_schema {
                notes.dropped("tools.strict", "this model does not hold arguments to a schema")?;
                continue;
            }
            if let Some(adapted) = tool.parameters.as_ref().and_then(schema::adapted) {
                notes.changed(
                    "tools.parameters",
                    "keywords that this vendor does not take went into descriptions",
                )?;
                self.tool_schemas.push((at, adapted));
            }
        }
        Ok(())
    }
}

/// The date in a version, which a cloud puts its name before.
fn date_of(version: &str) -> &str {
    version.trim_start_matches(|c: char| !c.is_ascii_digit())
}

fn max_tokens(
    purpose: Purpose,
    rules: &Rules,
    asked: Option<u64>,
    thought: &mut Thought,
    notes: &mut Notes,
) -> Result<u64> {
    let Some(limit) = asked else {
        let limit = rules.max_output_tokens.unwrap_or(FLOOR);
        if rules.max_output_tokens.is_none() && purpose == Purpose::Answer {
            notes.told(
                "max_output_tokens",
                "the wire demands a limit and this model's is not known: 4096 is sent",
            );
        }
        return Ok(match thought.budget {
            Some(budget) if budget >= limit => budget.saturating_add(FLOOR),
            _ => limit,
        });
    };
    // Thinking counts against the limit and has to leave room.
    if purpose == Purpose::Answer && thought.budget.is_some_and(|budget| budget >= limit) {
        if limit > 1024 {
            notes.changed(
                "reasoning.budget_tokens",
                "it has to be less than max_output_tokens",
            )?;
            thought.budget = Some(limit - 1);
        } else {
            notes.dropped("reasoning", "max_output_tokens leaves no room to think")?;
            *thought = Thought::default();
        }
    }
    Ok(limit)
}

fn choice<'a>(
    rules: &Rules,
    speaker: &Speaker,
    request: &'a ChatRequest,
    thought: &mut Thought,
    notes: &mut Notes,
) -> Result<Option<Choice<'a>>> {
    let Some(asked) = &request.tool_choice else {
        return Ok(None);
    };
    // Servers named in the request bring tools too.
    if request.tools.is_empty() && request.extra.get(MESSAGES, "mcp_servers").is_none() {
        if !matches!(asked, ToolChoice::Auto | ToolChoice::None) {
            notes.dropped("tool_choice", "there are no tools")?;
        }
        return Ok(None);
    }
    let choice = match asked {
        ToolChoice::Auto => Choice::Auto,
        ToolChoice::None => Choice::None,
        ToolChoice::Required => Choice::Any,
        ToolChoice::Tool(name) => Choice::Tool(name),
        ToolChoice::Opaque(raw) => match speaker.opaque(raw) {
            Some(raw) => Choice::Raw(&raw.raw),
            None => {
                notes.dropped("tool_choice", "it is another vendor's own form")?;
                return Ok(None);
            }
        },
        other => return Err(Error::unsupported(format!("the tool choice {other:?}"))),
    };
    if !matches!(choice, Choice::Any | Choice::Tool(_)) {
        return Ok(Some(choice));
    }
    match rules.forced_tools {
        ForcedTools::Always => Ok(Some(choice)),
        ForcedTools::NotWithBudget if thought.has_budget() => {
            notes.dropped(
                "reasoning",
                "this model does not think by a budget where a call is demanded",
            )?;
            let effort = thought.effort.take();
            *thought = Thought {
                effort,
                ..Thought::off(rules)
            };
            Ok(Some(choice))
        }
        ForcedTools::NotWithBudget => Ok(Some(choice)),
        ForcedTools::Never => {
            notes.changed(
                "tool_choice",
                "no call can be demanded of this model: it decides itself",
            )?;
            Ok(Some(Choice::Auto))
        }
    }
}

fn one_call(request: &ChatRequest, choice: Option<Choice<'_>>, notes: &mut Notes) -> Result<Option<bool>> {
    let Some(parallel) = request.parallel_tool_calls else {
        return Ok(None);
    };
    if request.tools.is_empty() {
        if !parallel {
            notes.dropped("parallel_tool_calls", "there are no tools")?;
        }
        return Ok(None);
    }
    Ok(match choice {
        Some(Choice::None | Choice::Raw(_)) => None,
        // Several calls are what the model does anyway.
        None if parallel => None,
        _ => Some(!parallel),
    })
}

/// The tools that earlier messages called, when the request offers none.
fn tools_of_history<'a>(request: &'a ChatRequest, notes: &mut Notes) -> Result<Vec<&'a Text>> {
    let mut names: Vec<&Text> = Vec::new();
    if !request.tools.is_empty() || request.extra.get(MESSAGES, "mcp_servers").is_some() {
        return Ok(names);
    }
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
    if !names.is_empty() {
        notes.emulated(
            "tools",
            "this vendor wants tools where earlier messages have calls: they are named, and not to be called",
        )?;
    }
    Ok(names)
}

fn service_tier<'a>(request: &'a ChatRequest, notes: &mut Notes) -> Result<Option<&'a str>> {
    match request.settings.service_tier.as_deref() {
        None => Ok(None),
        Some(tier @ ("auto" | "standard_only")) => Ok(Some(tier)),
        // The usual class in OpenAI's words.
        Some("default" | "standard") => Ok(Some("standard_only")),
        Some(_) => {
            notes.dropped("service_tier", "this vendor has no such class")?;
            Ok(None)
        }
    }
}
