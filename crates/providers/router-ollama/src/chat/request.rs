//! A chat as the body of `/api/chat`.

use std::fmt;

use router_core::chat::{ReasoningConfig, ReasoningEffort, ResponseFormat};
use router_core::content::MediaSource;
use router_core::message::Role;
use router_core::{
    Call, ChatRequest, Content, ContentPart, Media, Message, Result, Text, ToolCall, ToolChoice,
    ToolDefinition, ToolResult,
};
use router_wire::Encoded;
use router_wire::completion;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, JsonOrText, Overrides, Seq, extra_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use super::notes::{NO_ID, NO_NAME};
use super::{WIRE, check, notes};

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict; `InvalidRequest` for
/// options that are no object.
pub fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    completion::check(request)?;
    let mut warnings = Warnings::new(request.strict);
    check::request(speaker, request, &mut warnings)?;
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &["options"])?;
    let runner = runner_options(request, provider)?;
    let body = Body {
        speaker,
        call,
        request,
        overrides: &overrides,
        runner: &runner,
    };
    Encoded::post(call, "/api/chat", &body, warnings.into_list())
}

/// The runner's options that the caller gave beside the settings.
fn runner_options<'a>(request: &'a ChatRequest, provider: &str) -> Result<Vec<(String, &'a RawValue)>> {
    let options = &request.provider_options;
    let Some(json) = options.get(provider).or_else(|| options.get(crate::WIRE)) else {
        return Ok(Vec::new());
    };
    let raw: &RawValue = serde_json::from_str(json.as_str())
        .map_err(|error| router_wire::object::invalid("provider_options", &error.to_string()))?;
    let options = Object::of(raw, "provider_options")?.object("options")?;
    Ok(options.map_or_else(Vec::new, |options| options.into_fields().collect()))
}

struct Body<'a> {
    speaker: &'a Speaker,
    call: &'a Call,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
    runner: &'a [(String, &'a RawValue)],
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let settings = &request.settings;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", &self.call.model)?;
        let messages = Messages {
            speaker: self.speaker,
            messages: &request.messages,
        };
        fields.field("messages", &messages)?;
        // There is no other way to forbid calls than not to offer any.
        if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
            fields.field("tools", &Seq(|| request.tools.iter().map(Tool)))?;
        }
        match &request.response_format {
            Some(ResponseFormat::Json) => fields.field("format", "json")?,
            Some(ResponseFormat::JsonSchema(format)) => fields.some("format", format.schema.as_ref())?,
            _ => {}
        }
        // Absent, it would mean a stream.
        fields.field("stream", &self.call.is_stream())?;
        if let Some(reasoning) = &settings.reasoning {
            think(&mut fields, reasoning)?;
        }
        fields.some("logprobs", settings.logprobs)?;
        fields.some("top_logprobs", settings.top_logprobs)?;
        let options = Options {
            request,
            runner: self.runner,
        };
        if options.any() {
            fields.field("options", &options)?;
        }
        fields.end(&request.extra, WIRE)
    }
}

fn think<M: SerializeMap>(
    fields: &mut Fields<'_, M>,
    reasoning: &ReasoningConfig,
) -> std::result::Result<(), M::Error> {
    // As a client of this wire wrote it, where the level says no more.
    if let Some(value) = reasoning.extra.get(WIRE, "think") {
        return fields.field("think", value);
    }
    match &reasoning.effort {
        Some(ReasoningEffort::None) => fields.field("think", &false),
        Some(ReasoningEffort::Minimal | ReasoningEffort::Low) => fields.field("think", "low"),
        Some(ReasoningEffort::Medium) => fields.field("think", "medium"),
        Some(ReasoningEffort::High) => fields.field("think", "high"),
        Some(ReasoningEffort::XHigh | ReasoningEffort::Max) => fields.field("think", "max"),
        Some(other) => fields.field("think", other.as_str()),
        None => match (reasoning.budget_tokens, reasoning.include_thoughts) {
            (Some(0), _) | (None, Some(false)) => fields.field("think", &false),
            (Some(_), _) | (None, Some(true)) => fields.field("think", &true),
            (None, None) => Ok(()),
        },
    }
}

/// The runner's options: those of the settings, then those of the caller, which win.
struct Options<'a> {
    request: &'a ChatRequest,
    runner: &'a [(String, &'a RawValue)],
}

impl Options<'_> {
    fn any(&self) -> bool {
        let settings = &self.request.settings;
        !self.runner.is_empty()
            || settings.max_output_tokens.is_some()
            || settings.temperature.is_some()
            || settings.top_p.is_some()
            || settings.top_k.is_some()
            || settings.seed.is_some()
            || settings.frequency_penalty.is_some()
            || settings.presence_penalty.is_some()
            || !settings.stop_sequences.is_empty()
    }
}

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Own<'a, M> {
            map: M,
            runner: &'a [(String, &'a RawValue)],
        }
        impl<M: SerializeMap> Own<'_, M> {
            fn some<T: Serialize>(
                &mut self,
                name: &'static str,
                value: Option<T>,
            ) -> std::result::Result<(), M::Error> {
                match value {
                    Some(value) if !self.runner.iter().any(|(known, _)| known == name) => {
                        self.map.serialize_entry(name, &value)
                    }
                    _ => Ok(()),
                }
            }
        }
        let settings = &self.request.settings;
        let mut own = Own {
            map: serializer.serialize_map(None)?,
            runner: self.runner,
        };
        own.some("num_predict", settings.max_output_tokens)?;
        own.some("temperature", settings.temperature)?;
        own.some("top_p", settings.top_p)?;
        own.some("top_k", settings.top_k)?;
        own.some("seed", settings.seed)?;
        own.some("frequency_penalty", settings.frequency_penalty)?;
        own.some("presence_penalty", settings.presence_penalty)?;
        own.some(
            "stop",
            (!settings.stop_sequences.is_empty()).then_some(&settings.stop_sequences),
        )?;
        for (name, value) in self.runner {
            own.map.serialize_entry(name, value)?;
        }
        own.map.end()
    }
}

struct Tool<'a>(&'a ToolDefinition);

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let ToolDefinition::Function(tool) = self.0 {
            map.serialize_entry("type", "function")?;
            map.serialize_entry("function", &Function(tool))?;
            notes::beside_fields(&mut map, &tool.extra)?;
        }
        map.end()
    }
}

struct Function<'a>(&'a router_core::tool::FunctionTool);

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.0.name)?;
        if let Some(description) = &self.0.description {
            map.serialize_entry("description", description)?;
        }
        if let Some(parameters) = &self.0.parameters {
            map.serialize_entry("parameters", parameters)?;
        }
        notes::own_fields(&mut map, &self.0.extra)?;
        map.end()
    }
}

struct Messages<'a> {
    speaker: &'a Speaker,
    messages: &'a [Message],
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for (place, message) in self.messages.iter().enumerate() {
            if message.role != Role::Tool {
                seq.serialize_element(&Said {
                    speaker: self.speaker,
                    message,
                })?;
                continue;
            }
            for part in message.content.parts() {
                if let ContentPart::ToolResult(result) = part {
                    seq.serialize_element(&Answered {
                        result,
                        message,
                        before: &self.messages[..place],
                    })?;
                }
            }
        }
        seq.end()
    }
}

/// A message of the system, the user or the model.
struct Said<'a> {
    speaker: &'a Speaker,
    message: &'a Message,
}

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let message = self.message;
        let parts = message.content.parts();
        let mut map = serializer.serialize_map(None)?;
        let role = match message.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        map.serialize_entry("role", role)?;
        map.serialize_entry("content", &Joined(&message.content))?;
        let thinking = Thinking {
            speaker: self.speaker,
            parts,
        };
        if thinking.texts().next().is_some() {
            map.serialize_entry("thinking", &thinking)?;
        }
        images(&mut map, parts)?;
        if parts.iter().any(|part| matches!(part, ContentPart::ToolCall(_))) {
            map.serialize_entry(
                "tool_calls",
                &Seq(|| router_core::tool::tool_calls(parts).map(Called)),
            )?;
        }
        extra_fields(&mut map, &message.extra, WIRE)?;
        map.end()
    }
}

/// The earlier reasoning that goes back, as one string.
struct Thinking<'a> {
    speaker: &'a Speaker,
    parts: &'a [ContentPart],
}

impl<'a> Thinking<'a> {
    fn texts(&self) -> impl Iterator<Item = &'a Text> {
        let speaker = self.speaker;
        self.parts.iter().filter_map(move |part| match part {
            ContentPart::Reasoning(reasoning) if check::may_send(speaker, reasoning) => Some(&reasoning.text),
            _ => None,
        })
    }
}

impl fmt::Display for Thinking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts().try_for_each(|text| f.write_str(text))
    }
}

impl Serialize for Thinking<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Content as the one string that it is on this wire: texts, refusals, and documents that are text, one after the other.
struct Joined<'a>(&'a Content);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.parts() {
            match part {
                ContentPart::Text(part) => f.write_str(&part.text)?,
                ContentPart::Refusal(part) => f.write_str(&part.text)?,
                ContentPart::Media(media) => {
                    if let MediaSource::Text(text) = &media.source {
                        writeln!(f, "{text}")?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Content::Text(text) => text.serialize(serializer),
            Content::Parts(_) => serializer.collect_str(self),
        }
    }
}

fn images<M: SerializeMap>(map: &mut M, parts: &[ContentPart]) -> std::result::Result<(), M::Error> {
    fn data(part: &ContentPart) -> Option<&Text> {
        match part {
            ContentPart::Media(Media {
                source: MediaSource::Base64(data),
                ..
            }) => Some(data),
            _ => None,
        }
    }
    if parts.iter().any(|part| data(part).is_some()) {
        map.serialize_entry("images", &Seq(|| parts.iter().filter_map(data)))?;
    }
    Ok(())
}

struct Called<'a>(&'a ToolCall);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Function<'a>(&'a ToolCall);
        impl Serialize for Function<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("name", &self.0.name)?;
                map.serialize_entry("arguments", &JsonOrText(&self.0.arguments))?;
                notes::own_fields(&mut map, self.0.riders.extra())?;
                map.end()
            }
        }
        let extra = self.0.riders.extra();
        let mut map = serializer.serialize_map(None)?;
        if !notes::has(extra, NO_ID) {
            map.serialize_entry("id", &self.0.id)?;
        }
        map.serialize_entry("function", &Function(self.0))?;
        notes::beside_fields(&mut map, extra)?;
        map.end()
    }
}

/// A result of a tool, which names the tool.
struct Answered<'a> {
    result: &'a ToolResult,
    message: &'a Message,
    before: &'a [Message],
}

impl Answered<'_> {
    /// The tool that was called, by the call's id.
    fn called(&self) -> Option<&Text> {
        let mut calls = self
            .before
            .iter()
            .rev()
            .flat_map(|message| router_core::tool::tool_calls(message.content.parts()));
        calls
            .find(|call| call.id == self.result.call_id)
            .map(|call| &call.name)
    }
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.result;
        let extra = result.riders.extra();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "tool")?;
        map.serialize_entry("content", &Joined(&result.content))?;
        if !notes::has(extra, NO_NAME)
            && let Some(name) = result.name.as_ref().or_else(|| self.called())
        {
            map.serialize_entry("tool_name", name)?;
        }
        if !notes::has(extra, NO_ID) {
            map.serialize_entry("tool_call_id", &result.call_id)?;
        }
        images(&mut map, result.content.parts())?;
        extra_fields(&mut map, &self.message.extra, WIRE)?;
        map.end()
    }
}
