//! A ranking in a reply.

use router_core::content::{MediaKind, Opaque};
use router_core::rerank::{RankedDocument, RerankResponse};
use router_core::{ContentPart, Error, ErrorKind, Json, Media, Result, Text, Usage};
use router_wire::HttpResponse;
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{Num, Str};
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

use super::WIRE;
use crate::chat::wire;

/// The ranking in a reply: `results`, `data` or a bare list.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<RerankResponse> {
    let text = text_of(response)?;
    let mut answer = RerankResponse::default();
    if text.starts_with('[') {
        let rows: Vec<&RawValue> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
        answer.results = rows.into_iter().filter_map(ranked).collect();
        return Ok(answer);
    }
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(rows) = body.take_any(&["results", "data"]).and_then(list_of) else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no ranking"));
    };
    answer.results = rows.into_iter().filter_map(ranked).collect();
    body.take("object");
    answer.id = body.take("id").and_then(word);
    answer.model = body.take("model").and_then(word);
    answer.usage = body.take("usage").and_then(usage);
    answer.extra = body.rest(WIRE);
    Ok(answer)
}

fn ranked(raw: &RawValue) -> Option<RankedDocument> {
    let mut fields = Object::of(raw, "").ok()?;
    let number = |raw: &RawValue| serde_json::from_str::<Num>(raw.get()).ok();
    let index = fields.take("index").and_then(number)?.index()?;
    let score = fields
        .take_any(&["relevance_score", "score"])
        .and_then(number)?
        .0?;
    let mut ranked = RankedDocument::new(index, score);
    ranked.document = fields.take_any(&["document", "text"]).and_then(document);
    Some(ranked)
}

/// A document, as a string, `{"text"}`, `{"image"}` or an object of the caller's.
pub(super) fn document(raw: &RawValue) -> Option<ContentPart> {
    if let Some(text) = string(raw) {
        return Some(ContentPart::text(text));
    }
    let mut fields = Object::of(raw, "").ok()?;
    let known = match (fields.take("text"), fields.take("image")) {
        (Some(text), None) => string(text).map(ContentPart::text),
        (None, Some(image)) => string(image).map(|image| ContentPart::Media(picture(&image))),
        _ => None,
    };
    // More than that is kept as it is.
    match known.filter(|_| fields.is_empty()) {
        Some(document) => Some(document),
        None => Some(ContentPart::Opaque(Opaque::new(crate::WIRE, Json::from_raw(raw)))),
    }
}

fn picture(image: &Text) -> Media {
    if image.starts_with("http") {
        Media::image_url(image)
    } else {
        Media::from_data_url(MediaKind::Image, image).unwrap_or_else(|| {
            let mut media = Media::base64(MediaKind::Image, "", image);
            media.media_type = None;
            media
        })
    }
}

/// Rerank has input alone; most vendors give only a total.
fn usage(raw: &RawValue) -> Option<Usage> {
    let counted = wire::Usage::read(raw).or_else(|| {
        let total = Object::lenient(Some(raw)).number("total_tokens");
        Some(Usage::new(total.count()?, 0))
    });
    counted.map(|mut usage| {
        usage.raw = Some(Json::from_raw(raw));
        usage
    })
}

fn string(raw: &RawValue) -> Option<Text> {
    raw.get()
        .starts_with('"')
        .then(|| serde_json::from_str(raw.get()).ok())
        .flatten()
}

fn word(raw: &RawValue) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text()
}
