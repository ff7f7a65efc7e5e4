//! A text to speak as the body of a request.

use router_core::audio::SpeechRequest;
use router_core::{Call, Result};
use router_wire::Encoded;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use serde::ser::{Serialize, Serializer};

use super::{SpeechDialect, WIRE};

/// The request for speech.
///
/// # Errors
/// `Unsupported` for settings that the vendor has not when the request is strict.
pub fn encode(
    dialect: &SpeechDialect,
    speaker: &Speaker,
    call: &Call,
    request: &SpeechRequest,
    own: &[&str],
) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    let set: [(&'static str, bool); 4] = [
        ("voice", request.voice.is_some()),
        ("instructions", request.instructions.is_some()),
        ("format", request.format.is_some()),
        ("speed", request.speed.is_some()),
    ];
    for (name, _) in set
        .into_iter()
        .filter(|(name, is_set)| *is_set && !dialect.supports(name))
    {
        warnings.dropped(name, "this vendor has no such setting")?;
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let body = Body {
        dialect,
        call,
        request,
        overrides: &overrides,
    };
    Encoded::post(call, &dialect.path, &body, warnings.into_list())
}

/// Whether a call is answered with events instead of bare bytes.
pub(super) fn as_events(dialect: &SpeechDialect, call: &Call) -> bool {
    call.is_stream() && dialect.events
}

struct Body<'a> {
    dialect: &'a SpeechDialect,
    call: &'a Call,
    request: &'a SpeechRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { dialect, request, .. } = self;
        let can = |name: &str| dialect.supports(name);
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        body.field("input", &request.input)?;
        if let Some(voice) = request.voice.as_ref().filter(|_| can("voice")) {
            body.named(&dialect.voice_field, voice)?;
        }
        body.some(
            "instructions",
            request.instructions.as_ref().filter(|_| can("instructions")),
        )?;
        body.some(
            "response_format",
            request.format.as_ref().filter(|_| can("format")),
        )?;
        body.some("speed", request.speed.filter(|_| can("speed")))?;
        if as_events(dialect, self.call) {
            let (field, value) = &dialect.events_field;
            body.named(field, value)?;
        }
        body.end(&request.extra, WIRE)
    }
}
