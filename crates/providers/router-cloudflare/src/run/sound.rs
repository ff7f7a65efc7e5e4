//! A text to sound, and sound to a text.

use router_core::audio::{SpeechRequest, SpeechResponse, TranscriptionRequest, TranscriptionResponse};
use router_core::content::MediaSource;
use router_core::{Call, Error, Result, Text};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpRequest, HttpResponse, media_type};
use router_wire_openai::{speech, transcription};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{NOT_THERE, OWN, WIRE};
use crate::models;

pub(crate) fn speech(speaker: &Speaker, call: &Call, request: &SpeechRequest) -> Result<Encoded> {
    let deepgram = models::speaks_as_deepgram(&call.model);
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("instructions", request.instructions.is_some()),
        ("speed", request.speed.is_some()),
        ("voice", request.voice.is_some() && !deepgram),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    // The other models speak MP3 and nothing else.
    if !deepgram && request.format.as_deref().is_some_and(|format| format != "mp3") {
        warnings.dropped("format", "this model gives MP3")?;
    }
    let overrides = &Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Spoken {
        request,
        deepgram,
        overrides,
    };
    super::whole(call, &body, warnings.into_list())
}

struct Spoken<'a> {
    request: &'a SpeechRequest,
    deepgram: bool,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Spoken<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        if self.deepgram {
            body.field("text", &request.input)?;
            body.some("speaker", request.voice.as_ref())?;
            body.some("encoding", request.format.as_ref())?;
        } else {
            body.field("prompt", &request.input)?;
        }
        body.end(&request.extra, WIRE)
    }
}

/// The sound: its bytes, or in base64.
pub(crate) fn spoken(request: &SpeechRequest, result: &HttpResponse) -> Result<SpeechResponse> {
    speech::response::decode(request, result)
}

pub(crate) fn transcription(
    speaker: &Speaker,
    call: &Call,
    request: &TranscriptionRequest,
) -> Result<Encoded> {
    let MediaSource::Base64(data) = &request.audio.source else {
        return Err(Error::unsupported("a sound that is not given by value"));
    };
    let bare = models::takes_bytes(&call.model);
    if bare && request.translate {
        return Err(Error::unsupported("translating speech with this model"));
    }
    let mut warnings = Warnings::new(request.strict);
    for (name, set) in [
        ("temperature", request.temperature.is_some()),
        ("format", request.format.is_some()),
        ("language", request.language.is_some() && bare),
        ("prompt", request.prompt.is_some() && bare),
    ] {
        if set {
            warnings.dropped(name, NOT_THERE)?;
        }
    }
    if bare {
        let bytes = request
            .audio
            .decode()
            .ok_or_else(|| invalid("audio", "is not valid base64"))?;
        let kind = request
            .audio
            .media_type
            .as_deref()
            .or(media_type::of_bytes(&bytes));
        let kind = kind.unwrap_or("application/octet-stream");
        let kind = http::HeaderValue::from_str(kind).map_err(|_| invalid("audio", "has no MIME type"))?;
        let mut http = HttpRequest::new(http::Method::POST, super::path(call)?);
        http.body = bytes.into();
        let http = http.with_header(http::header::CONTENT_TYPE, kind);
        return Ok(Encoded::whole(http, warnings.into_list()));
    }
    let overrides = &Overrides::of(&request.provider_options, &[speaker.provider().as_str()], OWN)?;
    let body = Heard {
        request,
        data,
        overrides,
    };
    super::whole(call, &body, warnings.into_list())
}

struct Heard<'a> {
    request: &'a TranscriptionRequest,
    data: &'a Text,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Heard<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = self.request;
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("audio", self.data)?;
        body.some("task", request.translate.then_some("translate"))?;
        body.some("language", request.language.as_ref())?;
        body.some("initial_prompt", request.prompt.as_ref())?;
        body.end(&request.extra, WIRE)
    }
}

/// What was heard, and what it was about, which this vendor tells apart.
#[derive(Default, Deserialize)]
#[serde(default)]
struct About {
    language: Option<Text>,
    duration: Option<f64>,
}

/// The transcript; its form beside this is that of OpenAI.
pub(crate) fn transcript(
    request: &TranscriptionRequest,
    result: &HttpResponse,
) -> Result<TranscriptionResponse> {
    let mut answer = transcription::response::decode(request, result)?;
    let about = answer.extra.get(transcription::WIRE, "transcription_info");
    let about: About = about.and_then(|about| about.to().ok()).unwrap_or_default();
    answer.language = answer.language.or(about.language);
    answer.duration = answer.duration.or(about.duration);
    Ok(answer)
}
