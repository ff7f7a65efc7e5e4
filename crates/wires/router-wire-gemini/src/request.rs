//! A chat as the body of `generateContent`.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use router_core::chat::{ChatRequest, ReasoningConfig, ReasoningEffort, ResponseFormat};
use router_core::content::{MediaKind, MediaSource};
use router_core::message::Role;
use router_core::{
    Call, Content, ContentPart, Error, ErrorKind, Json, Media, Message, ProviderOptions, Result, Text,
    ToolCall, ToolChoice, ToolDefinition, ToolResult,
};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, JsonOrText, Overrides, Seq};
use router_wire::{Encoded, HttpRequest};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

use crate::parts::{NO_ID, is_noted, unnamed};
use crate::rules::{Rules, Thinking};
use crate::{WIRE, method_path};

/// Stands for the signature of a call that never had one
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>, read 2026-11).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

const NOT_THERE: &str = "Gemini has no such setting";

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the model does not take, and for settings when the request is strict; `InvalidRequest` for
/// what the vendor is known to refuse.
pub fn encode(rules: &Rules, speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    check(rules, speaker, request, &mut warnings)?;
    let body = Prepared::new(rules, speaker, request)?;
    let bytes = to_json(&body.body())?;
    let path = if call.is_stream() {
        method_path(call.model.as_str(), "streamGenerateContent") + "?alt=sse"
    } else {
        method_path(call.model.as_str(), "generateContent")
    };
    Ok(Encoded::new(
        call,
        HttpRequest::post_json(path, bytes),
        warnings.into_list(),
    ))
}

pub(crate) fn to_json(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })
}

/// A request, ready to be written.
pub(crate) struct Prepared<'a> {
    rules: &'a Rules,
    speaker: &'a Speaker,
    request: &'a ChatRequest,
    overrides: Overrides<'a>,
    config: Vec<(String, &'a RawValue)>,
    turns: Vec<Turn>,
}

/// Messages that go out as one turn.
struct Turn {
    model: bool,
    messages: Range<usize>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(rules: &'a Rules, speaker: &'a Speaker, request: &'a ChatRequest) -> Result<Self> {
        let provider = speaker.provider().as_str();
        Ok(Self {
            rules,
            speaker,
            request,
            overrides: Overrides::of(
                &request.provider_options,
                &[provider, WIRE],
                &["generationConfig"],
            )?,
            config: own_config(&request.provider_options, provider)?,
            turns: turns(&request.messages),
        })
    }

    pub(crate) fn body(&self) -> Body<'_> {
        Body {
            of: self,
            model: None,
        }
    }

    /// The body with the model's name in it, as token counts want it.
    pub(crate) fn body_of(&'a self, model: &'a str) -> Body<'a> {
        Body {
            of: self,
            model: Some(model),
        }
    }
}

/// Fields of `generationConfig` that the caller gave beside the settings.
fn own_config<'a>(options: &'a ProviderOptions, provider: &str) -> Result<Vec<(String, &'a RawValue)>> {
    let Some(json) = options.get(provider).or_else(|| options.get(WIRE)) else {
        return Ok(Vec::new());
    };
    let raw: &RawValue = serde_json::from_str(json.as_str())
        .map_err(|error| router_wire::object::invalid("provider_options", &error.to_string()))?;
    let config = Object::of(raw, "provider_options")?.object("generationConfig")?;
    Ok(config.map_or_else(Vec::new, |config| config.into_fields().collect()))
}

/// Messages of one side that follow each other are one turn; results of tools are the user's.
fn turns(messages: &[Message]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        if message.role == Role::System {
            continue;
        }
        let model = message.role == Role::Assistant;
        match turns.last_mut() {
            Some(turn) if turn.model == model => turn.messages.end = place + 1,
            _ => turns.push(Turn {
                model,
                messages: place..place + 1,
            }),
        }
    }
    turns
}

fn check(rules: &Rules, speaker: &Speaker, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let settings = &request.settings;
    let set: [(&'static str, bool); 14] = [
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("audio", settings.audio.is_some()),
        ("previous_response_id", settings.previous_response_id.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
        (
            "frequency_penalty",
            settings.frequency_penalty.is_some() && !rules.penalties,
        ),
        (
            "presence_penalty",
            settings.presence_penalty.is_some() && !rules.penalties,
        ),
        (
            "reasoning",
            settings.reasoning.is_some() && rules.thinking == Thinking::None,
        ),
        (
            "reasoning.summary",
            settings
                .reasoning
                .as_ref()
                .is_some_and(|reasoning| reasoning.summary.is_some()),
        ),
        (
            "tools.strict",
            request
                .tools
                .iter()
                .any(|tool| matches!(tool, ToolDefinition::Function(tool) if tool.strict.is_some())),
        ),
        (
            "cache",
            request
                .tools
                .iter()
                .any(|tool| matches!(tool, ToolDefinition::Function(tool) if tool.cache.is_some())),
        ),
    ];
    for (name, is_set) in set {
        if is_set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    if let Some(seed) = settings.seed.filter(|seed| i32::try_from(*seed).is_err()) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("seed: Gemini takes 32 bits, and {seed} is longer"),
        ));
    }
    if let Some(reasoning) = &settings.reasoning {
        check_thinking(rules, reasoning, warnings)?;
    }
    for tool in &request.tools {
        match tool {
            ToolDefinition::Custom(_) => return Err(Error::unsupported("a tool with free text as input")),
            ToolDefinition::Provider(tool) if speaker.opaque(tool).is_none() => {
                return Err(Error::unsupported("a tool of another vendor"));
            }
            _ => {}
        }
    }
    if let Some(ResponseFormat::JsonSchema(format)) = &request.response_format
        && format.schema.is_none()
    {
        return Err(Error::unsupported("a JSON schema format without a schema"));
    }
    for message in &request.messages {
        if message.name.is_some() {
            warnings.dropped("messages.name", NOT_THERE)?;
        }
        for part in message.content.parts() {
            check_part(rules, speaker, part, warnings)?;
        }
    }
    Ok(())
}

fn check_thinking(rules: &Rules, reasoning: &ReasoningConfig, warnings: &mut Warnings) -> Result<()> {
    let off = reasoning.effort == Some(ReasoningEffort::None) || reasoning.budget_tokens == Some(0);
    match rules.thinking {
        Thinking::Level { .. } if off => warnings.changed(
            "reasoning.effort",
            "this model always thinks: sent as its lowest level",
        ),
        Thinking::Level { .. } if reasoning.budget_tokens.is_some() => warnings.changed(
            "reasoning.budget_tokens",
            "this model takes a level: sent as the one that comes nearest",
        ),
        Thinking::Budget { off: false, .. } if off => warnings.changed(
            "reasoning.effort",
            "this model always thinks: sent as its least budget",
        ),
        _ => Ok(()),
    }
}

fn check_part(rules: &Rules, speaker: &Speaker, part: &ContentPart, warnings: &mut Warnings) -> Result<()> {
    if part.riders().is_some_and(|riders| riders.cache().is_some()) {
        warnings.dropped(
            "cache",
            "Gemini has no marks: it caches by itself, or by cachedContent",
        )?;
    }
    match part {
        ContentPart::Media(media) => check_media(rules, media),
        ContentPart::ToolResult(result) => {
            for part in result.content.parts() {
                check_part(rules, speaker, part, warnings)?;
            }
            Ok(())
        }
        ContentPart::Reasoning(reasoning) if !goes_back(speaker, reasoning) => warnings.dropped(
            "messages.reasoning",
            "reasoning goes back only to the vendor that made it",
        ),
        ContentPart::ServerToolCall(call) if speaker.opaque(&call.raw).is_none() => warnings.dropped(
            "messages.server_tool_call",
            "a part goes back only to the vendor that made it",
        ),
        ContentPart::Opaque(part) if speaker.opaque(part).is_none() => warnings.dropped(
            "messages.opaque",
            "a part goes back only to the vendor that made it",
        ),
        _ => Ok(()),
    }
}

fn check_media(rules: &Rules, media: &Media) -> Result<()> {
    match &media.source {
        MediaSource::Base64(_) if media.media_type.is_none() => Err(Error::new(
            ErrorKind::InvalidRequest,
            "media by value needs a media type",
        )),
        // Addresses of videos are taken by every model: those of one site.
        MediaSource::Url(_) if !rules.media_urls && media.kind != MediaKind::Video => {
            Err(Error::unsupported(
                "media by address (this model fetches nothing: send the bytes, or allow fetching)",
            ))
        }
        _ => Ok(()),
    }
}

/// Whether a thought is sent back: signed by this vendor, or a thought of this wire.
fn goes_back(speaker: &Speaker, reasoning: &router_core::content::Reasoning) -> bool {
    let signed = reasoning
        .riders
        .signature()
        .and_then(|signature| speaker.signature(signature));
    signed.is_some() || !reasoning.riders.extra().for_wire(WIRE).is_empty()
}

pub(crate) struct Body<'a> {
    of: &'a Prepared<'a>,
    model: Option<&'a str>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let of = self.of;
        let request = of.request;
        let mut fields = Fields::new(serializer.serialize_map(None)?, &of.overrides);
        if let Some(model) = self.model {
            fields.field("model", model)?;
        }
        fields.field(
            "contents",
            &Seq(|| {
                of.turns.iter().enumerate().map(|(place, turn)| Turned {
                    of,
                    turn,
                    first: place == 0,
                })
            }),
        )?;
        let has_system = request
            .messages
            .iter()
            .any(|message| message.role == Role::System);
        if has_system && of.rules.system_instruction {
            fields.field("systemInstruction", &System(of))?;
        }
        if !request.tools.is_empty() {
            fields.field("tools", &Tools(&request.tools))?;
        }
        if let Some(choice) = &request.tool_choice {
            fields.field("toolConfig", &Choice(choice))?;
        }
        let config = Config(of);
        if config.any() {
            fields.field("generationConfig", &config)?;
        }
        fields.some("serviceTier", request.settings.service_tier.as_ref())?;
        fields.some("store", request.settings.store)?;
        fields.end(&request.extra, WIRE)
    }
}

/// Instructions, all of them.
struct System<'a>(&'a Prepared<'a>);

impl Serialize for System<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let of = self.0;
        let mut map = serializer.serialize_map(None)?;
        let system = of
            .request
            .messages
            .iter()
            .filter(|message| message.role == Role::System);
        for message in system.clone() {
            for (name, value) in unnamed(&message.extra) {
                map.serialize_entry(name, value)?;
            }
        }
        let texts = || system.clone().flat_map(|message| texts(&message.content));
        map.serialize_entry("parts", &Seq(|| texts().map(|text| Plain { text })))?;
        map.end()
    }
}

/// The texts of a content.
fn texts(content: &Content) -> impl Iterator<Item = &Text> {
    let whole = match content {
        Content::Text(text) => Some(text),
        Content::Parts(_) => None,
    };
    whole
        .into_iter()
        .chain(content.parts().iter().filter_map(ContentPart::as_text))
}

#[derive(serde::Serialize)]
struct Plain<'a> {
    text: &'a Text,
}

struct Turned<'a> {
    of: &'a Prepared<'a>,
    turn: &'a Turn,
    first: bool,
}

impl Serialize for Turned<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let messages = &self.of.request.messages[self.turn.messages.clone()];
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", if self.turn.model { "model" } else { "user" })?;
        map.serialize_entry("parts", &Parts(self))?;
        for message in messages {
            for (name, value) in unnamed(&message.extra) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

struct Parts<'a>(&'a Turned<'a>);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Turned { of, turn, first } = self.0;
        let mut seq = serializer.serialize_seq(None)?;
        if *first && !of.rules.system_instruction && !turn.model {
            let system = of
                .request
                .messages
                .iter()
                .filter(|message| message.role == Role::System);
            for text in system.flat_map(|message| texts(&message.content)) {
                seq.serialize_element(&Plain { text })?;
            }
        }
        let mut calls = 0;
        for place in turn.messages.clone() {
            let message = &of.request.messages[place];
            if message.role == Role::System {
                continue;
            }
            if let Content::Text(text) = &message.content {
                seq.serialize_element(&Plain { text })?;
            }
            for part in message.content.parts() {
                let first_call = matches!(part, ContentPart::ToolCall(_)) && {
                    calls += 1;
                    calls == 1
                };
                let part = One {
                    of,
                    part,
                    before: place,
                    first_call,
                };
                if part.is_sent() {
                    seq.serialize_element(&part)?;
                }
                if let ContentPart::ToolResult(result) = part.part
                    && !of.rules.result_media
                {
                    for media in media_of(&result.content) {
                        seq.serialize_element(&Data(media))?;
                    }
                }
            }
        }
        seq.end()
    }
}

struct One<'a> {
    of: &'a Prepared<'a>,
    part: &'a ContentPart,
    /// The place of its message: what stands before may hold the call that a result answers.
    before: usize,
    first_call: bool,
}

impl One<'_> {
    fn is_sent(&self) -> bool {
        let speaker = self.of.speaker;
        match self.part {
            ContentPart::Reasoning(reasoning) => goes_back(speaker, reasoning),
            ContentPart::ServerToolCall(call) => speaker.opaque(&call.raw).is_some(),
            ContentPart::Opaque(part) => speaker.opaque(part).is_some(),
            _ => true,
        }
    }

    fn signature(&self) -> Option<&Text> {
        let signature = self.part.riders()?.signature()?;
        self.of.speaker.signature(signature)
    }
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.part {
            ContentPart::ServerToolCall(call) => return call.raw.raw.serialize(serializer),
            ContentPart::Opaque(part) => return part.raw.serialize(serializer),
            _ => {}
        }
        let mut map = serializer.serialize_map(None)?;
        let mut signature = self.signature().map(Text::as_str);
        match self.part {
            ContentPart::Text(part) => map.serialize_entry("text", &part.text)?,
            ContentPart::Refusal(part) => map.serialize_entry("text", &part.text)?,
            ContentPart::Reasoning(part) => {
                map.serialize_entry("text", &part.text)?;
                map.serialize_entry("thought", &true)?;
            }
            ContentPart::Media(media) => data(&mut map, media)?,
            ContentPart::ToolCall(call) => {
                map.serialize_entry("functionCall", &Called(call))?;
                if self.first_call && self.of.rules.needs_signatures {
                    signature = signature.or(Some(NO_SIGNATURE));
                }
            }
            ContentPart::ToolResult(result) => map.serialize_entry(
                "functionResponse",
                &Answered {
                    result,
                    before: &self.of.request.messages[..self.before],
                    media: self.of.rules.result_media,
                },
            )?,
            _ => {}
        }
        if let Some(signature) = signature {
            map.serialize_entry("thoughtSignature", signature)?;
        }
        if let Some(riders) = self.part.riders() {
            for (name, value) in unnamed(riders.extra()) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// Media as a part of its own.
struct Data<'a>(&'a Media);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        data(&mut map, self.0)?;
        map.end()
    }
}

fn data<M: SerializeMap>(map: &mut M, media: &Media) -> std::result::Result<(), M::Error> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Inline<'a> {
        mime_type: &'a str,
        data: Cow<'a, str>,
    }
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct File<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
        file_uri: &'a Text,
    }
    let mime = media.media_type.as_deref();
    match &media.source {
        MediaSource::Base64(bytes) => map.serialize_entry(
            "inlineData",
            &Inline {
                mime_type: mime.unwrap_or("application/octet-stream"),
                data: Cow::Borrowed(bytes),
            },
        ),
        MediaSource::Text(text) => map.serialize_entry(
            "inlineData",
            &Inline {
                mime_type: mime.unwrap_or("text/plain"),
                data: Cow::Owned(base64::engine::general_purpose::STANDARD.encode(text.as_bytes())),
            },
        ),
        MediaSource::Url(uri) | MediaSource::File(uri) => map.serialize_entry(
            "fileData",
            &File {
                mime_type: mime.or_else(|| mime_of(uri)),
                file_uri: uri,
            },
        ),
        _ => Ok(()),
    }
}

/// The MIME type that an address ends like.
fn mime_of(uri: &str) -> Option<&'static str> {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => return None,
    })
}

fn media_of(content: &Content) -> impl Iterator<Item = &Media> + Clone {
    content.parts().iter().filter_map(|part| match part {
        ContentPart::Media(media) => Some(media),
        _ => None,
    })
}

struct Called<'a>(&'a ToolCall);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let call = self.0;
        let mut map = serializer.serialize_map(None)?;
        if !is_noted(call.riders.extra(), NO_ID) {
            map.serialize_entry("id", &call.id)?;
        }
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry("args", &JsonOrText(&call.arguments))?;
        map.end()
    }
}

struct Answered<'a> {
    result: &'a ToolResult,
    before: &'a [Message],
    media: bool,
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let result = self.result;
        let call = self
            .before
            .iter()
            .rev()
            .flat_map(|message| router_core::tool::tool_calls(message.content.parts()))
            .find(|call| call.id == result.call_id);
        let no_id = is_noted(result.riders.extra(), NO_ID)
            || call.is_some_and(|call| is_noted(call.riders.extra(), NO_ID));
        let mut map = serializer.serialize_map(None)?;
        if !no_id {
            map.serialize_entry("id", &result.call_id)?;
        }
        let name = result
            .name
            .as_ref()
            .or(call.map(|call| &call.name))
            .unwrap_or(&result.call_id);
        map.serialize_entry("name", name)?;
        map.serialize_entry("response", &Response(result))?;
        if self.media && media_of(&result.content).next().is_some() {
            map.serialize_entry("parts", &Seq(|| media_of(&result.content).map(Data)))?;
        }
        map.end()
    }
}

/// What a tool gave, which has to be an object.
struct Response<'a>(&'a ToolResult);

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let text = self.0.content.joined_text();
        let object = serde_json::from_str::<&RawValue>(&text)
            .ok()
            .filter(|raw| raw.get().starts_with('{'));
        if let Some(object) = object.filter(|_| !self.0.is_error) {
            return object.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(if self.0.is_error { "error" } else { "output" }, &text)?;
        map.end()
    }
}

/// All functions in one object, then the vendor's own tools.
struct Tools<'a>(&'a [ToolDefinition]);

impl Serialize for Tools<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Declarations<'a>(&'a [ToolDefinition]);
        impl Serialize for Declarations<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                let functions = || {
                    self.0.iter().filter_map(|tool| match tool {
                        ToolDefinition::Function(tool) => Some(Function(tool)),
                        _ => None,
                    })
                };
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("functionDeclarations", &Seq(functions))?;
                map.end()
            }
        }
        let mut seq = serializer.serialize_seq(None)?;
        if self
            .0
            .iter()
            .any(|tool| matches!(tool, ToolDefinition::Function(_)))
        {
            seq.serialize_element(&Declarations(self.0))?;
        }
        for tool in self.0 {
            if let ToolDefinition::Provider(tool) = tool {
                seq.serialize_element(&tool.raw)?;
            }
        }
        seq.end()
    }
}

struct Function<'a>(&'a router_core::tool::FunctionTool);

impl Serialize for Function<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let tool = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &tool.name)?;
        if let Some(description) = &tool.description {
            map.serialize_entry("description", description)?;
        }
        // Older models refuse an object without properties.
        let has_fields = |schema: &&Json| {
            schema.to_value()["properties"]
                .as_object()
                .is_none_or(|fields| !fields.is_empty())
        };
        let is_ours = tool.extra.get(WIRE, "~parameters").is_some();
        if let Some(schema) = tool
            .parameters
            .as_ref()
            .filter(|schema| is_ours || has_fields(schema))
        {
            let name = if is_ours {
                "parameters"
            } else {
                "parametersJsonSchema"
            };
            map.serialize_entry(name, schema)?;
        }
        for (name, value) in unnamed(&tool.extra) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct Choice<'a>(&'a ToolChoice);

impl Serialize for Choice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Calling<'a> {
            mode: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            allowed_function_names: Option<[&'a Text; 1]>,
        }
        let calling = |mode, name| Calling {
            mode,
            allowed_function_names: name,
        };
        let calling = match self.0 {
            ToolChoice::None => calling("NONE", None),
            ToolChoice::Required => calling("ANY", None),
            ToolChoice::Tool(name) => calling("ANY", Some([name])),
            ToolChoice::Opaque(choice) => return choice.raw.serialize(serializer),
            _ => calling("AUTO", None),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("functionCallingConfig", &calling)?;
        map.end()
    }
}

/// `generationConfig`: the settings, then the caller's own fields, which win.
struct Config<'a>(&'a Prepared<'a>);

impl Config<'_> {
    fn any(&self) -> bool {
        let request = self.0.request;
        let settings = &request.settings;
        !self.0.config.is_empty()
            || settings.temperature.is_some()
            || settings.top_p.is_some()
            || settings.top_k.is_some()
            || settings.max_output_tokens.is_some()
            || !settings.stop_sequences.is_empty()
            || settings.n.is_some()
            || settings.seed.is_some()
            || (self.0.rules.penalties
                && (settings.presence_penalty.is_some() || settings.frequency_penalty.is_some()))
            || settings.logprobs.is_some()
            || settings.top_logprobs.is_some()
            || !settings.modalities.is_empty()
            || (settings.reasoning.is_some() && self.0.rules.thinking != Thinking::None)
            || matches!(
                request.response_format,
                Some(ResponseFormat::Json | ResponseFormat::JsonSchema(_))
            )
    }
}

struct Own<'a, M> {
    map: M,
    own: &'a [(String, &'a RawValue)],
}

impl<M: SerializeMap> Own<'_, M> {
    fn some<T: Serialize>(
        &mut self,
        name: &'static str,
        value: Option<T>,
    ) -> std::result::Result<(), M::Error> {
        match value {
            Some(value) if !self.own.iter().any(|(known, _)| known == name) => {
                self.map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }
}

impl Serialize for Config<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let of = self.0;
        let settings = &of.request.settings;
        let mut own = Own {
            map: serializer.serialize_map(None)?,
            own: &of.config,
        };
        own.some("temperature", settings.temperature)?;
        own.some("topP", settings.top_p)?;
        own.some("topK", settings.top_k)?;
        own.some("maxOutputTokens", settings.max_output_tokens)?;
        own.some(
            "stopSequences",
            (!settings.stop_sequences.is_empty()).then_some(&settings.stop_sequences),
        )?;
        own.some("candidateCount", settings.n)?;
        own.some("seed", settings.seed)?;
        if of.rules.penalties {
            own.some("presencePenalty", settings.presence_penalty)?;
            own.some("frequencyPenalty", settings.frequency_penalty)?;
        }
        own.some("responseLogprobs", settings.logprobs)?;
        own.some("logprobs", settings.top_logprobs)?;
        let modalities = || settings.modalities.iter().map(|word| word.to_uppercase());
        own.some(
            "responseModalities",
            (!settings.modalities.is_empty()).then_some(Seq(modalities)),
        )?;
        match &of.request.response_format {
            Some(ResponseFormat::Json) => own.some("responseMimeType", Some("application/json"))?,
            Some(ResponseFormat::JsonSchema(format)) => {
                own.some("responseMimeType", Some("application/json"))?;
                if format.extra.get(WIRE, "~responseSchema").is_some() {
                    own.some("responseSchema", format.schema.as_ref())?;
                } else {
                    own.some("responseJsonSchema", format.schema.as_ref())?;
                }
            }
            _ => {}
        }
        if let Some(reasoning) = settings
            .reasoning
            .as_ref()
            .filter(|_| of.rules.thinking != Thinking::None)
        {
            match reasoning.extra.get(WIRE, "~thinkingConfig") {
                Some(raw) => own.some("thinkingConfig", Some(raw))?,
                None => own.some("thinkingConfig", Some(thinking(of.rules, reasoning)))?,
            }
        }
        for (name, value) in &of.config {
            own.map.serialize_entry(name, value)?;
        }
        own.map.end()
    }
}

#[derive(Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    include_thoughts: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

/// How the model is to think, in its own terms: a level or a budget, never both.
fn thinking(rules: &Rules, reasoning: &ReasoningConfig) -> ThinkingConfig {
    let effort = reasoning
        .effort
        .clone()
        .or_else(|| reasoning.budget_tokens.map(ReasoningEffort::from_budget));
    let mut config = ThinkingConfig {
        include_thoughts: reasoning.include_thoughts,
        thinking_budget: None,
        thinking_level: None,
    };
    let Some(effort) = effort else { return config };
    match rules.thinking {
        Thinking::None => {}
        Thinking::Level { minimal } => {
            config.thinking_level = Some(match effort {
                ReasoningEffort::None | ReasoningEffort::Minimal if minimal => "minimal",
                ReasoningEffort::None | ReasoningEffort::Minimal | ReasoningEffort::Low => "low",
                ReasoningEffort::Medium => "medium",
                _ => "high",
            });
        }
        Thinking::Budget { least, most, off } => {
            let wanted = reasoning
                .budget_tokens
                .or_else(|| effort.budget_tokens())
                .unwrap_or(most);
            config.thinking_budget = Some(if wanted == 0 && off {
                0
            } else {
                wanted.clamp(least, most)
            });
        }
    }
    // Who asks for thinking wants to see it, and this vendor shows it only when told to.
    let is_off = effort == ReasoningEffort::None;
    config.include_thoughts = config.include_thoughts.or((!is_off).then_some(true));
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_or_a_budget_never_both() {
        let level = thinking(&Rules::default(), &ReasoningConfig::budget(12_000));
        assert_eq!(
            (level.thinking_level, level.thinking_budget),
            (Some("medium"), None)
        );
        let rules = Rules {
            thinking: Thinking::Budget {
                least: 128,
                most: 32_768,
                off: false,
            },
            ..Rules::default()
        };
        let budget = thinking(&rules, &ReasoningConfig::effort(ReasoningEffort::None));
        assert_eq!((budget.thinking_level, budget.thinking_budget), (None, Some(128)));
    }
}
