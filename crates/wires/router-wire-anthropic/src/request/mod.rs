//! A chat as a messages request.

mod blocks;
mod body;
mod check;
mod notes;
mod plan;
mod thinking;
mod tools;

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};
use router_core::{Call, ChatRequest, Error, ErrorKind, ProviderOptions, Result, Text, Warning};
use router_wire::completion;
use router_wire::provenance::Speaker;
use router_wire::write::Overrides;
use router_wire::{Encoded, HttpRequest};
use serde::Deserialize;

use crate::rules::Rules;
use crate::{BETAS, MESSAGES, WIRE};

/// The version of the API that is asked for unless the options name another. With it, models that take sampling settings
/// still get them.
pub const VERSION: &str = "2023-06-01";

/// Fields of the provider's options that steer the request and are not sent in its body.
const OWN: &[&str] = &["betas", "version"];

/// How a service takes the wire: the vendor itself, or a cloud that puts the same body at an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Version that is asked for: a header at the vendor, the field `anthropic_version` in a cloud.
    pub version: Cow<'static, str>,
    /// Whether the body names the model. A cloud has it in the address.
    pub model_in_body: bool,
    /// Whether the body names version and betas, and not a header.
    pub version_in_body: bool,
    /// Whether the body says that a stream is wanted.
    pub stream_in_body: bool,
    /// Fields of the provider's options that steer the service and are not sent.
    pub own_options: &'static [&'static str],
}

impl Default for Service {
    fn default() -> Self {
        Self {
            version: Cow::Borrowed(VERSION),
            model_in_body: true,
            version_in_body: false,
            stream_in_body: true,
            own_options: &[],
        }
    }
}

impl Service {
    /// A cloud that has the model in the address and this version in the body.
    #[must_use]
    pub fn cloud(version: impl Into<Cow<'static, str>>, stream_in_body: bool) -> Self {
        Self {
            version: version.into(),
            model_in_body: false,
            version_in_body: true,
            stream_in_body,
            own_options: &[],
        }
    }
}

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Answer,
    Count,
}

/// The options that steer a request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Steering {
    betas: Vec<String>,
    version: Option<String>,
}

impl Steering {
    /// Those of a provider; other shapes are refused.
    pub(crate) fn of(options: &ProviderOptions, speaker: &Speaker) -> Result<Self> {
        match options
            .get(speaker.provider().as_str())
            .or_else(|| options.get(WIRE))
        {
            None => Ok(Self::default()),
            Some(json) => json.to().map_err(|error| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    format!("provider_options: {}", error.message()),
                )
            }),
        }
    }

    /// The version to ask for.
    pub(crate) fn version<'a>(&'a self, service: &'a Service) -> &'a str {
        self.version.as_deref().unwrap_or(&service.version)
    }

    /// The betas to ask for, with those that a client of the same wire asked for.
    pub(crate) fn betas<'a>(&'a self, request: &ChatRequest) -> Vec<Cow<'a, str>> {
        let sent = request
            .extra
            .get(MESSAGES, BETAS)
            .and_then(router_wire::write::string_of);
        let mut betas: Vec<Cow<'a, str>> = Vec::new();
        let asked = sent.iter().flat_map(|sent| sent.split(',')).map(str::trim);
        for beta in asked.filter(|beta| !beta.is_empty()) {
            if !betas.iter().any(|known| known == beta) {
                betas.push(Cow::Owned(beta.to_owned()));
            }
        }
        for beta in &self.betas {
            if !betas.iter().any(|known| known == beta) {
                betas.push(Cow::Borrowed(beta));
            }
        }
        betas
    }
}

/// The request for a chat, to `/v1/messages` of the vendor.
///
/// # Errors
/// `Unsupported` for content that the wire does not take, and for settings when the request is strict.
pub fn encode(service: &Service, speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<Encoded> {
    let (bytes, warnings) = body(service, speaker, call, request)?;
    let http = post("/v1/messages", bytes, service, speaker, request)?;
    Ok(Encoded::new(call, http, warnings))
}

/// The body of a request for a chat, for services that have an address of their own, and what was dropped or changed.
///
/// # Errors
/// As [`encode`].
pub fn body(
    service: &Service,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    write(Purpose::Answer, service, speaker, call, request)
}

/// The body for a purpose.
pub(crate) fn write(
    purpose: Purpose,
    service: &Service,
    speaker: &Speaker,
    call: &Call,
    request: &ChatRequest,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    completion::check(request)?;
    let steering = Steering::of(&request.provider_options, speaker)?;
    let overrides = Overrides::of(
        &request.provider_options,
        &[speaker.provider().as_str(), WIRE],
        &[OWN, service.own_options].concat(),
    )?;
    let rules = Rules::of(call.model.as_str());
    let mut notes = notes::Notes::new(request.strict);
    check::check(speaker, &rules, request, &mut notes)?;
    let plan = plan::Plan::of(
        purpose,
        &rules,
        steering.version(service),
        speaker,
        request,
        &mut notes,
    )?;
    let body = body::Body {
        purpose,
        service,
        steering: &steering,
        speaker,
        rules: &rules,
        call,
        request,
        plan: &plan,
        overrides: &overrides,
    };
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        Error::new(
            ErrorKind::InvalidRequest,
            format!("request is not representable: {error}"),
        )
    })?;
    Ok((bytes, notes.into_warnings()))
}

/// A request to the vendor itself, with version and betas in headers.
pub(crate) fn post(
    path: &str,
    body: Vec<u8>,
    service: &Service,
    speaker: &Speaker,
    request: &ChatRequest,
) -> Result<HttpRequest> {
    let steering = Steering::of(&request.provider_options, speaker)?;
    let mut http = with_version(HttpRequest::post_json(path, body), steering.version(service))?;
    let betas = steering.betas(request);
    if !betas.is_empty() {
        http = http.with_header(HeaderName::from_static(BETAS), header(&betas.join(","))?);
    }
    Ok(http)
}

/// A request with the version that it asks for.
pub(crate) fn with_version(request: HttpRequest, version: &str) -> Result<HttpRequest> {
    Ok(request.with_header(HeaderName::from_static("anthropic-version"), header(version)?))
}

fn header(value: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(value).map_err(|_| {
        Error::new(
            ErrorKind::InvalidRequest,
            "provider_options: version and betas must fit into a header",
        )
    })
}

/// An id in the characters that the wire takes for ids of calls: others become their bytes in hexadecimal, so that call and
/// result still match and different ids stay different.
pub(crate) fn call_id(id: &Text) -> Cow<'_, str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !id.is_empty() && id.bytes().all(|byte| plain(&byte)) {
        return Cow::Borrowed(id.as_str());
    }
    let mut written = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        if plain(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("_{byte:02x}"));
        }
    }
    if written.is_empty() {
        written.push('_');
    }
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    use router_core::Text;

    use super::call_id;

    #[test]
    fn foreign_ids_are_rewritten_apart() {
        assert_eq!(call_id(&Text::from("toolu_01-A")), "toolu_01-A");
        assert_eq!(call_id(&Text::from("a.b")), "a_2eb");
        assert_eq!(call_id(&Text::from("a:b")), "a_3ab");
        assert_eq!(call_id(&Text::from("")), "_");
    }
}
