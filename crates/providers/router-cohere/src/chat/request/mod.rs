//! A chat as the body of `/v2/chat`.

mod messages;

use router_core::chat::ResponseFormat;
use router_core::content::MediaKind;
use router_core::message::Role;
use router_core::{Call, ChatRequest, ContentPart, Extra, Media, Result, ToolChoice, ToolDefinition};
use router_wire::Encoded;
use router_wire::completion;
use router_wire::object::{invalid, list_of};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, JsonOrText, Overrides, Seq, extra_fields_but, inner_fields};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use self::messages::Messages;
use super::check::Plan;
use super::{WIRE, check};
use crate::documents::Document;

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict; `InvalidRequest` for
/// what the vendor refuses: no messages, a result that answers no call, negative penalties, too many stop sequences.
pub fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    completion::check(request)?;
    let mut warnings = Warnings::new(request.strict);
    let plan = check::request(speaker, request, &mut warnings)?;
    let provider = speaker.provider().as_str();
    let mut overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], &[])?;
    let documents = match overrides.take("documents") {
        Some(raw) => list_of(raw).ok_or_else(|| invalid("provider_options.documents", "must be an array"))?,
        None => Vec::new(),
    };
    let body = Body {
        speaker,
        call,
        request,
        plan: &plan,
        documents: &documents,
        overrides: &overrides,
    };
    Encoded::post(call, "/v2/chat", &body, warnings.into_list())
}

struct Body<'a> {
    speaker: &'a Speaker,
    call: &'a Call,
    request: &'a ChatRequest,
    plan: &'a Plan<'a>,
    /// Documents of the options.
    documents: &'a [&'a RawValue],
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { request, plan, .. } = self;
        let settings = &request.settings;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("model", &self.call.model)?;
        let messages = Messages {
            speaker: self.speaker,
            messages: &request.messages,
        };
        fields.field("messages", &messages)?;
        if self.call.is_stream() {
            fields.field("stream", &true)?;
        }
        self.tools(&mut fields)?;
        let documents = Documents {
            request,
            options: self.documents,
        };
        if documents.any() {
            fields.field("documents", &documents)?;
        }
        if let Some(format) = &request.response_format {
            let extra = &request.extra;
            fields.field("response_format", &Format { format, extra })?;
        }
        fields.some("thinking", plan.thinking)?;
        fields.some("max_tokens", settings.max_output_tokens)?;
        fields.some("temperature", plan.temperature)?;
        fields.some("p", plan.p)?;
        fields.some("k", plan.k)?;
        if !settings.stop_sequences.is_empty() {
            fields.field("stop_sequences", &settings.stop_sequences)?;
        }
        fields.some("seed", settings.seed)?;
        fields.some("frequency_penalty", plan.frequency_penalty)?;
        fields.some("presence_penalty", plan.presence_penalty)?;
        fields.some("logprobs", settings.logprobs)?;
        fields.end_but(&request.extra, WIRE, &["response_format"])
    }
}

impl Body<'_> {
    fn tools<M: SerializeMap>(&self, fields: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let Self { request, plan, .. } = self;
        if request.tools.is_empty() {
            return Ok(());
        }
        let offered = || {
            request
                .tools
                .iter()
                .filter(|tool| plan.only.is_none_or(|only| tool.name() == Some(only)))
                .map(Tool)
        };
        fields.field("tools", &Seq(offered))?;
        if plan.strict_tools {
            fields.field("strict_tools", &true)?;
        }
        match &request.tool_choice {
            Some(ToolChoice::None) => fields.field("tool_choice", "NONE"),
            Some(ToolChoice::Required | ToolChoice::Tool(_)) => fields.field("tool_choice", "REQUIRED"),
            _ => Ok(()),
        }
    }
}

struct Tool<'a>(&'a ToolDefinition);

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let ToolDefinition::Function(tool) = self.0 {
            map.serialize_entry("type", "function")?;
            map.serialize_entry("function", &Function(tool))?;
            extra_fields_but(&mut map, &tool.extra, WIRE, &["function"])?;
        }
        map.end()
    }
}

/// The schema of no arguments.
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

struct Function<'a>(&'a router_core::tool::FunctionTool);

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.0.name)?;
        if let Some(description) = &self.0.description {
            map.serialize_entry("description", description)?;
        }
        match &self.0.parameters {
            Some(parameters) => map.serialize_entry("parameters", parameters)?,
            // The wire wants a schema, and takes this one for no arguments.
            None => map.serialize_entry("parameters", &JsonOrText(NO_ARGUMENTS))?,
        }
        inner_fields(&mut map, &self.0.extra, WIRE, "function")?;
        map.end()
    }
}

/// The documents of the messages, then those of the options.
struct Documents<'a> {
    request: &'a ChatRequest,
    options: &'a [&'a RawValue],
}

impl<'a> Documents<'a> {
    fn of_messages(&self) -> impl Iterator<Item = &'a Media> + use<'a> {
        let messages = self.request.messages.iter();
        messages
            .filter(|message| message.role == Role::User)
            .flat_map(|message| message.content.parts())
            .filter_map(|part| match part {
                ContentPart::Media(media) if media.kind == MediaKind::Document => Some(media),
                _ => None,
            })
    }

    fn any(&self) -> bool {
        !self.options.is_empty() || self.of_messages().next().is_some()
    }
}

impl Serialize for Documents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for media in self.of_messages() {
            seq.serialize_element(&Document(media))?;
        }
        for raw in self.options {
            seq.serialize_element(raw)?;
        }
        seq.end()
    }
}

/// The form of the answer: one word with or without a schema.
struct Format<'a> {
    format: &'a ResponseFormat,
    extra: &'a Extra,
}

impl Serialize for Format<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.format {
            ResponseFormat::Text => map.serialize_entry("type", "text")?,
            ResponseFormat::JsonSchema(format) => {
                map.serialize_entry("type", "json_object")?;
                if let Some(schema) = &format.schema {
                    map.serialize_entry("json_schema", schema)?;
                }
            }
            _ => map.serialize_entry("type", "json_object")?,
        }
        inner_fields(&mut map, self.extra, WIRE, "response_format")?;
        map.end()
    }
}
