//! A chat as the body of `generateContent`.

mod body;
mod check;
mod config;
mod parts;
mod thinking;
mod tools;
mod turns;

use router_core::chat::ChatRequest;
use router_core::{Call, Error, ErrorKind, ProviderOptions, Result};
use router_wire::completion;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::Overrides;
use router_wire::{Encoded, HttpRequest};
use serde::Serialize;
use serde_json::value::RawValue;

pub(crate) use self::body::Purpose;
pub(crate) use self::config::{Settings, Voice};
use crate::rules::{Rules, Service};
use crate::{WIRE, method_path};

/// The request for a chat.
///
/// # Errors
/// `Unsupported` for content that the model does not take, and for settings when the request is strict; `InvalidRequest` for
/// what the vendor is known to refuse.
pub fn encode(
    service: &Service,
    rules: &Rules,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
) -> Result<Encoded> {
    completion::check(request)?;
    let mut warnings = Warnings::new(request.strict);
    check::check(service, rules, speaker, request, &mut warnings)?;
    let bytes = body(service, rules, speaker, request, Purpose::Answer)?;
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

/// The body of a request.
pub(crate) fn body(
    service: &Service,
    rules: &Rules,
    speaker: &Speaker,
    request: &ChatRequest,
    purpose: Purpose<'_>,
) -> Result<Vec<u8>> {
    let options = &request.provider_options;
    let overrides = match purpose {
        Purpose::PlainCount => Overrides::default(),
        _ => Overrides::of(options, &[speaker.provider().as_str(), WIRE], OWN)?,
    };
    to_json(&body::Body {
        service,
        rules,
        speaker,
        request,
        purpose,
        overrides: &overrides,
        config: config::config(rules, request, &own_config(options, speaker)?)?,
        turns: turns::turns(rules, speaker, &request.messages),
    })
}

/// Fields of the provider's options that are no fields of the body.
pub(crate) const OWN: &[&str] = &["generationConfig"];

/// Fields of `generationConfig` that the caller gave beside the settings.
pub(crate) fn own_config<'a>(
    options: &'a ProviderOptions,
    speaker: &Speaker,
) -> Result<Vec<(String, &'a RawValue)>> {
    let provider = speaker.provider().as_str();
    let Some(json) = options.get(provider).or_else(|| options.get(WIRE)) else {
        return Ok(Vec::new());
    };
    let raw: &RawValue = serde_json::from_str(json.as_str())
        .map_err(|error| router_wire::object::invalid("provider_options", &error.to_string()))?;
    let config = Object::of(raw, "provider_options")?.object("generationConfig")?;
    Ok(config.map_or_else(Vec::new, |config| config.into_fields().collect()))
}

pub(crate) fn to_json(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|error| not_representable(&error))
}

pub(crate) fn not_representable(error: &serde_json::Error) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        format!("request is not representable: {error}"),
    )
}
