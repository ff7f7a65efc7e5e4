//! `/generate` and `/generate_stream`: a prompt and how it is gone on with.

use router_core::{Call, ChatRequest, Error, Result, Text};
use router_wire::Encoded;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire_openai::completions;
use serde::Serialize;
use serde::ser::Serializer;

use super::OWN;
use super::grammar::{self, Grammar};
use crate::codec::WIRE;

const NOT_THERE: &str = "this API has no such setting";

/// Most stop sequences.
const MOST_STOPS: usize = 4;

pub(super) fn encode(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    completions::check(request)?;
    let mut warnings = Warnings::new(request.strict);
    check(request, &mut warnings)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Body {
        inputs: completions::request::prompt(&request.messages)?,
        parameters: Parameters {
            request,
            overrides: &overrides,
        },
    };
    let path = if call.is_stream() {
        "/generate_stream"
    } else {
        "/generate"
    };
    Encoded::post(call, path, &body, warnings.into_list())
}

fn check(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    if !request.tools.is_empty() {
        return Err(Error::unsupported("tools with a prompt; chats have them"));
    }
    let settings = &request.settings;
    for (name, set) in [
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("logprobs", settings.logprobs == Some(true)),
        ("top_logprobs", settings.top_logprobs.is_some_and(|top| top > 0)),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("reasoning", settings.reasoning.is_some()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        ("modalities", !settings.modalities.is_empty()),
        ("audio", settings.audio.is_some()),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    let mut parts = request
        .messages
        .iter()
        .flat_map(|message| message.content.parts());
    if parts.any(|part| part.riders().is_some_and(|riders| riders.cache().is_some())) {
        warnings.dropped("cache", NOT_THERE)?;
    }
    if request.messages.iter().any(|message| message.name.is_some()) {
        warnings.dropped("messages.name", NOT_THERE)?;
    }
    grammar::check(request, warnings)?;
    if settings.stop_sequences.len() > MOST_STOPS {
        return Err(invalid("stop_sequences", "this server takes at most 4"));
    }
    if settings.seed.is_some_and(|seed| seed < 0) {
        return Err(invalid("seed", "this server takes none below zero"));
    }
    Ok(())
}

#[derive(Serialize)]
struct Body<'a> {
    inputs: Text,
    parameters: Parameters<'a>,
}

struct Parameters<'a> {
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Parameters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let settings = &self.request.settings;
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.some("max_new_tokens", settings.max_output_tokens)?;
        // Zero is refused as a temperature; without sampling the likeliest token is always taken, which is what it means.
        fields.some(
            "temperature",
            settings.temperature.filter(|temperature| *temperature > 0.0),
        )?;
        if settings.temperature.is_some_and(|temperature| temperature <= 0.0) {
            fields.field("do_sample", &false)?;
        }
        // One is refused, and means that nothing is cut off.
        fields.some("top_p", settings.top_p.filter(|top| *top < 1.0))?;
        fields.some("top_k", settings.top_k)?;
        fields.some("seed", settings.seed)?;
        if !settings.stop_sequences.is_empty() {
            fields.field("stop", &settings.stop_sequences)?;
        }
        fields.some("grammar", Grammar::of(self.request, "json"))?;
        // Why it ended, and how many tokens it was.
        fields.field("details", &true)?;
        fields.end(&self.request.extra, WIRE)
    }
}
