//! Spoken text in a reply: a sound file, whole, in pieces or in events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use router_core::audio::{SpeechRequest, SpeechResponse};
use router_core::stream::{StreamFinish, StreamStart};
use router_core::{Call, Error, ErrorKind, OperationKind, Output, Result, StreamEvent, Text};
use router_wire::body::{malformed, text_of};
use router_wire::object::Object;
use router_wire::{Events, Frame, Framing, HttpResponse, StreamDecoder, media_type};

use super::SpeechDialect;
use super::request::as_events;
use crate::chat::stream::vendor_error;
use crate::chat::wire;

/// The sound in a whole reply: its bytes, or JSON with them in base64.
///
/// # Errors
/// `Decode` for what is no sound.
pub fn decode(request: &SpeechRequest, response: &HttpResponse) -> Result<SpeechResponse> {
    let named = response.header("content-type").unwrap_or_default().trim();
    if named.contains("json") || named.starts_with("text/") {
        return of_json(request, &text_of(response)?);
    }
    if response.body.is_empty() {
        return Err(Error::new(ErrorKind::Decode, "the vendor answered no sound"));
    }
    let is_named = named.starts_with("audio/") || named.starts_with("video/");
    let kind = match is_named {
        true => Some(Text::from(named)),
        false => kind_of(request, &response.body),
    };
    Ok(SpeechResponse::new(response.body.clone(), kind))
}

/// Mistral's form.
fn of_json(request: &SpeechRequest, text: &Text) -> Result<SpeechResponse> {
    let body: Object<'_> = serde_json::from_str(text).map_err(|error| malformed(&error, text))?;
    let audio = body
        .word("audio_data")
        .or_else(|| body.word("audio"))
        .and_then(|data| STANDARD.decode(data.as_str()).ok())
        .ok_or_else(|| Error::new(ErrorKind::Decode, "the vendor answered JSON without a sound"))?;
    let kind = kind_of(request, &audio);
    let mut answer = SpeechResponse::new(Bytes::from(audio), kind);
    answer.usage = body.peek("usage").and_then(wire::Usage::read);
    Ok(answer)
}

/// What a sound is: its first bytes say it best, then what was asked for.
fn kind_of(request: &SpeechRequest, audio: &[u8]) -> Option<Text> {
    media_type::of_bytes(audio)
        .or_else(|| media_type::of_format(request.format.as_deref()?))
        .map(Text::from_static)
}

/// A decoder for the reply to a call, and how the reply is cut.
#[must_use]
pub fn stream_decoder(
    dialect: &SpeechDialect,
    call: &Call,
    request: &SpeechRequest,
) -> (Framing, Box<dyn StreamDecoder>) {
    let framing = if as_events(dialect, call) {
        Framing::Sse
    } else {
        Framing::Bytes
    };
    let decoder = SpeechStreamDecoder {
        request: request.clone(),
        started: false,
        no_sound: None,
        done: framing == Framing::Bytes,
        ended: false,
    };
    (framing, Box::new(decoder))
}

/// Reads bare bytes, and `speech.audio.…` events.
#[derive(Debug)]
struct SpeechStreamDecoder {
    request: SpeechRequest,
    started: bool,
    /// What came in place of a sound.
    no_sound: Option<BytesMut>,
    /// Whether the answer is complete when the body ends: bare bytes have no marker.
    done: bool,
    ended: bool,
}

impl SpeechStreamDecoder {
    fn bytes(&mut self, bytes: &Bytes, events: &mut Events) {
        // Of all formats only bare samples can begin like JSON or a page.
        let is_pcm = self
            .request
            .format
            .as_deref()
            .is_some_and(|format| format.starts_with("pcm"));
        if !self.started && !is_pcm && matches!(bytes.first(), Some(b'{' | b'<')) {
            self.no_sound.get_or_insert_default();
        }
        match &mut self.no_sound {
            Some(body) => body.extend_from_slice(bytes),
            None => self.audio(bytes.clone(), events),
        }
    }

    fn audio(&mut self, audio: Bytes, events: &mut Events) {
        if !self.started {
            self.start(kind_of(&self.request, &audio), events);
        }
        events.push_back(StreamEvent::AudioDelta { choice: 0, audio });
    }

    fn start(&mut self, kind: Option<Text>, events: &mut Events) {
        self.started = true;
        let mut start = StreamStart::default();
        start.operation = OperationKind::Speak;
        start.media_type = kind;
        events.push_back(StreamEvent::Start(Box::new(start)));
    }

    fn end(&mut self, finish: StreamFinish, events: &mut Events) {
        self.ended = true;
        events.push_back(StreamEvent::Finish(Box::new(finish)));
    }

    fn event(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let event: Object<'_> = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        match event.word("type").unwrap_or_default().as_str() {
            "speech.audio.delta" => {
                let audio = event.word("audio").or_else(|| event.word("audio_data"));
                let audio = STANDARD.decode(audio.unwrap_or_default().as_str());
                let audio = audio.map_err(|error| {
                    Error::new(
                        ErrorKind::Decode,
                        format!("an event of speech is no base64: {error}"),
                    )
                })?;
                self.audio(Bytes::from(audio), events);
            }
            "speech.audio.done" => {
                let mut finish = StreamFinish::default();
                finish.usage = event.peek("usage").and_then(wire::Usage::read);
                self.end(finish, events);
            }
            kind if kind == "error" || event.peek("error").is_some() => {
                return Err(vendor_error(&frame.data, &[]));
            }
            "" => self.whole(of_json(&self.request, &frame.data)?, events),
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, answer: SpeechResponse, events: &mut Events) {
        let mut finish = StreamFinish::default();
        finish.usage.clone_from(&answer.usage);
        self.start(answer.media_type.clone(), events);
        events.push_back(StreamEvent::Output(Box::new(Output::Speak(answer))));
        self.end(finish, events);
    }
}

impl StreamDecoder for SpeechStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        if frame.bytes.is_empty() {
            self.event(frame, events)
        } else {
            self.bytes(&frame.bytes, events);
            Ok(())
        }
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        if let Some(body) = self.no_sound.take() {
            let response = HttpResponse::json(200, body.freeze());
            if let Some(error) = crate::compatible::error_in_success(&response, &[]) {
                return Err(error);
            }
            self.whole(of_json(&self.request, &text_of(&response)?)?, events);
            return Ok(());
        }
        if !self.done {
            let message = "the stream ended before the speech did";
            return Err(Error::new(ErrorKind::Truncated, message));
        }
        if !self.started {
            return Err(Error::new(ErrorKind::Decode, "the vendor answered no sound"));
        }
        self.end(StreamFinish::default(), events);
        Ok(())
    }
}
