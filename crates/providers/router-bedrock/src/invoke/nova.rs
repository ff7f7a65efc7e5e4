//! A chat in Nova's form: what Converse takes, with the model's own fields among the others.

use router_core::{Call, ChatRequest, Error, ErrorKind, Result, Warning};
use router_wire::object::{Object, invalid};
use router_wire::provenance::Speaker;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::converse::request;

const VERSION: &str = "messages-v1";
/// Fields of Converse that are headers here, or answers' business.
const ELSEWHERE: [&str; 5] = [
    "guardrailConfig",
    "performanceConfig",
    "serviceTier",
    "promptVariables",
    "requestMetadata",
];

pub(super) fn body(speaker: &Speaker, call: &Call, request: &ChatRequest) -> Result<(Vec<u8>, Vec<Warning>)> {
    let (converse, warnings) = request::body(false, speaker, call, request)?;
    let mut fields = Object::parse(&converse)?;
    if let Some(name) = ELSEWHERE.iter().find(|name| fields.peek(name).is_some()) {
        return Err(invalid(
            name,
            "InvokeModel does not take it; leave `api` out, Converse does",
        ));
    }
    fields.take("additionalModelResponseFieldPaths");
    let inference = fields.take("inferenceConfig");
    let own = fields.take("additionalModelRequestFields");
    let mut merged: Vec<(String, &RawValue)> = Vec::new();
    let mut extra: Vec<(String, &RawValue)> = Vec::new();
    if let Some(raw) = inference {
        merged.extend(Object::of(raw, "inferenceConfig")?.into_fields());
    }
    if let Some(raw) = own {
        for (name, value) in Object::of(raw, "additionalModelRequestFields")?.into_fields() {
            if name == "inferenceConfig" {
                merged.extend(Object::of(value, "inferenceConfig")?.into_fields());
            } else {
                extra.push((name, value));
            }
        }
    }
    let body = Body {
        fields: fields.into_fields().chain(extra).collect(),
        inference: merged,
    };
    let bytes = serde_json::to_vec(&body)
        .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    Ok((bytes, warnings))
}

struct Body<'a> {
    fields: Vec<(String, &'a RawValue)>,
    inference: Vec<(String, &'a RawValue)>,
}

struct Pairs<'a>(&'a [(String, &'a RawValue)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schemaVersion", VERSION)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        if !self.inference.is_empty() {
            map.serialize_entry("inferenceConfig", &Pairs(&self.inference))?;
        }
        map.end()
    }
}
