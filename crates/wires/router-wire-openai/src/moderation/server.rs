//! Moderation as a server sees it.

use http::Method;
use router_core::content::MediaKind;
use router_core::moderation::{Moderation, ModerationRequest, ModerationResponse};
use router_core::{Content, ContentPart, Error, Json, Media, Mode, ModelId, Operation, Output, Result, Text};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::{ALONE, WIRE};
use crate::error::error_response;
use crate::reply::{Whole, another, json};
use crate::stamp::stamp;

/// The model that the wire names as its default.
const DEFAULT_MODEL: &str = "omni-moderation-latest";

/// `POST /v1/moderations`.
#[derive(Clone, Copy, Debug)]
pub struct Moderations;

impl ServerCodec for Moderations {
    fn name(&self) -> &'static str {
        "openai.moderations"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/moderations")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        let mut body = Object::parse(&request.body)?;
        let model = body
            .text("model")?
            .unwrap_or_else(|| Text::from_static(DEFAULT_MODEL));
        let raw = body
            .take("input")
            .ok_or_else(|| invalid("input", "is required"))?;
        let mut moderate = ModerationRequest::new(inputs(raw)?);
        moderate.extra = body.rest(WIRE);
        if is_string(raw) {
            let yes = Json::from(serde_json::Value::Bool(true));
            moderate
                .extra
                .insert(Text::from_static(WIRE), Text::from_static(ALONE), yes);
        }
        let asked = model.clone();
        let encoder = Whole(move |output: &Output| match output {
            Output::Moderate(answer) => json(&Answer {
                answer,
                asked: &asked,
            }),
            _ => Err(another("judgements")),
        });
        Ok(Ingress::new(
            ModelId::from(model),
            Operation::from(moderate),
            Mode::Full,
            encoder,
        ))
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// A string, strings, or parts that are judged together.
fn inputs(raw: &RawValue) -> Result<Vec<Content>> {
    let text = |raw: &RawValue, path: &str| -> Result<Text> {
        serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
    };
    if is_string(raw) {
        return Ok(vec![Content::Text(text(raw, "input")?)]);
    }
    let rows = list_of(raw).ok_or_else(|| invalid("input", "must be a string or a list"))?;
    if rows.is_empty() {
        return Err(invalid("input", "must not be empty"));
    }
    if rows.iter().all(|raw| is_string(raw)) {
        let texts = rows.into_iter().enumerate();
        return texts
            .map(|(at, raw)| text(raw, &format!("input[{at}]")).map(Content::Text))
            .collect();
    }
    let parts = rows.into_iter().enumerate();
    let parts = parts.map(|(at, raw)| part(Object::of(raw, format!("input[{at}]"))?));
    Ok(vec![Content::from(parts.collect::<Result<Vec<_>>>()?)])
}

fn part(mut fields: Object<'_>) -> Result<ContentPart> {
    let mut part = match fields.required_text("type")?.as_str() {
        "text" => ContentPart::text(fields.required_text("text")?),
        "image_url" => {
            let path = fields.path_of("image_url");
            let mut image = fields
                .object("image_url")?
                .ok_or_else(|| invalid(&path, "is required"))?;
            let found = picture(&image.required_text("url")?, &path)?;
            fields.keep("image_url", image);
            ContentPart::Media(found)
        }
        _ => return Err(invalid(&fields.path_of("type"), "must be text or image_url")),
    };
    if let Some(riders) = part.riders_mut() {
        riders.set_extra(fields.rest(WIRE));
    }
    Ok(part)
}

/// A picture by address, or by value in its address.
fn picture(url: &Text, path: &str) -> Result<Media> {
    match Media::from_data_url(MediaKind::Image, url) {
        Some(media) if media.decode().is_some() => Ok(media),
        Some(_) => Err(invalid(path, "is not valid base64")),
        None if url.starts_with("data:") => Err(invalid(path, "is not a base64 data URL")),
        None => Ok(Media::image_url(url)),
    }
}

struct Answer<'a> {
    answer: &'a ModerationResponse,
    asked: &'a Text,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { answer, asked } = self;
        let mut map = serializer.serialize_map(None)?;
        match &answer.id {
            Some(id) => map.serialize_entry("id", id)?,
            None => map.serialize_entry("id", &format!("modr-{:016x}", stamp()))?,
        }
        map.serialize_entry("model", answer.model.as_ref().unwrap_or(asked))?;
        map.serialize_entry("results", &Seq(|| answer.results.iter().map(Judgement)))?;
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

struct Judgement<'a>(&'a Moderation);

impl Serialize for Judgement<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let categories = &self.0.categories;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("flagged", &self.0.flagged)?;
        let flags = categories.iter().map(|of| (&of.name, of.flagged));
        map.serialize_entry("categories", &Entries(flags))?;
        let scores = categories.iter().filter_map(|of| Some((&of.name, of.score?)));
        map.serialize_entry("category_scores", &Entries(scores))?;
        if categories.iter().any(|of| !of.input_types.is_empty()) {
            let types = categories.iter().map(|of| (&of.name, &of.input_types));
            map.serialize_entry("category_applied_input_types", &Entries(types))?;
        }
        extra_fields(&mut map, &self.0.extra, WIRE)?;
        map.end()
    }
}

/// Pairs as an object.
struct Entries<I>(I);

impl<'a, T: Serialize, I: Iterator<Item = (&'a Text, T)> + Clone> Serialize for Entries<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone().map(|(name, value)| (name.as_str(), value)))
    }
}
