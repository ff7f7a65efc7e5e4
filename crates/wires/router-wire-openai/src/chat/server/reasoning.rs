//! Reasoning that a client sends back: text fields, OpenRouter's details, and Google's signatures.

use router_core::content::{Reasoning, Riders};
use router_core::{ContentPart, Extra, Json, Result, Signature, Text};
use router_wire::lenient::Str;
use router_wire::object::{Object, is_string};
use router_wire::provenance::unseal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::chat::WIRE;

/// Takes the reasoning of an assistant's message, in the order in which it was made.
pub(super) fn thoughts(fields: &mut Object<'_>) -> Result<Vec<ContentPart>> {
    let mut said: Vec<(&'static str, Text)> = Vec::new();
    for field in ["reasoning_content", "reasoning"] {
        if fields.peek(field).is_some_and(is_string) {
            said.push((field, fields.required_text(field)?));
        }
    }
    let mut parts = Vec::new();
    let details = match fields.peek("reasoning_details") {
        Some(raw) if raw.get().starts_with('[') => of_details(fields.list("reasoning_details")?)?,
        _ => Vec::new(),
    };
    let told: String = details.iter().map(|part| part.text.as_str()).collect();
    // The same text twice is one thought: the field says where it goes, the details what rides on it.
    let (field, text) = match said.first() {
        Some((field, text)) if told.is_empty() || *text == told => {
            (*field, Some(text.clone()).filter(|_| told.is_empty()))
        }
        _ => ("reasoning_details", None),
    };
    let one = field != "reasoning_details" && !details.is_empty();
    for (field, text) in said.into_iter().skip(usize::from(one)) {
        parts.push(part(text, field)?);
    }
    let shown = details.iter().position(|part| !part.redacted);
    if let (Some(text), None) = (&text, shown)
        && one
    {
        parts.push(part(text.clone(), field)?);
    }
    for (at, mut detail) in details.into_iter().enumerate() {
        if shown == Some(at)
            && let Some(text) = &text
        {
            detail.text = text.clone();
        }
        add(&mut detail.riders, "field", Json::of(field)?);
        parts.push(ContentPart::Reasoning(detail));
    }
    if let Some(signature) = fields.peek("extra_content").and_then(google_signature) {
        fields.take("extra_content");
        let mut hidden = Reasoning::new("");
        hidden.redacted = true;
        hidden.riders = Riders::new().with_signature(unseal(&signature, crate::SIGNED));
        add(&mut hidden.riders, "field", Json::of("extra_content")?);
        parts.push(ContentPart::Reasoning(hidden));
    }
    Ok(parts)
}

/// Makes reasoning of a part that is Mistral's form of it, and says no more than a text.
pub(super) fn as_thought(part: &mut ContentPart) {
    if let ContentPart::Opaque(opaque) = part
        && let Some(thought) = thought(opaque.raw.as_str())
    {
        *part = ContentPart::Reasoning(thought);
    }
}

fn thought(raw: &str) -> Option<Reasoning> {
    let mut fields: Object<'_> = serde_json::from_str(raw).ok()?;
    if fields.text("type").ok()?? != *"thinking" {
        return None;
    }
    let [piece] = fields.list("thinking").ok()?[..] else {
        return None;
    };
    let mut piece = Object::of(piece, "").ok()?;
    let is_text = piece.text("type").ok()?? == *"text";
    let mut reasoning = Reasoning::new(piece.text("text").ok()??);
    if !is_text || !piece.is_empty() || reasoning.text.is_empty() {
        return None;
    }
    let signature = fields.text("signature").ok()?;
    let mut extra = fields.rest(WIRE);
    extra.insert(
        Text::from_static(WIRE),
        Text::from_static("field"),
        Json::of("content").ok()?,
    );
    reasoning.riders = Riders::new().with_extra(extra);
    reasoning
        .riders
        .set_signature(signature.map(|signature| unseal(&signature, crate::SIGNED)));
    Some(reasoning)
}

fn part(text: Text, field: &'static str) -> Result<ContentPart> {
    let mut reasoning = Reasoning::new(text);
    add(&mut reasoning.riders, "field", Json::of(field)?);
    Ok(ContentPart::Reasoning(reasoning))
}

fn add(riders: &mut Riders, name: &'static str, value: Json) {
    let mut extra = riders.extra().clone();
    extra.insert(Text::from_static(WIRE), Text::from_static(name), value);
    riders.set_extra(extra);
}

/// A part for every signed entry, with the unsigned ones before it; unsigned ones at the end are a part of their own.
fn of_details(rows: Vec<&RawValue>) -> Result<Vec<Reasoning>> {
    let mut parts: Vec<Reasoning> = Vec::new();
    let mut raws: Vec<&RawValue> = Vec::new();
    let mut text = String::new();
    let last = rows.len().saturating_sub(1);
    for (at, raw) in rows.into_iter().enumerate() {
        raws.push(raw);
        let detail = Object::lenient(Some(raw));
        let said = detail.word("text").or_else(|| detail.word("summary"));
        text.push_str(&said.unwrap_or_default());
        let sealed = |name: &str| detail.word(name).map(|word| unseal(&word, crate::SIGNED));
        let (signature, data) = (sealed("signature"), sealed("data"));
        let redacted = signature.is_none() && data.is_some();
        let signature: Option<Signature> = signature.or(data);
        if signature.is_none() && at != last {
            continue;
        }
        let mut part = Reasoning::new(std::mem::take(&mut text));
        part.redacted = redacted && part.text.is_empty();
        part.riders.set_signature(signature);
        add(&mut part.riders, "details", Json::of(&std::mem::take(&mut raws))?);
        parts.push(part);
    }
    Ok(parts)
}

/// The signature, when there is nothing beside it.
pub(super) fn google_signature(raw: &RawValue) -> Option<Text> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Content<'a> {
        #[serde(borrow)]
        google: Google<'a>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Google<'a> {
        #[serde(borrow)]
        thought_signature: Str<'a>,
    }
    let content: Content<'_> = serde_json::from_str(raw.get()).ok()?;
    content.google.thought_signature.to_text()
}

/// The riders of a tool call with the signature that came with it.
pub(super) fn sign_call(riders: &mut Riders, extra: Extra) {
    let signature = extra
        .get(WIRE, "extra_content")
        .and_then(|content| serde_json::from_str::<&RawValue>(content.as_str()).ok())
        .and_then(google_signature);
    riders.set_signature(signature.map(|signature| unseal(&signature, crate::SIGNED)));
    riders.set_extra(extra);
}
