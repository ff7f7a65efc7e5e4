//! The JSON of responses and events. Every field is optional, and other types read as absent.

use std::borrow::Cow;

use router_wire::fill::{self, Fill};
use router_wire::lenient::{List, Num, Str};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::logprobs::Token;

#[derive(Debug, Default)]
pub(super) struct Event<'a> {
    pub(super) kind: Str<'a>,
    pub(super) output_index: Num,
    pub(super) content_index: Num,
    pub(super) summary_index: Num,
    pub(super) delta: Str<'a>,
    pub(super) item: Option<&'a RawValue>,
    pub(super) part: Option<&'a RawValue>,
    pub(super) response: Option<&'a RawValue>,
    /// Of a whole response: `"response"`.
    pub(super) output: Option<&'a RawValue>,
    pub(super) status: Str<'a>,
    pub(super) error: Option<&'a RawValue>,
    pub(super) object: Str<'a>,
}

impl<'a> Fill<'a> for Event<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        let raw = match &*name {
            "type" => return map.next_value().map(|word| self.kind = word),
            "delta" => return map.next_value().map(|word| self.delta = word),
            "status" => return map.next_value().map(|word| self.status = word),
            "object" => return map.next_value().map(|word| self.object = word),
            "output_index" => return map.next_value().map(|number| self.output_index = number),
            "content_index" => return map.next_value().map(|number| self.content_index = number),
            "summary_index" => return map.next_value().map(|number| self.summary_index = number),
            "item" => &mut self.item,
            "part" => &mut self.part,
            "response" => &mut self.response,
            "output" => &mut self.output,
            "error" => &mut self.error,
            _ => return fill::skip(map),
        };
        *raw = map.next_value()?;
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Whole<'a> {
    pub(super) id: Str<'a>,
    pub(super) model: Str<'a>,
    pub(super) created_at: Num,
    pub(super) status: Str<'a>,
    pub(super) error: Option<&'a RawValue>,
    pub(super) incomplete_details: Option<&'a RawValue>,
    pub(super) output: List<&'a RawValue>,
    pub(super) usage: Option<&'a RawValue>,
    pub(super) service_tier: Str<'a>,
    pub(super) reasoning: Option<&'a RawValue>,
}

impl<'a> Fill<'a> for Whole<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        let raw = match &*name {
            "id" => return map.next_value().map(|word| self.id = word),
            "model" => return map.next_value().map(|word| self.model = word),
            "status" => return map.next_value().map(|word| self.status = word),
            "service_tier" => return map.next_value().map(|word| self.service_tier = word),
            "created_at" => return map.next_value().map(|number| self.created_at = number),
            "output" => return map.next_value().map(|list| self.output = list),
            "error" => &mut self.error,
            "incomplete_details" => &mut self.incomplete_details,
            "usage" => &mut self.usage,
            "reasoning" => &mut self.reasoning,
            _ => return fill::skip(map),
        };
        *raw = map.next_value()?;
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) kind: Str<'a>,
    pub(super) text: Str<'a>,
    pub(super) refusal: Str<'a>,
    pub(super) annotations: List<&'a RawValue>,
    pub(super) logprobs: Vec<Token<'a>>,
}

impl<'a> Fill<'a> for Part<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "type" => self.kind = map.next_value()?,
            "text" => self.text = map.next_value()?,
            "refusal" => self.refusal = map.next_value()?,
            "annotations" => self.annotations = map.next_value()?,
            "logprobs" => fill::list(map, &mut self.logprobs)?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

pub(super) fn whole(raw: &RawValue) -> Option<Whole<'_>> {
    let mut whole = Whole::default();
    fill::from_str(raw.get(), &mut whole).ok()?;
    Some(whole)
}
