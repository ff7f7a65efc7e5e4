//! Writes the body of a request.

use router_core::message::Role;
use router_core::{
    Call, ChatRequest, Content, ContentPart, Extra, Json, Message, ResponseFormat, Text, ToolDefinition,
};
use router_wire::provenance::Speaker;
use router_wire::write::{Fields, Overrides, Seq, extra_fields, inner_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::blocks::{Block, MessageContent, Plain};
use super::check::{bears_results, continues_results};
use super::plan::{Choice, Plan};
use super::tools::{ChoiceObject, Named, Tool};
use super::{Purpose, Service, Steering};
use crate::rules::Rules;
use crate::{APART, BETAS, MESSAGES};

/// Unnamed fields of a request that are written elsewhere than at the top level.
const PLACED: &[&str] = &[BETAS, "output_config", "metadata"];

/// Those, and the ones that a count does not take.
const NOT_COUNTED: &[&str] = &[
    BETAS,
    "output_config",
    "metadata",
    "container",
    "diagnostics",
    "inference_geo",
];

pub(super) struct Body<'a> {
    pub(super) purpose: Purpose,
    pub(super) service: &'a Service,
    pub(super) steering: &'a Steering,
    pub(super) speaker: &'a Speaker,
    pub(super) rules: &'a Rules,
    pub(super) call: &'a Call,
    pub(super) request: &'a ChatRequest,
    pub(super) plan: &'a Plan<'a>,
    pub(super) overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (request, settings, plan) = (self.request, &self.request.settings, self.plan);
        let answer = self.purpose == Purpose::Answer;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        if self.service.model_in_body {
            body.field("model", &self.call.model)?;
        }
        if self.service.version_in_body {
            body.field("anthropic_version", self.steering.version(self.service))?;
            let betas = self.steering.betas(request);
            if !betas.is_empty() {
                body.field("anthropic_beta", &betas)?;
            }
        }
        if answer {
            body.field("max_tokens", &plan.max_tokens)?;
        }
        let leading = request
            .messages
            .iter()
            .take_while(|message| message.role == Role::System)
            .count();
        let (system, messages) = request.messages.split_at(leading);
        if !system.is_empty() || plan.instruction.is_some() {
            body.field(
                "system",
                &System {
                    speaker: self.speaker,
                    messages: system,
                    instruction: plan.instruction.as_deref(),
                },
            )?;
        }
        body.field(
            "messages",
            &Messages {
                speaker: self.speaker,
                rules: self.rules,
                messages,
            },
        )?;
        self.tools(&mut body)?;
        if let Some(kind) = &plan.thought.kind {
            let config = settings.reasoning.as_ref().map(|config| &config.extra);
            body.field("thinking", &Thinking { kind, plan, config })?;
        }
        let kept = request.extra.get(MESSAGES, "output_config").is_some();
        if plan.thought.effort.is_some() || plan.schema.is_some() || kept {
            let format = request.response_format.as_ref();
            let extra = &request.extra;
            body.field("output_config", &OutputConfig { plan, format, extra })?;
        }
        if answer {
            self.sampling(&mut body)?;
        }
        let placed = if answer { PLACED } else { NOT_COUNTED };
        body.end_but(&request.extra, MESSAGES, placed)
    }
}

impl Body<'_> {
    fn tools<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let plan = self.plan;
        if !plan.tools_of_history.is_empty() {
            body.field(
                "tools",
                &Seq(|| plan.tools_of_history.iter().map(|name| Named(name))),
            )?;
            return body.field(
                "tool_choice",
                &ChoiceObject {
                    choice: Choice::None,
                    one_call: None,
                },
            );
        }
        let offered = |tool: &&ToolDefinition| match tool {
            ToolDefinition::Provider(tool) => self.speaker.opaque(tool).is_some(),
            _ => true,
        };
        let tools = &self.request.tools;
        if tools.iter().any(|tool| offered(&tool)) {
            let tools = || {
                tools
                    .iter()
                    .enumerate()
                    .filter(|(_, tool)| offered(tool))
                    .map(|(at, definition)| Tool {
                        definition,
                        schema: plan
                            .tool_schemas
                            .iter()
                            .find(|(known, _)| *known == at)
                            .map(|(_, schema)| schema),
                        strict_taken: self.rules.json_schema,
                    })
            };
            body.field("tools", &Seq(tools))?;
        }
        match (plan.choice, plan.one_call) {
            (None, None) => Ok(()),
            (Some(Choice::Raw(raw)), _) => body.field("tool_choice", raw),
            (choice, one_call) => body.field(
                "tool_choice",
                &ChoiceObject {
                    choice: choice.unwrap_or(Choice::Auto),
                    one_call,
                },
            ),
        }
    }

    fn sampling<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> Result<(), M::Error> {
        let (settings, plan) = (&self.request.settings, self.plan);
        body.some("temperature", plan.temperature)?;
        body.some("top_p", plan.top_p)?;
        body.some("top_k", plan.top_k)?;
        let stops = || {
            settings
                .stop_sequences
                .iter()
                .filter(|stop| !stop.trim().is_empty())
        };
        if stops().next().is_some() {
            body.field("stop_sequences", &Seq(stops))?;
        }
        if self.call.is_stream() && self.service.stream_in_body {
            body.field("stream", &true)?;
        }
        let extra = &self.request.extra;
        let user = settings.user.as_ref().or_else(|| {
            let mut pairs = settings.metadata.iter();
            pairs.find(|(name, _)| *name == "user_id").map(|(_, id)| id)
        });
        if user.is_some() || extra.get(MESSAGES, "metadata").is_some() {
            body.field("metadata", &Metadata { user, extra })?;
        }
        body.some("service_tier", plan.service_tier)
    }
}

/// Leading instructions: a text when there is one and nothing else, blocks otherwise.
struct System<'a> {
    speaker: &'a Speaker,
    messages: &'a [Message],
    instruction: Option<&'a str>,
}

impl Serialize for System<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let (
            [
                Message {
                    content: Content::Text(text),
                    ..
                },
            ],
            None,
        ) = (self.messages, self.instruction)
        {
            return text.serialize(serializer);
        }
        if let ([], Some(instruction)) = (self.messages, self.instruction) {
            return instruction.serialize(serializer);
        }
        let mut list = serializer.serialize_seq(None)?;
        for message in self.messages {
            let blocks = content(self.speaker, message, false);
            if blocks.has_substance() {
                blocks.blocks(&mut list)?;
            }
        }
        if let Some(text) = self.instruction {
            list.serialize_element(&Plain { text })?;
        }
        list.end()
    }
}

fn content<'a>(speaker: &'a Speaker, message: &'a Message, last: bool) -> MessageContent<'a> {
    MessageContent {
        speaker,
        role: message.role,
        content: &message.content,
        last,
        without_results: false,
    }
}

/// The conversation behind the leading instructions.
struct Messages<'a> {
    speaker: &'a Speaker,
    rules: &'a Rules,
    messages: &'a [Message],
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut at = 0;
        while let Some(message) = self.messages.get(at) {
            let from = at;
            at += 1;
            if bears_results(message) {
                // All results of a turn stand in one message, in front of what the user says to them.
                let more = &self.messages[at..];
                at += more.iter().take_while(|next| next.role == Role::Tool).count();
                at += usize::from(self.messages.get(at).is_some_and(continues_results));
                list.serialize_element(&Results {
                    speaker: self.speaker,
                    messages: &self.messages[from..at],
                })?;
                continue;
            }
            let empty = !content(self.speaker, message, false).has_substance();
            if message.role == Role::Assistant && empty {
                continue;
            }
            list.serialize_element(&Single {
                speaker: self.speaker,
                rules: self.rules,
                message,
                last: at == self.messages.len(),
            })?;
        }
        list.end()
    }
}

/// One message as one message.
struct Single<'a> {
    speaker: &'a Speaker,
    rules: &'a Rules,
    message: &'a Message,
    last: bool,
}

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let role = match self.message.role {
            Role::Assistant => "assistant",
            Role::System if self.rules.system_between => "system",
            _ => "user",
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", role)?;
        map.serialize_entry("content", &content(self.speaker, self.message, self.last))?;
        message_extra(self.message, &mut map)?;
        map.end()
    }
}

fn message_extra<M: SerializeMap>(message: &Message, map: &mut M) -> Result<(), M::Error> {
    let fields = message.extra.for_wire(MESSAGES).iter();
    for (name, value) in fields.filter(|(name, _)| *name != APART) {
        map.serialize_entry(name.as_str(), value)?;
    }
    Ok(())
}

/// Results of calls and what the user says to them, as one message.
struct Results<'a> {
    speaker: &'a Speaker,
    messages: &'a [Message],
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "user")?;
        map.serialize_entry("content", &ResultBlocks(self))?;
        for message in self.messages {
            message_extra(message, &mut map)?;
        }
        map.end()
    }
}

struct ResultBlocks<'a>(&'a Results<'a>);

impl Serialize for ResultBlocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Results { speaker, messages } = self.0;
        let mut list = serializer.serialize_seq(None)?;
        let results = messages
            .iter()
            .flat_map(|message| message.content.parts())
            .filter(|part| matches!(part, ContentPart::ToolResult(_)));
        for part in results {
            list.serialize_element(&Block {
                speaker,
                role: Role::Tool,
                part,
                trimmed: false,
            })?;
        }
        for message in *messages {
            let rest = MessageContent {
                without_results: true,
                ..content(speaker, message, false)
            };
            if rest.has_substance() {
                rest.blocks(&mut list)?;
            }
        }
        list.end()
    }
}

struct Thinking<'a> {
    kind: &'a str,
    plan: &'a Plan<'a>,
    config: Option<&'a Extra>,
}

impl Serialize for Thinking<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind)?;
        if let Some(budget) = self.plan.thought.budget {
            map.serialize_entry("budget_tokens", &budget)?;
        }
        if let Some(display) = self.plan.thought.display {
            map.serialize_entry("display", display)?;
        }
        if self.plan.thought.is_on() {
            let fields = self
                .config
                .map(|extra| extra.for_wire(MESSAGES))
                .unwrap_or_default();
            for (name, value) in fields.iter().filter(|(name, _)| *name != "type") {
                map.serialize_entry(name.as_str(), value)?;
            }
        }
        map.end()
    }
}

struct OutputConfig<'a> {
    plan: &'a Plan<'a>,
    format: Option<&'a ResponseFormat>,
    extra: &'a Extra,
}

impl Serialize for OutputConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(effort) = &self.plan.thought.effort {
            map.serialize_entry("effort", effort)?;
        }
        if let Some(schema) = &self.plan.schema {
            map.serialize_entry("format", &Format(schema, self.format))?;
        }
        inner_fields(&mut map, self.extra, MESSAGES, "output_config")?;
        map.end()
    }
}

struct Format<'a>(&'a Json, Option<&'a ResponseFormat>);

impl Serialize for Format<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "json_schema")?;
        map.serialize_entry("schema", self.0)?;
        if let Some(ResponseFormat::JsonSchema(format)) = self.1 {
            extra_fields(&mut map, &format.extra, MESSAGES)?;
        }
        map.end()
    }
}

struct Metadata<'a> {
    user: Option<&'a Text>,
    extra: &'a Extra,
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(user) = self.user {
            map.serialize_entry("user_id", user)?;
        }
        inner_fields(&mut map, self.extra, MESSAGES, "metadata")?;
        map.end()
    }
}
