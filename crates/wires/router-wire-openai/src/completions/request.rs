//! A chat of one message as a prompt.

use router_core::message::Role;
use router_core::{Call, ChatRequest, Error, Message, Result, Text};
use router_wire::Encoded;
use router_wire::completion::{MARK, WIRE};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Inner, Overrides};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::dialect::Dialect;

/// The request for a text completion.
///
/// # Errors
/// `Unsupported` for a conversation, for tools and for what is no text: a prompt is one text. `Unsupported` for settings that
/// this wire has not when the request is strict.
pub fn encode(
    dialect: &Dialect,
    path: &str,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
    own: &[&str],
) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    check(dialect, request, &mut warnings)?;
    let prompt = prompt(&request.messages)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let body = Body {
        dialect,
        call,
        request,
        prompt,
        overrides: &overrides,
    };
    Encoded::post(call, path, &body, warnings.into_list())
}

fn check(dialect: &Dialect, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    if !request.tools.is_empty() {
        return Err(Error::unsupported("calling tools from a text completion"));
    }
    let settings = &request.settings;
    let set: [(&'static str, bool, bool); 18] = [
        ("temperature", settings.temperature.is_some(), true),
        ("top_p", settings.top_p.is_some(), true),
        ("top_k", settings.top_k.is_some(), true),
        ("seed", settings.seed.is_some(), true),
        ("frequency_penalty", settings.frequency_penalty.is_some(), true),
        ("presence_penalty", settings.presence_penalty.is_some(), true),
        ("stop_sequences", !settings.stop_sequences.is_empty(), true),
        ("n", settings.n.is_some_and(|n| n > 1), true),
        ("logit_bias", !settings.logit_bias.is_empty(), true),
        ("logprobs", settings.logprobs == Some(true), true),
        ("response_format", request.response_format.is_some(), false),
        ("reasoning", settings.reasoning.is_some(), false),
        ("verbosity", settings.verbosity.is_some(), false),
        ("metadata", !settings.metadata.is_empty(), false),
        ("service_tier", settings.service_tier.is_some(), false),
        ("store", settings.store.is_some(), false),
        ("modalities", !settings.modalities.is_empty(), false),
        ("audio", settings.audio.is_some(), false),
    ];
    for (name, is_set, is_here) in set {
        if is_set && !is_here {
            warnings.dropped(name, "text completions have no such setting")?;
        } else if is_set && !dialect.supports(name) {
            warnings.dropped(name, "this vendor has no such setting")?;
        }
    }
    Ok(())
}

/// Instructions and one message, as one text.
///
/// # Errors
/// `Unsupported` for a conversation, and for what is no text.
pub fn prompt(messages: &[Message]) -> Result<Text> {
    let (last, before) = match messages.split_last() {
        Some((last, before)) if last.role == Role::User => (last, before),
        _ => {
            return Err(Error::unsupported(
                "a text completion of anything but one message",
            ));
        }
    };
    if before.iter().any(|message| message.role != Role::System) {
        return Err(Error::unsupported("a text completion of a conversation"));
    }
    let parts = messages.iter().flat_map(|message| message.content.parts());
    if parts.clone().any(|part| part.as_text().is_none()) {
        return Err(Error::unsupported("a text completion of what is no text"));
    }
    if before.is_empty() {
        return Ok(last.text());
    }
    let texts: Vec<Text> = messages.iter().map(Message::text).collect();
    Ok(Text::from(texts.join("\n\n")))
}

struct Body<'a> {
    dialect: &'a Dialect,
    call: &'a Call,
    request: &'a ChatRequest,
    prompt: Text,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct StreamOptions<'a> {
            include_usage: bool,
            #[serde(flatten)]
            inner: Inner<'a>,
        }
        let Self { dialect, request, .. } = self;
        let settings = &request.settings;
        let can = |name: &str| dialect.supports(name);
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        // Tokens stand among the unnamed fields.
        if request.extra.get(WIRE, "prompt").is_none() {
            body.field("prompt", &self.prompt)?;
        }
        if self.call.is_stream() {
            body.field("stream", &true)?;
            if dialect.stream_options {
                let options = StreamOptions {
                    include_usage: true,
                    inner: Inner::of(&request.extra, WIRE, "stream_options"),
                };
                body.field("stream_options", &options)?;
            }
        }
        body.some("max_tokens", settings.max_output_tokens)?;
        body.some("temperature", settings.temperature.filter(|_| can("temperature")))?;
        body.some("top_p", settings.top_p.filter(|_| can("top_p")))?;
        body.some("top_k", settings.top_k.filter(|_| can("top_k")))?;
        body.some(
            "frequency_penalty",
            settings.frequency_penalty.filter(|_| can("frequency_penalty")),
        )?;
        body.some(
            "presence_penalty",
            settings.presence_penalty.filter(|_| can("presence_penalty")),
        )?;
        if !settings.stop_sequences.is_empty() && can("stop_sequences") {
            body.field("stop", &settings.stop_sequences)?;
        }
        if let Some(seed) = settings.seed.filter(|_| can("seed")) {
            body.named(&dialect.seed_field, &seed)?;
        }
        body.some("n", settings.n.filter(|n| can("n") || *n == 1))?;
        if settings.logprobs == Some(true) && can("logprobs") {
            body.field("logprobs", &settings.top_logprobs.unwrap_or(0))?;
        }
        if !settings.logit_bias.is_empty() && can("logit_bias") {
            body.field("logit_bias", &Bias(&settings.logit_bias))?;
        }
        if let (Some(field), Some(user)) = (&dialect.user_field, &settings.user) {
            body.named(field, user)?;
        }
        body.end_but(&request.extra, WIRE, &[MARK, "stream_options"])
    }
}

struct Bias<'a, T>(&'a [(Text, T)]);

impl<T: Serialize> Serialize for Bias<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (token, bias) in self.0 {
            map.serialize_entry(token.as_str(), bias)?;
        }
        map.end()
    }
}
