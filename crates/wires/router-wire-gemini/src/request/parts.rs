//! Writes the parts of a turn.

use router_core::content::Riders;
use router_core::{ContentPart, Media, ToolCall, ToolResult};
use router_wire::provenance::Speaker;
use router_wire::write::{JsonOrText, Seq, inner_fields};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::body::Plain;
use super::turns::{Piece, media_of};
use crate::WIRE;
use crate::parts::{NO_ID, is_noted, write_media, write_unnamed};
use crate::rules::{Rules, Service};

/// Stands for the signature of a call that never had one
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>, read 2026-11).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Whether a part is sent: a thought when it is signed by this vendor or came over this wire, the vendor's own parts only to
/// that vendor.
pub(super) fn goes_back(speaker: &Speaker, part: &ContentPart) -> bool {
    match part {
        ContentPart::Reasoning(reasoning) => {
            let signature = reasoning.riders.signature();
            signature.is_some_and(|signature| speaker.signature(signature).is_some())
                || !reasoning.riders.extra().for_wire(WIRE).is_empty()
        }
        ContentPart::ServerToolCall(call) => speaker.opaque(&call.raw).is_some(),
        ContentPart::Opaque(part) => speaker.opaque(part).is_some(),
        _ => true,
    }
}

/// A part on its way out.
pub(super) struct Written<'a> {
    pub(super) piece: &'a Piece<'a>,
    pub(super) service: &'a Service,
    pub(super) rules: &'a Rules,
    pub(super) speaker: &'a Speaker,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.piece {
            Piece::Text(text) => return Plain::of(text).serialize(serializer),
            // The vendor's own parts hold their signature themselves.
            Piece::Part(ContentPart::ServerToolCall(call)) => return call.raw.raw.serialize(serializer),
            Piece::Part(ContentPart::Opaque(part)) => return part.raw.serialize(serializer),
            _ => {}
        }
        let mut map = serializer.serialize_map(None)?;
        match self.piece {
            Piece::Part(ContentPart::Text(part)) => {
                map.serialize_entry("text", &part.text)?;
                self.riders(&mut map, &part.riders, None)?;
            }
            Piece::Part(ContentPart::Refusal(part)) => map.serialize_entry("text", &part.text)?,
            Piece::Part(ContentPart::Reasoning(part)) => {
                map.serialize_entry("text", &part.text)?;
                map.serialize_entry("thought", &true)?;
                self.riders(&mut map, &part.riders, None)?;
            }
            Piece::Part(ContentPart::Media(media)) => self.media(&mut map, media)?,
            Piece::Media(media) => self.media(&mut map, media)?,
            Piece::Call { call, first } => {
                map.serialize_entry(
                    "functionCall",
                    &Called {
                        call,
                        service: self.service,
                    },
                )?;
                let unsigned = *first && self.rules.needs_signatures;
                self.riders(&mut map, &call.riders, unsigned.then_some(NO_SIGNATURE))?;
            }
            Piece::Result { result, call } => {
                map.serialize_entry(
                    "functionResponse",
                    &Answered {
                        result,
                        call: *call,
                        service: self.service,
                        media: self.rules.result_media,
                    },
                )?;
                write_unnamed(&mut map, result.riders.extra())?;
            }
            _ => {}
        }
        map.end()
    }
}

impl Written<'_> {
    fn media<M: SerializeMap>(&self, map: &mut M, media: &Media) -> Result<(), M::Error> {
        write_media(map, media)?;
        if let Some(level) = detail(media).filter(|_| self.rules.media_detail) {
            map.serialize_entry("mediaResolution", &Level { level })?;
        }
        self.riders(map, &media.riders, None)
    }

    /// Writes what rides on a part: its signature, or what stands for one, and its unnamed fields.
    fn riders<M: SerializeMap>(
        &self,
        map: &mut M,
        riders: &Riders,
        otherwise: Option<&str>,
    ) -> Result<(), M::Error> {
        let signature = riders
            .signature()
            .and_then(|signature| self.speaker.signature(signature));
        if let Some(signature) = signature.map(|data| data.as_str()).or(otherwise) {
            map.serialize_entry("thoughtSignature", signature)?;
        }
        write_unnamed(map, riders.extra())
    }
}

#[derive(serde::Serialize)]
struct Level {
    level: &'static str,
}

/// How closely a picture is to be looked at, in the wire's words; `auto` and words that are not known say nothing.
pub(super) fn detail(media: &Media) -> Option<&'static str> {
    match media.detail.as_deref()? {
        "low" => Some("MEDIA_RESOLUTION_LOW"),
        "medium" => Some("MEDIA_RESOLUTION_MEDIUM"),
        "high" => Some("MEDIA_RESOLUTION_HIGH"),
        _ => None,
    }
}

struct Called<'a> {
    call: &'a ToolCall,
    service: &'a Service,
}

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { call, service } = self;
        let mut map = serializer.serialize_map(None)?;
        if service.call_ids && !is_noted(call.riders.extra(), NO_ID) {
            map.serialize_entry("id", &call.id)?;
        }
        map.serialize_entry("name", &call.name)?;
        let arguments = call.arguments.trim();
        map.serialize_entry(
            "args",
            &JsonOrText(if arguments.is_empty() { "{}" } else { arguments }),
        )?;
        inner_fields(&mut map, call.riders.extra(), WIRE, "functionCall")?;
        map.end()
    }
}

struct Answered<'a> {
    result: &'a ToolResult,
    call: Option<&'a ToolCall>,
    service: &'a Service,
    media: bool,
}

impl Serialize for Answered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { result, call, .. } = self;
        let made_up = is_noted(result.riders.extra(), NO_ID)
            || call.is_some_and(|call| is_noted(call.riders.extra(), NO_ID));
        let mut map = serializer.serialize_map(None)?;
        if self.service.call_ids && !made_up {
            map.serialize_entry("id", &result.call_id)?;
        }
        let name = result.name.as_ref().or(call.map(|call| &call.name));
        map.serialize_entry("name", name.unwrap_or(&result.call_id))?;
        map.serialize_entry("response", &Response(result))?;
        if self.media && media_of(&result.content).next().is_some() {
            map.serialize_entry("parts", &Seq(|| media_of(&result.content).map(Data)))?;
        }
        inner_fields(&mut map, result.riders.extra(), WIRE, "functionResponse")?;
        map.end()
    }
}

/// Media as a part and nothing else.
struct Data<'a>(&'a Media);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_media(&mut map, self.0)?;
        write_unnamed(&mut map, self.0.riders.extra())?;
        map.end()
    }
}

/// What a tool gave, which has to be an object.
struct Response<'a>(&'a ToolResult);

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.content.joined_text();
        let object = serde_json::from_str::<&RawValue>(&text)
            .ok()
            .filter(|raw| raw.get().starts_with('{'));
        if let Some(object) = object.filter(|_| !self.0.is_error) {
            return object.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(if self.0.is_error { "error" } else { "output" }, &text)?;
        map.end()
    }
}
