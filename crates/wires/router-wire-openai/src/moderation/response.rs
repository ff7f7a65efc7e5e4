//! Judgements in a reply.

use router_core::moderation::{Moderation, ModerationCategory, ModerationResponse};
use router_core::{Error, ErrorKind, Result, Text};
use router_wire::HttpResponse;
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num, Str};
use router_wire::object::{Object, list_of};
use serde_json::value::RawValue;

use super::WIRE;

/// The judgements in a reply.
///
/// # Errors
/// `Decode` when the body holds none.
pub fn decode(response: &HttpResponse) -> Result<ModerationResponse> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(rows) = body.take("results").and_then(list_of) else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no judgements"));
    };
    let mut answer = ModerationResponse::default();
    answer.results = rows.into_iter().map(judgement).collect();
    answer.id = body.take("id").and_then(word);
    answer.model = body.take("model").and_then(word);
    answer.extra = body.rest(WIRE);
    Ok(answer)
}

fn judgement(raw: &RawValue) -> Moderation {
    let mut fields = Object::of(raw, "").unwrap_or_default();
    let flagged = fields.take("flagged").map(|raw| raw.get() == "true");
    let mut categories: Vec<ModerationCategory> = Vec::new();
    for (name, raw) in entries(&mut fields, "categories") {
        categories.push(ModerationCategory::new(name, raw.get() == "true", None));
    }
    for (name, raw) in entries(&mut fields, "category_scores") {
        let score = serde_json::from_str::<Num>(raw.get())
            .ok()
            .and_then(|score| score.0);
        match categories.iter_mut().find(|known| known.name == name) {
            Some(known) => known.score = score,
            None => categories.push(ModerationCategory::new(name, false, score)),
        }
    }
    for (name, raw) in entries(&mut fields, "category_applied_input_types") {
        let types: List<Str<'_>> = serde_json::from_str(raw.get()).unwrap_or_default();
        if let Some(known) = categories.iter_mut().find(|known| known.name == name) {
            known.input_types = types.0.iter().filter_map(Str::to_text).collect();
        }
    }
    // Mistral gives the categories alone.
    let flagged = flagged.unwrap_or_else(|| categories.iter().any(|category| category.flagged));
    let mut judgement = Moderation::new(flagged, categories);
    judgement.extra = fields.rest(WIRE);
    judgement
}

fn entries<'a>(fields: &mut Object<'a>, name: &str) -> Vec<(String, &'a RawValue)> {
    let inner = fields.take(name).and_then(|raw| Object::of(raw, name).ok());
    inner.unwrap_or_default().into_fields().collect()
}

fn word(raw: &RawValue) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text()
}
