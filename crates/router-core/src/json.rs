//! A JSON value kept as its text: schemas, vendor objects and everything else that passes through unparsed.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::text::Text;

/// One JSON value as text, checked to be JSON, cheap to clone, and given back byte for byte.
///
/// Key order and number forms stay as they were, so equal input makes equal requests (prompt caches depend on it).
/// Two `Json` are equal when their texts are equal; compare [`Json::to_value`]s to ignore key order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Text);

impl Json {
    /// Checks that `text` is one JSON value and keeps it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] with the position when it is not JSON.
    pub fn parse(text: impl Into<Text>) -> Result<Self> {
        let text = text.into();
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("not valid JSON: {error}"),
            )),
        }
    }

    /// The JSON of any serializable value.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the value cannot be JSON (a map with keys that are no strings).
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        serde_json::to_string(value)
            .map(|text| Self(Text::from(text)))
            .map_err(|error| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    format!("not representable as JSON: {error}"),
                )
            })
    }

    /// The text of a raw value that a parser has already checked.
    #[must_use]
    pub fn from_raw(raw: &RawValue) -> Self {
        Self(Text::from(raw.get()))
    }

    /// The text of a raw value that a parser has already checked, sharing the buffer `within` that it was read from.
    ///
    /// # Panics
    /// When `raw` does not point into `within`, as [`Text::slice_ref`] does.
    #[must_use]
    pub fn shared(raw: &RawValue, within: &Text) -> Self {
        Self(within.slice_ref(raw.get()))
    }

    /// A string.
    #[must_use]
    pub fn string(text: &str) -> Self {
        // Text can always be written as JSON.
        Self::of(text).unwrap_or_else(|_| Self::null())
    }

    /// `null`.
    #[must_use]
    pub const fn null() -> Self {
        Self(Text::from_static("null"))
    }

    /// `{}`.
    #[must_use]
    pub const fn empty_object() -> Self {
        Self(Text::from_static("{}"))
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The JSON text, shared.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.0
    }

    /// The value, parsed.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The value as `T`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when the value has another shape.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0)
            .map_err(|error| Error::new(ErrorKind::Decode, format!("unexpected JSON: {error}")))
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self(Text::from_static(if value { "true" } else { "false" }))
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self(Text::from(value.to_string()))
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        Self(Text::from(value.to_string()))
    }
}

impl From<Box<RawValue>> for Json {
    fn from(raw: Box<RawValue>) -> Self {
        Self(Text::from(String::from(Box::<str>::from(raw))))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from)
    }
}
