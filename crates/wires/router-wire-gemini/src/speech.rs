//! Speech: `generateContent` that is asked for sound alone.

use base64::Engine as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use router_core::audio::{SpeechRequest, SpeechResponse};
use router_core::content::{MediaKind, MediaSource};
use router_core::{Call, ContentPart, Error, ErrorKind, FinishReason, Result, Text, Warning};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use crate::request::{OWN, Settings, Voice, own_config, to_json};
use crate::{WIRE, method_path, response};

/// The request for speech. The vendor is told how to speak in the text itself.
///
/// # Errors
/// `InvalidRequest` for options that are no object, `Unsupported` for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &SpeechRequest) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    if request.speed.is_some() {
        warnings.dropped("speed", "Gemini has no such setting: say it in the instructions")?;
    }
    if request.format.as_deref().is_some_and(|format| !is_made(format)) {
        warnings.dropped("format", "Gemini speaks PCM: wav and pcm are made of it")?;
    }
    if request.instructions.is_some() {
        warnings.add(Warning::emulated("instructions", "sent in front of the text"))?;
    }
    let bytes = to_json(&Body {
        request,
        own: &own_config(&request.provider_options, speaker)?,
        overrides: &Overrides::of(
            &request.provider_options,
            &[speaker.provider().as_str(), WIRE],
            OWN,
        )?,
    })?;
    let path = method_path(call.model.as_str(), "generateContent");
    Ok(Encoded::whole(
        HttpRequest::post_json(path, bytes),
        warnings.into_list(),
    ))
}

fn is_made(format: &str) -> bool {
    format == "wav" || format.starts_with("pcm")
}

/// The sound in a reply: as it came, or as a WAV file where that was asked for.
///
/// # Errors
/// `ContentFiltered` when the vendor refused to speak, `Decode` when the answer holds no sound for another reason.
pub fn decode(speaker: &Speaker, request: &SpeechRequest, reply: &HttpResponse) -> Result<SpeechResponse> {
    let answer = response::decode(speaker, reply)?;
    let mut sound = BytesMut::new();
    let mut media_type = None;
    for part in answer.choices.iter().flat_map(|choice| &choice.content) {
        let ContentPart::Media(media) = part else { continue };
        let (MediaKind::Audio, MediaSource::Base64(data)) = (media.kind, &media.source) else {
            continue;
        };
        let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_bytes());
        sound.extend_from_slice(
            &bytes
                .map_err(|_| Error::new(ErrorKind::Decode, "the sound in the answer is not valid base64"))?,
        );
        media_type = media_type.or_else(|| media.media_type.clone());
    }
    if sound.is_empty() {
        let filtered = answer.finish_reason() == Some(&FinishReason::ContentFilter);
        let kind = if filtered {
            ErrorKind::ContentFiltered
        } else {
            ErrorKind::Decode
        };
        let error = Error::new(kind, "the answer holds no sound");
        return Err(match answer.usage {
            Some(usage) => error.with_usage(usage),
            None => error,
        });
    }
    let mut sound = sound.freeze();
    if request.format.as_deref() == Some("wav")
        && let Some(rate) = media_type.as_deref().and_then(pcm_rate)
    {
        sound = wav(rate, &sound);
        media_type = Some(Text::from_static("audio/wav"));
    }
    let mut speech = SpeechResponse::new(sound, media_type);
    speech.model = answer.model;
    speech.usage = answer.usage;
    Ok(speech)
}

/// Samples a second of bare 16-bit PCM: `audio/L16;codec=pcm;rate=24000`.
fn pcm_rate(media_type: &str) -> Option<u32> {
    let (kind, parameters) = media_type.split_once(';')?;
    let rate = parameters
        .split(';')
        .find_map(|parameter| parameter.trim().strip_prefix("rate="));
    rate.filter(|_| kind.eq_ignore_ascii_case("audio/L16"))?
        .parse()
        .ok()
}

/// PCM of one channel of 16 bits as a WAV file (<http://soundfile.sapp.org/doc/WaveFormat/>).
fn wav(rate: u32, pcm: &[u8]) -> Bytes {
    let length = u32::try_from(pcm.len()).unwrap_or(u32::MAX - 36);
    let mut file = BytesMut::with_capacity(44 + pcm.len());
    file.put_slice(b"RIFF");
    file.put_u32_le(36 + length);
    file.put_slice(b"WAVEfmt ");
    file.put_u32_le(16);
    // PCM, one channel.
    file.put_u16_le(1);
    file.put_u16_le(1);
    file.put_u32_le(rate);
    file.put_u32_le(rate.saturating_mul(2));
    file.put_u16_le(2);
    file.put_u16_le(16);
    file.put_slice(b"data");
    file.put_u32_le(length);
    file.put_slice(pcm);
    file.freeze()
}

struct Body<'a> {
    request: &'a SpeechRequest,
    own: &'a [(String, &'a RawValue)],
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = Fields::new(serializer.serialize_map(None)?, self.overrides);
        fields.field("contents", &[Turn(self.request)])?;
        fields.field("generationConfig", &Config(self))?;
        fields.end(&self.request.extra, WIRE)
    }
}

struct Turn<'a>(&'a SpeechRequest);

impl Serialize for Turn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let SpeechRequest {
            input, instructions, ..
        } = self.0;
        let text = match instructions {
            Some(instructions) => Text::from(format!("{instructions}\n\n{input}")),
            None => input.clone(),
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("role", "user")?;
        map.serialize_entry("parts", &[std::collections::BTreeMap::from([("text", text)])])?;
        map.end()
    }
}

struct Config<'a>(&'a Body<'a>);

impl Serialize for Config<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Body { request, own, .. } = self.0;
        let mut fields = Settings::new(serializer.serialize_map(None)?, own);
        fields.some("responseModalities", Some(["AUDIO"]))?;
        fields.some(
            "speechConfig",
            request.voice.as_ref().map(|voice| Voice::of(voice.to_string())),
        )?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::{pcm_rate, wav};

    #[test]
    fn sound_gets_a_head() {
        assert_eq!(pcm_rate("audio/L16;codec=pcm;rate=24000"), Some(24_000));
        assert_eq!(pcm_rate("audio/l16; rate=16000"), Some(16_000));
        assert_eq!(pcm_rate("audio/mpeg"), None);
        let file = wav(24_000, &[1, 2, 3, 4]);
        assert_eq!(file.len(), 48);
        assert_eq!(
            (&file[..4], &file[40..]),
            (&b"RIFF"[..], &[4, 0, 0, 0, 1, 2, 3, 4][..])
        );
    }
}
