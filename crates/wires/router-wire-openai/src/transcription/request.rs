//! A sound to write down as a form with the sound in it.

use std::borrow::Cow;

use router_core::audio::{Timestamps, TranscriptionRequest};
use router_core::content::MediaSource;
use router_core::{Call, Error, ErrorKind, Media, Result};
use router_wire::multipart::Form;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq};
use router_wire::{Encoded, HttpRequest, media_type};
use serde::ser::{Serialize, Serializer};

use super::{SoundForm, TranscriptionDialect, WIRE};

/// The request for a transcript.
///
/// # Errors
/// `Unsupported` for a sound that is not given by value, for a translation where the vendor has none, and for settings when
/// the request is strict; `InvalidRequest` for data that is no base64.
pub fn encode(
    dialect: &TranscriptionDialect,
    speaker: &Speaker,
    call: &Call,
    request: &TranscriptionRequest,
    own: &[&str],
) -> Result<Encoded> {
    let path = match (request.translate, &dialect.translations_path) {
        (false, _) => &dialect.path,
        (true, Some(path)) => path,
        (true, None) => return Err(Error::unsupported("translating speech")),
    };
    let mut warnings = Warnings::new(request.strict);
    let set: [(&'static str, bool); 4] = [
        ("language", request.language.is_some()),
        ("prompt", request.prompt.is_some()),
        ("temperature", request.temperature.is_some()),
        ("format", request.format.is_some()),
    ];
    for (name, _) in set
        .into_iter()
        .filter(|(name, is_set)| *is_set && !dialect.supports(name))
    {
        warnings.dropped(name, "this vendor has no such setting")?;
    }
    if request.translate && request.language.is_some() && dialect.supports("language") {
        warnings.dropped("language", "a translation finds out the language itself")?;
    }
    let format = format(dialect, request);
    let timed =
        dialect.times_in_every_format || (format.is_some() && format == dialect.timed_format.as_deref());
    if !request.timestamps.is_empty() && !timed {
        let why = "this vendor tells no times in this format";
        warnings.dropped("timestamps", why)?;
    }
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let streams = streams(dialect, call, request);
    let sound = match dialect.form {
        SoundForm::File => None,
        SoundForm::InputAudio => Some(InputAudio::of(&request.audio)?),
    };
    let body = Body {
        dialect,
        call,
        request,
        overrides: &overrides,
        format,
        streams,
        sound,
    };
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        let message = format!("request is not representable: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let http = if body.sound.is_some() {
        HttpRequest::post_json(path, bytes)
    } else {
        let mut form = Form::of_object(&bytes)?;
        push_sound(&mut form, &request.audio)?;
        form.into_request(path)?
    };
    let warnings = warnings.into_list();
    Ok(if streams {
        Encoded::new(call, http, warnings)
    } else {
        Encoded::whole(http, warnings)
    })
}

/// The form of the answer: the one asked for, or the one that tells times where times are asked for.
pub(super) fn format<'a>(
    dialect: &'a TranscriptionDialect,
    request: &'a TranscriptionRequest,
) -> Option<&'a str> {
    let asked = request.format.as_deref().filter(|_| dialect.supports("format"));
    match asked {
        None if !request.timestamps.is_empty() => dialect.timed_format.as_deref(),
        asked => asked,
    }
}

/// Whether the reply is streamed. Events hold JSON, so that other formats come whole.
fn streams(dialect: &TranscriptionDialect, call: &Call, request: &TranscriptionRequest) -> bool {
    let is_json = format(dialect, request).is_none_or(|format| format.ends_with("json"));
    call.is_stream() && dialect.streams && is_json && !request.translate
}

fn push_sound(form: &mut Form, audio: &Media) -> Result<()> {
    if !matches!(audio.source, MediaSource::Base64(_)) {
        return Err(Error::unsupported("a sound that is not given by value"));
    }
    let bytes = audio
        .decode()
        .ok_or_else(|| invalid("audio", "is not valid base64"))?;
    let kind = audio.media_type.as_deref().or(media_type::of_bytes(&bytes));
    let name = match (&audio.name, kind.and_then(media_type::format_of)) {
        (Some(name), _) => Cow::Borrowed(name.as_str()),
        // The vendor tells the format by the name's end.
        (None, Some(format)) => Cow::Owned(format!("audio.{format}")),
        (None, None) => Cow::Borrowed("audio.wav"),
    };
    form.push_file("file", &name, kind, bytes);
    Ok(())
}

/// A sound in JSON.
#[derive(serde::Serialize)]
struct InputAudio<'a> {
    data: &'a str,
    format: Cow<'a, str>,
}

impl<'a> InputAudio<'a> {
    fn of(audio: &'a Media) -> Result<Self> {
        let MediaSource::Base64(data) = &audio.source else {
            return Err(Error::unsupported("a sound that is not given by value"));
        };
        let bytes = audio
            .decode()
            .ok_or_else(|| invalid("audio", "is not valid base64"))?;
        let kind = audio.media_type.as_deref().or(media_type::of_bytes(&bytes));
        let format = kind.and_then(media_type::format_of).unwrap_or("wav");
        Ok(Self {
            data,
            format: Cow::Owned(format.to_owned()),
        })
    }
}

struct Body<'a> {
    dialect: &'a TranscriptionDialect,
    call: &'a Call,
    request: &'a TranscriptionRequest,
    overrides: &'a Overrides<'a>,
    format: Option<&'a str>,
    streams: bool,
    sound: Option<InputAudio<'a>>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { dialect, request, .. } = self;
        let can = |name: &str| dialect.supports(name);
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        body.some("input_audio", self.sound.as_ref())?;
        let language = request.language.as_ref().filter(|_| !request.translate);
        body.some("language", language.filter(|_| can("language")))?;
        body.some("prompt", request.prompt.as_ref().filter(|_| can("prompt")))?;
        body.some("temperature", request.temperature.filter(|_| can("temperature")))?;
        body.some("response_format", self.format)?;
        let timed = dialect.times_in_every_format || self.format == Some("verbose_json");
        if !request.timestamps.is_empty() && timed {
            let words = Seq(|| request.timestamps.iter().map(Timestamps::as_str));
            body.field("timestamp_granularities", &words)?;
        }
        if self.streams {
            body.field("stream", &true)?;
        }
        body.end(&request.extra, WIRE)
    }
}
