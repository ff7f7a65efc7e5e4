//! `POST /ocr`: the text of a document or a picture, written down as the words of a sound are.

use router_core::audio::{TranscriptionRequest, TranscriptionResponse};
use router_core::{Call, Error, ErrorKind, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Str;
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use router_wire::{Encoded, HttpResponse};
use serde::ser::{Serialize, Serializer};

use crate::prepare::Chunk;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "mistral.ocr";

/// The request for the text of a document or a picture.
///
/// # Errors
/// `Unsupported` for moving pictures, for a translation, and for settings when the request is strict.
pub fn encode(speaker: &Speaker, call: &Call, request: &TranscriptionRequest) -> Result<Encoded> {
    if request.translate {
        return Err(Error::unsupported("translating a document"));
    }
    let mut warnings = Warnings::new(request.strict);
    let set: [(&'static str, bool); 5] = [
        ("language", request.language.is_some()),
        ("prompt", request.prompt.is_some()),
        ("temperature", request.temperature.is_some()),
        ("format", request.format.is_some()),
        ("timestamps", !request.timestamps.is_empty()),
    ];
    for (name, _) in set.into_iter().filter(|(_, is_set)| *is_set) {
        warnings.dropped(name, "reading a document has no such setting")?;
    }
    let document = Chunk::of(&request.audio)
        .ok_or_else(|| Error::unsupported("reading anything but documents and pictures"))?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], &[])?;
    let body = Body {
        call,
        request,
        document,
        overrides: &overrides,
    };
    Encoded::post_whole("/ocr", &body, warnings.into_list())
}

struct Body<'a> {
    call: &'a Call,
    request: &'a TranscriptionRequest,
    document: Chunk<'a>,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        body.field("document", &self.document)?;
        body.end(&self.request.extra, WIRE)
    }
}

/// The text in a reply: that of all pages in Markdown, a blank line between two. The pages themselves, with their pictures and
/// sizes, are among the unnamed fields.
///
/// # Errors
/// `Decode` when the body holds no pages.
pub fn decode(response: &HttpResponse) -> Result<TranscriptionResponse> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(pages) = body.peek("pages").and_then(list_of) else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no pages"));
    };
    let page = |raw| Object::of(raw, "pages").ok()?.text("markdown").ok()?;
    let texts: Vec<Text> = pages.into_iter().filter_map(page).collect();
    let mut answer = TranscriptionResponse::new(texts.join("\n\n"));
    answer.format = Some(Text::from_static("markdown"));
    answer.model = body
        .take("model")
        .and_then(|raw| serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text());
    answer.extra = body.rest(WIRE);
    Ok(answer)
}
