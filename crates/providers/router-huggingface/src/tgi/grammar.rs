//! What holds an answer to a form: a schema beside a word, where OpenAI has an object of its own.

use std::borrow::Cow;

use router_core::{ChatRequest, Error, ErrorKind, Json, ResponseFormat, Result};
use router_wire::Encoded;
use router_wire::object::Object;
use router_wire::warnings::Warnings;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

/// A form of the answer: its word, and the schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Grammar<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: Cow<'a, Json>,
}

impl<'a> Grammar<'a> {
    /// The form that a request asks for, by the word of an API.
    pub(super) fn of(request: &'a ChatRequest, kind: &'static str) -> Option<Self> {
        let any = || Cow::Owned(Json::from(serde_json::json!({"type": "object"})));
        let value = match request.response_format.as_ref()? {
            ResponseFormat::Json => any(),
            ResponseFormat::JsonSchema(format) => format.schema.as_ref().map_or_else(any, Cow::Borrowed),
            _ => return None,
        };
        Some(Self { kind, value })
    }
}

/// Says what of a form has no place beside the schema.
pub(super) fn check(request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    let Some(ResponseFormat::JsonSchema(format)) = &request.response_format else {
        return Ok(());
    };
    if format.description.is_some() {
        warnings.dropped(
            "response_format.description",
            "say it in the prompt, or in the schema",
        )?;
    }
    if format.strict == Some(false) {
        warnings.changed("response_format.strict", "this server always holds to the schema")?;
    }
    Ok(())
}

/// A request of chat completions with the server's form in the place of OpenAI's.
pub(super) fn in_place(mut encoded: Encoded, request: &ChatRequest) -> Result<Encoded> {
    let Some(grammar) = Grammar::of(request, "json_object") else {
        return Ok(encoded);
    };
    let mut warnings = Warnings::new(request.strict);
    check(request, &mut warnings)?;
    encoded.warnings.extend(warnings.into_list());
    let mut fields = Object::parse(&encoded.request.body)?;
    fields.take("response_format");
    let body = Body(fields.into_fields().collect(), &grammar);
    let bytes = serde_json::to_vec(&body)
        .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    encoded.request.body = bytes.into();
    Ok(encoded)
}

struct Body<'a>(Vec<(String, &'a RawValue)>, &'a Grammar<'a>);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("response_format", self.1)?;
        map.end()
    }
}
