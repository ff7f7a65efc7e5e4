//! Transcription and translation as a server sees them.

use bytes::BytesMut;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use router_core::audio::{Segment, Timestamps, TranscriptionRequest, TranscriptionResponse, Word};
use router_core::content::MediaKind;
use router_core::stream::StreamFinish;
use router_core::{
    Error, Extra, Head, Media, Mode, ModelId, Operation, Output, Result, StreamEvent, Text, Usage,
};
use router_wire::multipart::Form;
use router_wire::object::invalid;
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse, media_type};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::{WIRE, subtitles};
use crate::error::error_response;
use crate::reply::{another, error_event, event, events_head, json};

/// `POST /v1/audio/transcriptions`.
#[derive(Clone, Copy, Debug)]
pub struct Transcriptions;

impl ServerCodec for Transcriptions {
    fn name(&self) -> &'static str {
        "openai.audio.transcriptions"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/audio/transcriptions")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        decode(Form::read(request)?, false)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// `POST /v1/audio/translations`.
#[derive(Clone, Copy, Debug)]
pub struct Translations;

impl ServerCodec for Translations {
    fn name(&self) -> &'static str {
        "openai.audio.translations"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/audio/translations")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        decode(Form::read(request)?, true)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Verbose,
    /// With speakers.
    Diarized,
    Text,
    Srt,
    Vtt,
}

impl Format {
    fn parse(word: Option<&str>) -> Result<Self> {
        Ok(match word {
            None | Some("json") => Self::Json,
            Some("verbose_json") => Self::Verbose,
            Some("diarized_json") => Self::Diarized,
            Some("text") => Self::Text,
            Some("srt") => Self::Srt,
            Some("vtt") => Self::Vtt,
            Some(_) => {
                let what = "must be json, text, srt, verbose_json, vtt or diarized_json";
                return Err(invalid("response_format", what));
            }
        })
    }
}

fn decode(mut form: Form, translate: bool) -> Result<Ingress> {
    let model = form.required_text("model")?;
    let Some((file, data)) = form.files("file")?.pop() else {
        return Err(invalid("file", "is required"));
    };
    if data.is_empty() {
        return Err(invalid("file", "is empty"));
    }
    let named = file.media_type.filter(|kind| kind != "application/octet-stream");
    let kind = match named {
        Some(kind) => Text::from(kind),
        None => Text::from_static(
            media_type::of_name(&file.name)
                .or_else(|| media_type::of_bytes(&data))
                .unwrap_or("application/octet-stream"),
        ),
    };
    let audio = Media::bytes(MediaKind::Audio, kind, &data).with_name(file.name);
    let mut transcribe = TranscriptionRequest::new(audio);
    transcribe.translate = translate;
    transcribe.language = form.text("language")?;
    transcribe.prompt = form.text("prompt")?;
    transcribe.temperature = form.parsed("temperature")?;
    transcribe.format = form.text("response_format")?;
    let format = Format::parse(transcribe.format.as_deref())?;
    let times = form.texts("timestamp_granularities")?;
    transcribe.timestamps = times.iter().map(|word| Timestamps::parse(word)).collect();
    let stream = form.parsed::<bool>("stream")?.unwrap_or(false);
    transcribe.extra = form.rest(WIRE)?;
    let encoder = Encoder {
        format,
        task: if translate { "translate" } else { "transcribe" },
        told: String::new(),
        segments: 0,
    };
    let mode = if stream { Mode::Stream } else { Mode::Full };
    Ok(Ingress::new(
        ModelId::from(model),
        Operation::from(transcribe),
        mode,
        encoder,
    ))
}

struct Encoder {
    format: Format,
    task: &'static str,
    /// The text so far.
    told: String,
    segments: usize,
}

impl Encoder {
    fn delta(&mut self, delta: &str, out: &mut BytesMut) {
        #[derive(serde::Serialize)]
        struct Delta<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            delta: &'a str,
        }
        if !delta.is_empty() {
            self.told.push_str(delta);
            let kind = "transcript.text.delta";
            event(None, &Delta { kind, delta }, out);
        }
    }

    fn segment(&mut self, segment: &Segment, out: &mut BytesMut) {
        let row = Row {
            segment,
            at: self.segments,
            form: RowForm::Event,
        };
        self.segments += 1;
        event(None, &row, out);
    }

    fn done(&self, finish: &StreamFinish, out: &mut BytesMut) {
        let done = Done {
            text: &self.told,
            usage: finish.usage.as_ref(),
            extra: &finish.extra,
        };
        event(None, &done, out);
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// A transcript as subtitles, or as plain text.
    fn plain(&self, answer: &TranscriptionResponse) -> Result<String> {
        let given = answer.format.as_deref();
        let segments = &answer.segments;
        let no_times = || Error::unsupported("telling times: the provider tells none, so that subtitles");
        match self.format {
            Format::Srt if given == Some("srt") => Ok(answer.text.to_string()),
            Format::Vtt if given == Some("vtt") => Ok(answer.text.to_string()),
            Format::Srt if !segments.is_empty() => Ok(subtitles::srt(segments)),
            Format::Vtt if !segments.is_empty() => Ok(subtitles::vtt(segments)),
            Format::Srt | Format::Vtt => Err(no_times()),
            _ => Ok(format!("{}\n", answer.text)),
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        let Output::Transcribe(answer) = output else {
            return Err(another("a transcript"));
        };
        if matches!(self.format, Format::Text | Format::Srt | Format::Vtt) {
            let plain = HttpResponse::json(200, self.plain(answer)?);
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            return Ok(plain.with_header(CONTENT_TYPE, kind));
        }
        json(&Answer {
            answer,
            format: self.format,
            task: self.task,
        })
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        events_head()
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::TextDelta { text, .. } => self.delta(text, out),
            StreamEvent::Segment(segment) => self.segment(segment, out),
            StreamEvent::Output(output) => {
                if let Output::Transcribe(answer) = &**output {
                    if self.format == Format::Diarized {
                        for segment in &answer.segments {
                            self.segment(segment, out);
                        }
                    }
                    self.delta(&answer.text, out);
                }
            }
            StreamEvent::Finish(finish) => self.done(finish, out),
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        error_event(error, out);
    }
}

struct Answer<'a> {
    answer: &'a TranscriptionResponse,
    format: Format,
    task: &'static str,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { answer, format, task } = self;
        let mut map = serializer.serialize_map(None)?;
        let has_times = *format != Format::Json;
        if has_times {
            map.serialize_entry("task", task)?;
            if let Some(language) = &answer.language {
                map.serialize_entry("language", language)?;
            }
            if let Some(duration) = answer.duration {
                map.serialize_entry("duration", &duration)?;
            }
        }
        map.serialize_entry("text", &answer.text)?;
        if has_times {
            let form = match format {
                Format::Diarized => RowForm::Diarized,
                _ => RowForm::Verbose,
            };
            let rows = answer.segments.iter().enumerate();
            let rows = rows.map(|(at, segment)| Row { segment, at, form });
            if !answer.segments.is_empty() || form == RowForm::Diarized {
                map.serialize_entry("segments", &Seq(|| rows.clone()))?;
            }
            if !answer.words.is_empty() {
                map.serialize_entry("words", &Seq(|| answer.words.iter().map(WireWord)))?;
            }
        }
        if let Some(usage) = &answer.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

/// What the wire requires of a segment and other vendors do not measure.
const UNMEASURED: &[(&str, &str)] = &[
    ("seek", "0"),
    ("tokens", "[]"),
    ("temperature", "0.0"),
    ("avg_logprob", "0.0"),
    ("compression_ratio", "0.0"),
    ("no_speech_prob", "0.0"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum RowForm {
    Verbose,
    Diarized,
    Event,
}

#[derive(Clone, Copy)]
struct Row<'a> {
    segment: &'a Segment,
    at: usize,
    form: RowForm,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { segment, at, form } = self;
        let mut map = serializer.serialize_map(None)?;
        if *form != RowForm::Verbose {
            map.serialize_entry("type", "transcript.text.segment")?;
        }
        if segment.extra.get(WIRE, "id").is_none() {
            match form {
                RowForm::Verbose => map.serialize_entry("id", at)?,
                _ => map.serialize_entry("id", &format!("seg_{at}"))?,
            }
        }
        map.serialize_entry("start", &segment.start)?;
        map.serialize_entry("end", &segment.end)?;
        map.serialize_entry("text", &segment.text)?;
        match (&segment.speaker, form) {
            (Some(speaker), _) => map.serialize_entry("speaker", speaker)?,
            (None, RowForm::Verbose) => {}
            // Everybody is one speaker as long as nobody tells them apart.
            (None, _) => map.serialize_entry("speaker", "A")?,
        }
        if *form == RowForm::Verbose {
            for (name, value) in UNMEASURED {
                if segment.extra.get(WIRE, name).is_none() {
                    let value: &RawValue = serde_json::from_str(value).map_err(serde::ser::Error::custom)?;
                    map.serialize_entry(name, value)?;
                }
            }
        }
        extra_fields(&mut map, &segment.extra, WIRE)?;
        map.end()
    }
}

struct WireWord<'a>(&'a Word);

impl Serialize for WireWord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let word = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("word", &word.text)?;
        map.serialize_entry("start", &word.start)?;
        map.serialize_entry("end", &word.end)?;
        if let Some(speaker) = &word.speaker {
            map.serialize_entry("speaker", speaker)?;
        }
        extra_fields(&mut map, &word.extra, WIRE)?;
        map.end()
    }
}

struct Done<'a> {
    text: &'a str,
    usage: Option<&'a Usage>,
    extra: &'a Extra,
}

impl Serialize for Done<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "transcript.text.done")?;
        map.serialize_entry("text", self.text)?;
        if let Some(usage) = self.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        extra_fields(&mut map, self.extra, WIRE)?;
        map.end()
    }
}

struct WireUsage<'a>(&'a Usage);

impl Serialize for WireUsage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Details {
            text_tokens: u64,
            audio_tokens: u64,
        }
        let usage = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "tokens")?;
        map.serialize_entry("input_tokens", &usage.input_tokens)?;
        if let Some(audio_tokens) = usage.audio_input_tokens {
            let text_tokens = usage.input_tokens.saturating_sub(audio_tokens);
            let details = Details {
                text_tokens,
                audio_tokens,
            };
            map.serialize_entry("input_token_details", &details)?;
        }
        map.serialize_entry("output_tokens", &usage.output_tokens)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        map.end()
    }
}
