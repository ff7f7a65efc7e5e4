//! A chat as the input of a prediction, and its output as an answer.

use router_core::chat::{Choice, FinishReason, ReasoningConfig};
use router_core::content::{MediaKind, MediaSource};
use router_core::message::Role;
use router_core::{
    Call, ChatRequest, ChatResponse, Content, ContentPart, Error, ErrorKind, Media, Message, Result, Text,
    ToolChoice, Usage, Warning,
};
use router_wire::body::{malformed, text_of};
use router_wire::completion;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpResponse};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::WIRE;
use crate::codec::submitted;
use crate::prediction::Prediction;
use crate::target::Target;

const NOT_THERE: &str = "predictions have no such setting";

/// The words that a maker's models have for what all can do.
struct Words {
    /// Whether turns are sent as such, and not as one text.
    messages: bool,
    limit: &'static str,
    images: &'static str,
    several_images: bool,
    effort: bool,
}

impl Words {
    fn of(target: &Target<'_>) -> Self {
        let plain = Self {
            messages: false,
            limit: "max_tokens",
            images: "image",
            several_images: false,
            effort: false,
        };
        match target.owner {
            "openai" => Self {
                messages: true,
                limit: "max_completion_tokens",
                images: "image_input",
                several_images: true,
                effort: true,
            },
            "google" => Self {
                images: "images",
                several_images: true,
                limit: "max_output_tokens",
                ..plain
            },
            // The oldest ones.
            "replicate" if target.name.starts_with("vicuna") || target.name.starts_with("flan") => Self {
                limit: "max_length",
                ..plain
            },
            _ => plain,
        }
    }
}

pub(crate) fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    completion::check(request)?;
    let target = Target::of(call.model.as_str())?;
    let words = Words::of(&target);
    let mut warnings = Warnings::new(request.strict);
    check(&words, request, &mut warnings)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let input = Input {
        words: &words,
        request,
        overrides: &overrides,
    };
    submitted(call, &target, &input, warnings.into_list())
}

fn check(words: &Words, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
        return Err(Error::unsupported("tools"));
    }
    let settings = &request.settings;
    for (name, set) in [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("logprobs", settings.logprobs.is_some()),
        ("top_logprobs", settings.top_logprobs.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("modalities", !settings.modalities.is_empty()),
        ("audio", settings.audio.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
        ("response_format", request.response_format.is_some()),
        ("reasoning", settings.reasoning.is_some() && !words.effort),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    if settings
        .reasoning
        .as_ref()
        .is_some_and(|of| of.budget_tokens.is_some())
        && words.effort
    {
        warnings.changed("reasoning.budget_tokens", "sent as the level that comes nearest")?;
    }
    if let Some(of) = settings.reasoning.as_ref().filter(|_| words.effort) {
        if of.summary.is_some() {
            warnings.dropped("reasoning.summary", NOT_THERE)?;
        }
        if of.include_thoughts.is_some() {
            warnings.dropped("reasoning.include_thoughts", NOT_THERE)?;
        }
    }
    let turns = request
        .messages
        .iter()
        .filter(|message| message.role != Role::System);
    if !words.messages && turns.count() > 1 {
        let why = Text::from_static("written into one prompt, as predictions have no turns");
        warnings.add(Warning::emulated(Text::from_static("messages"), why))?;
    }
    let mut pictures = 0;
    for message in &request.messages {
        if message.name.is_some() {
            warnings.dropped("messages.name", NOT_THERE)?;
        }
        for part in message.content.parts() {
            if part.riders().is_some_and(|riders| riders.cache().is_some()) {
                warnings.dropped("cache", NOT_THERE)?;
            }
            match part {
                ContentPart::Text(_) | ContentPart::Refusal(_) => {}
                ContentPart::Media(media) => {
                    picture(media)?;
                    if media.detail.is_some() {
                        warnings.dropped("media.detail", NOT_THERE)?;
                    }
                    pictures += 1;
                }
                ContentPart::ToolCall(_) | ContentPart::ToolResult(_) => {
                    return Err(Error::unsupported("calls of tools in a conversation"));
                }
                ContentPart::Reasoning(_) => {
                    warnings.dropped("messages.reasoning", "predictions take no reasoning back")?;
                }
                _ => warnings.dropped(
                    "messages.opaque",
                    "a part goes back only to the vendor that made it",
                )?,
            }
        }
    }
    if pictures > 1 && !words.several_images {
        return Err(Error::unsupported("several pictures with this model"));
    }
    Ok(())
}

fn picture(media: &Media) -> Result<()> {
    match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(_) | MediaSource::Base64(_)) => Ok(()),
        (MediaKind::Image, _) => Err(Error::unsupported("images by file id")),
        (MediaKind::Document, _) => Err(Error::unsupported("documents")),
        (MediaKind::Audio, _) => Err(Error::unsupported("audio")),
        _ => Err(Error::unsupported("video")),
    }
}

/// A picture as the vendor takes it: an address, or one that holds its data.
pub(crate) fn place(media: &Media) -> String {
    match &media.source {
        MediaSource::Url(url) => url.to_string(),
        _ => media.to_data_url().unwrap_or_default(),
    }
}

struct Input<'a> {
    words: &'a Words,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Input<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { words, request, .. } = self;
        let settings = &request.settings;
        let mut input = Fields::new(serializer.serialize_map(None)?, self.overrides);
        if words.messages {
            input.field("messages", &Seq(|| request.messages.iter().map(Said)))?;
        } else {
            input.field("prompt", &prompt(&request.messages))?;
            let system: Vec<Text> = of_role(&request.messages, true).map(text_in).collect();
            input.some("system_prompt", (!system.is_empty()).then(|| system.join("\n\n")))?;
        }
        let parts = request
            .messages
            .iter()
            .flat_map(|message| message.content.parts());
        let pictures: Vec<String> = parts
            .filter_map(|part| match part {
                ContentPart::Media(media) => Some(place(media)),
                _ => None,
            })
            .collect();
        match &pictures[..] {
            [] => {}
            [only] if !words.several_images => input.field(words.images, only)?,
            all => input.field(words.images, all)?,
        }
        input.some(words.limit, settings.max_output_tokens)?;
        input.some("temperature", settings.temperature)?;
        input.some("top_p", settings.top_p)?;
        input.some("top_k", settings.top_k)?;
        input.some("seed", settings.seed)?;
        input.some("presence_penalty", settings.presence_penalty)?;
        input.some("frequency_penalty", settings.frequency_penalty)?;
        let stops = &settings.stop_sequences;
        input.some("stop_sequences", (!stops.is_empty()).then(|| stops.join(",")))?;
        if let Some(reasoning) = settings.reasoning.as_ref().filter(|_| words.effort) {
            effort(&mut input, reasoning)?;
        }
        input.end(&request.extra, WIRE)
    }
}

fn effort<M: SerializeMap>(
    input: &mut Fields<'_, M>,
    reasoning: &ReasoningConfig,
) -> std::result::Result<(), M::Error> {
    let nearest = reasoning
        .budget_tokens
        .map(router_core::ReasoningEffort::from_budget);
    let effort = reasoning.effort.clone().or(nearest);
    input.some("reasoning_effort", effort.as_ref().map(|effort| effort.as_str()))
}

/// A turn, its texts joined.
struct Said<'a>(&'a Message);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let role = match self.0.role {
            Role::System => "system",
            Role::Assistant => "assistant",
            _ => "user",
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", role)?;
        map.serialize_entry("content", &text_in(self.0))?;
        map.end()
    }
}

fn of_role(messages: &[Message], system: bool) -> impl Iterator<Item = &Message> {
    messages
        .iter()
        .filter(move |message| (message.role == Role::System) == system)
}

fn text_in(message: &Message) -> Text {
    if let Content::Text(text) = &message.content {
        return text.clone();
    }
    let mut all = String::new();
    for part in message.content.parts() {
        match part {
            ContentPart::Text(part) => all.push_str(&part.text),
            ContentPart::Refusal(part) => all.push_str(&part.text),
            _ => {}
        }
    }
    Text::from(all)
}

/// A conversation as one text: a single turn as it stands, several with who speaks in front.
fn prompt(messages: &[Message]) -> String {
    let turns: Vec<&Message> = of_role(messages, false).collect();
    if let [only] = turns[..] {
        return text_in(only).to_string();
    }
    let mut all = String::new();
    for turn in turns {
        let who = match turn.role {
            Role::Assistant => "Assistant",
            _ => "User",
        };
        all.push_str(&format!("{who}: {}\n\n", text_in(turn)));
    }
    all.push_str("Assistant:");
    all
}

pub(crate) fn decode(response: &HttpResponse) -> Result<ChatResponse> {
    let body = text_of(response)?;
    let prediction: Prediction<'_> = serde_json::from_str(&body).map_err(|error| malformed(&error, &body))?;
    let text = match prediction
        .output
        .map(|raw| serde_json::from_str::<Value>(raw.get()))
    {
        Some(Ok(Value::String(text))) => text,
        // Pieces, as they were streamed.
        Some(Ok(Value::Array(pieces))) if pieces.iter().all(Value::is_string) => {
            pieces.iter().filter_map(Value::as_str).collect()
        }
        Some(Ok(Value::Null)) | None => {
            return Err(Error::new(ErrorKind::Decode, "the prediction has no output"));
        }
        Some(Ok(other)) => other.to_string(),
        Some(Err(error)) => return Err(malformed(&error, &body)),
    };
    let mut answer = ChatResponse::default();
    answer.id = prediction.id.to_text();
    answer.model = prediction.model.to_text();
    let metrics = prediction.metrics.unwrap_or_default();
    let counts = (
        metrics.input_token_count.count(),
        metrics.output_token_count.count(),
    );
    if counts != (None, None) {
        answer.usage = Some(Usage::new(counts.0.unwrap_or(0), counts.1.unwrap_or(0)));
    }
    let content = vec![ContentPart::text(text)];
    let mut choice = Choice::new(0, content, FinishReason::Stop);
    choice.finish_reason_raw = Some(Text::from_static("succeeded"));
    answer.choices.push(choice);
    Ok(answer)
}
