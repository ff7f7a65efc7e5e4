//! A chat as the body of Converse.

use std::cell::Cell;

use router_core::{Call, ChatRequest, Error, ErrorKind, Json, Result, Warning};
use router_wire::completion;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Inner, Overrides, extra_fields_but, inner_fields};
use router_wire::{Encoded, HttpRequest};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::blocks::{Blocks, System, Turns};
use super::plan::{Plan, Tools};
use super::tools::ToolConfig;
use super::{MODEL_FIELDS, WIRE, check};
use crate::models::{Family, path};
use crate::options::{OWN, Steering};

/// Objects of which a client's unnamed fields are kept apart.
const PLACED: &[&str] = &["inferenceConfig", "toolConfig", MODEL_FIELDS];

/// The request for a chat.
///
/// # Errors
/// `InvalidRequest` for what the vendor is known to refuse, naming the field; `Unsupported` for content that the wire does not
/// take, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    completion::check(request)?;
    let (bytes, warnings) = body(false, speaker, call, request)?;
    let operation = if call.is_stream() {
        "converse-stream"
    } else {
        "converse"
    };
    let http = HttpRequest::post_json(path(call.model.as_str(), operation), bytes);
    Ok(Encoded::new(call, http, warnings))
}

/// The body for an answer, or for a count of its tokens, which takes less.
pub(crate) fn body(
    counts: bool,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    let mut warnings = Warnings::new(request.strict);
    check::request(speaker, request, &mut warnings)?;
    let family: Family = Steering::of(request, speaker.provider()).family(&call.model);
    let plan = Plan::of(family, call, request, &mut warnings)?;
    let provider = speaker.provider().as_str();
    let mut overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], OWN)?;
    let given = match overrides.take(MODEL_FIELDS) {
        Some(raw) => Object::of(raw, format!("provider_options.{MODEL_FIELDS}"))?
            .into_fields()
            .collect(),
        None => Vec::new(),
    };
    let blocks = Blocks {
        speaker,
        family,
        documents: &plan.documents,
        next: Cell::new(0),
    };
    let body = Body {
        counts,
        request,
        plan: &plan,
        blocks: &blocks,
        overrides: &overrides,
        given: &given,
    };
    if let Some(empty) = body.empty_turn() {
        let message = "AWS Bedrock takes no message without content";
        return Err(router_wire::object::invalid(
            &format!("messages[{empty}].content"),
            message,
        ));
    }
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })?;
    Ok((bytes, warnings.into_list()))
}

struct Body<'a> {
    counts: bool,
    request: &'a ChatRequest,
    plan: &'a Plan<'a>,
    blocks: &'a Blocks<'a>,
    overrides: &'a Overrides<'a>,
    /// What the options pass on to the model.
    given: &'a [(String, &'a RawValue)],
}

impl Body<'_> {
    /// The place of the first message of a turn that has nothing to say.
    fn empty_turn(&self) -> Option<usize> {
        let turn = self
            .plan
            .turns
            .iter()
            .find(|turn| !self.blocks.any(&turn.messages))?;
        let messages = &self.request.messages;
        messages
            .iter()
            .position(|message| std::ptr::eq(message, turn.messages[0]))
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (request, plan) = (self.request, self.plan);
        let settings = &request.settings;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        let turns = Turns {
            blocks: self.blocks,
            turns: &plan.turns,
        };
        fields.field("messages", &turns)?;
        if !plan.system.is_empty() || plan.instruction.is_some() {
            let system = System {
                blocks: self.blocks,
                messages: &plan.system,
                instruction: plan.instruction.as_deref(),
            };
            fields.field("system", &system)?;
        }
        let inference = Inference { request, plan };
        if !self.counts && !inference.is_empty() {
            fields.field("inferenceConfig", &inference)?;
        }
        let inner = request.extra.get(WIRE, "toolConfig").is_some();
        if !matches!(plan.tools, Tools::None) || inner {
            let tools = ToolConfig {
                request,
                plan,
                speaker: self.blocks.speaker,
            };
            fields.field("toolConfig", &tools)?;
        }
        let passed = Passed { body: self };
        if !passed.is_empty() {
            fields.field(MODEL_FIELDS, &passed)?;
        }
        if self.counts {
            return fields.end_but(&request.extra, "", &[]);
        }
        if let Some(format) = plan.schema {
            fields.field("outputConfig", &OutputConfig(format))?;
        }
        if !settings.metadata.is_empty() {
            fields.field("requestMetadata", &Pairs(&settings.metadata))?;
        }
        if let Some(tier) = plan.tier {
            fields.field("serviceTier", &Tier { kind: tier })?;
        }
        fields.end_but(&request.extra, WIRE, PLACED)
    }
}

struct Inference<'a> {
    request: &'a ChatRequest,
    plan: &'a Plan<'a>,
}

impl Inference<'_> {
    fn is_empty(&self) -> bool {
        let plan = self.plan;
        plan.max_tokens.is_none()
            && plan.temperature.is_none()
            && plan.top_p.is_none()
            && self.request.settings.stop_sequences.is_empty()
            && self.request.extra.get(WIRE, "inferenceConfig").is_none()
    }
}

impl Serialize for Inference<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (plan, settings) = (self.plan, &self.request.settings);
        let mut map = serializer.serialize_map(None)?;
        if let Some(tokens) = plan.max_tokens {
            map.serialize_entry("maxTokens", &tokens)?;
        }
        if let Some(temperature) = plan.temperature {
            map.serialize_entry("temperature", &temperature)?;
        }
        if let Some(top_p) = plan.top_p {
            map.serialize_entry("topP", &top_p)?;
        }
        if !settings.stop_sequences.is_empty() {
            map.serialize_entry("stopSequences", &settings.stop_sequences)?;
        }
        inner_fields(&mut map, &self.request.extra, WIRE, "inferenceConfig")?;
        map.end()
    }
}

/// What is passed on to the model: what the settings come to, what a client of this wire sent, and the options over both.
struct Passed<'a> {
    body: &'a Body<'a>,
}

impl Passed<'_> {
    fn is_empty(&self) -> bool {
        let body = self.body;
        let sent = body.request.extra.get(WIRE, MODEL_FIELDS);
        body.plan.fields.is_empty() && body.given.is_empty() && sent.is_none()
    }
}

impl Serialize for Passed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let body = self.body;
        let given = |name: &str| body.given.iter().any(|(known, _)| known == name);
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &body.plan.fields {
            if !given(name) {
                map.serialize_entry(name, value)?;
            }
        }
        let sent = body.request.extra.get(WIRE, MODEL_FIELDS).map(Json::as_str);
        if let Some(sent) = sent {
            let sent: Object<'_> = serde_json::from_str(sent).map_err(serde::ser::Error::custom)?;
            for (name, value) in sent.into_fields() {
                if !given(&name) && !body.plan.fields.iter().any(|(known, _)| *known == *name) {
                    map.serialize_entry(&name, value)?;
                }
            }
        }
        for (name, value) in body.given {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct OutputConfig<'a>(&'a router_core::chat::JsonSchemaFormat);

impl Serialize for OutputConfig<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Structure<'a>(&'a router_core::chat::JsonSchemaFormat);
        impl Serialize for Structure<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let format = self.0;
                let mut map = serializer.serialize_map(None)?;
                // A schema in a string: so the wire has it.
                map.serialize_entry("schema", format.schema.as_ref().map_or("{}", Json::as_str))?;
                if !format.name.is_empty() {
                    map.serialize_entry("name", &format.name)?;
                }
                if let Some(description) = &format.description {
                    map.serialize_entry("description", description)?;
                }
                extra_fields_but(&mut map, &format.extra, WIRE, &["textFormat", "outputConfig"])?;
                map.end()
            }
        }
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Shape<'a> {
            json_schema: Structure<'a>,
        }
        #[derive(serde::Serialize)]
        struct TextFormat<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            structure: Shape<'a>,
            #[serde(flatten)]
            inner: Inner<'a>,
        }
        let mut map = serializer.serialize_map(None)?;
        let format = TextFormat {
            kind: "json_schema",
            structure: Shape {
                json_schema: Structure(self.0),
            },
            inner: Inner::of(&self.0.extra, WIRE, "textFormat"),
        };
        map.serialize_entry("textFormat", &format)?;
        inner_fields(&mut map, &self.0.extra, WIRE, "outputConfig")?;
        map.end()
    }
}

struct Pairs<'a>(&'a [(router_core::Text, router_core::Text)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(serde::Serialize)]
struct Tier<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
}
