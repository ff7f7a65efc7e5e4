//! Writing a JSON object whose fields may be set by the caller's own options or come from the same wire.

use bytes::{BufMut as _, BytesMut};
use router_core::tool::ToolCallKind;
use router_core::{Extra, Json, ProviderOptions, Result, ToolCall};
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use crate::object::Object;

/// The settings of one provider, as fields of its request body.
#[derive(Debug, Default)]
pub struct Overrides<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Overrides<'a> {
    /// The options for the first of `providers` that has any, without the fields `own` that a codec reads itself.
    ///
    /// # Errors
    /// `InvalidRequest` when they are no object.
    pub fn of(options: &'a ProviderOptions, providers: &[&str], own: &[&str]) -> Result<Self> {
        let Some(json) = providers.iter().find_map(|provider| options.get(provider)) else {
            return Ok(Self::default());
        };
        let raw: &RawValue = serde_json::from_str(json.as_str())
            .map_err(|error| crate::object::invalid("provider_options", &error.to_string()))?;
        Ok(Self(
            Object::of(raw, "provider_options")?
                .into_fields()
                .filter(|(name, _)| !own.contains(&name.as_str()))
                .collect(),
        ))
    }

    /// Whether a field is set by the options.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Takes a field out of the options, for a codec that joins it with its own.
    pub fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }
}

/// Writes the fields of an object, those of the options in place of ours.
pub struct Fields<'a, M> {
    map: M,
    overrides: &'a Overrides<'a>,
}

impl<M> std::fmt::Debug for Fields<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields")
            .field("overrides", self.overrides)
            .finish_non_exhaustive()
    }
}

impl<'a, M: SerializeMap> Fields<'a, M> {
    /// Writes into `map`.
    pub fn new(map: M, overrides: &'a Overrides<'a>) -> Self {
        Self { map, overrides }
    }

    /// A field.
    ///
    /// # Errors
    /// Those of the serializer.
    #[inline(never)]
    pub fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        if self.overrides.has(name) {
            Ok(())
        } else {
            self.map.serialize_entry(name, value)
        }
    }

    /// A field whose name is not a constant.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn named<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), M::Error> {
        if self.overrides.has(name) {
            Ok(())
        } else {
            self.map.serialize_entry(name, value)
        }
    }

    /// A field, when it has a value.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn some<T: Serialize>(&mut self, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
        value.map_or(Ok(()), |value| self.field(name, &value))
    }

    /// The unnamed fields of the same wire, then the options; ends the object.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn end(self, extra: &Extra, wire: &str) -> Result<M::Ok, M::Error> {
        self.end_but(extra, wire, &[])
    }

    /// As [`Fields::end`], without the objects `inner` that were written with [`inner_fields`].
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn end_but(mut self, extra: &Extra, wire: &str, inner: &[&str]) -> Result<M::Ok, M::Error> {
        for (name, value) in extra.for_wire(wire) {
            if !self.overrides.has(name) && !inner.contains(&name.as_str()) {
                self.map.serialize_entry(name.as_str(), value)?;
            }
        }
        for (name, value) in &self.overrides.0 {
            self.map.serialize_entry(name, value)?;
        }
        self.map.end()
    }
}

/// Writes the unnamed fields of the same wire into an object.
///
/// # Errors
/// Those of the serializer.
pub fn extra_fields<M: SerializeMap>(map: &mut M, extra: &Extra, wire: &str) -> Result<(), M::Error> {
    extra_fields_but(map, extra, wire, &[])
}

/// As [`extra_fields`], without the objects `inner` that were written with [`inner_fields`].
///
/// # Errors
/// Those of the serializer.
pub fn extra_fields_but<M: SerializeMap>(
    map: &mut M,
    extra: &Extra,
    wire: &str,
    inner: &[&str],
) -> Result<(), M::Error> {
    for (name, value) in extra.for_wire(wire) {
        if !inner.contains(&name.as_str()) {
            map.serialize_entry(name.as_str(), value)?;
        }
    }
    Ok(())
}

/// Writes what was kept of the object `name` inside of the one that `extra` belongs to.
///
/// # Errors
/// Those of the serializer.
pub fn inner_fields<M: SerializeMap>(
    map: &mut M,
    extra: &Extra,
    wire: &str,
    name: &str,
) -> Result<(), M::Error> {
    let Some(json) = extra.get(wire, name) else {
        return Ok(());
    };
    let inner: Object<'_> = serde_json::from_str(json.as_str()).map_err(serde::ser::Error::custom)?;
    for (name, raw) in inner.into_fields() {
        map.serialize_entry(&name, raw)?;
    }
    Ok(())
}

/// What was kept of an inner object, to be flattened into the struct that writes it.
#[derive(Clone, Copy, Debug)]
pub struct Inner<'a>(&'a Extra, &'static str, &'static str);

impl<'a> Inner<'a> {
    /// What `extra` keeps for `wire` of the object `name`.
    #[must_use]
    pub fn of(extra: &'a Extra, wire: &'static str, name: &'static str) -> Self {
        Self(extra, wire, name)
    }
}

impl Serialize for Inner<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        inner_fields(&mut map, self.0, self.1, self.2)?;
        map.end()
    }
}

/// Serializes a list by a function, without making the list.
pub struct Seq<F>(pub F);

impl<F> std::fmt::Debug for Seq<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seq")
    }
}

impl<F, I> Serialize for Seq<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A text that is a JSON value, written as it is when it is one, else as a string.
pub struct JsonOrText<'a>(pub &'a str);

impl std::fmt::Debug for JsonOrText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for JsonOrText<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(self.0),
        }
    }
}

/// Appends a value as JSON of one line, for frames that end with a line. Parts that are kept as somebody wrote them may be
/// spread over several; inside of strings line ends are escaped.
pub fn json_line(value: &impl Serialize, out: &mut BytesMut) {
    let start = out.len();
    // What is written so are texts, numbers and JSON that was parsed before: always JSON.
    let _ = serde_json::to_writer((&mut *out).writer(), value);
    for byte in &mut out[start..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// The arguments of a call as an object, for wires that have them so: free text, and JSON that a limit cut, stand in a field
/// `input` of one.
pub struct ObjectArguments<'a>(pub &'a ToolCall);

impl std::fmt::Debug for ObjectArguments<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.arguments)
    }
}

impl Serialize for ObjectArguments<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let call = self.0;
        let text = call.arguments.trim();
        if call.kind == ToolCallKind::Function
            && let Ok(raw) = serde_json::from_str::<&RawValue>(text)
            && text.starts_with('{')
        {
            return raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        if !text.is_empty() {
            map.serialize_entry("input", &call.arguments)?;
        }
        map.end()
    }
}

/// The text of a value, when it is a JSON string.
#[must_use]
pub fn string_of(json: &Json) -> Option<String> {
    serde_json::from_str(json.as_str()).ok()
}
