//! One JSON object read field by field: known fields are taken, what is left is kept for the same wire.

use std::borrow::Cow;
use std::fmt;

use router_core::{Error, ErrorKind, Extra, Json, Result, Text};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::lenient::{Num, Str};

/// The fields of an object, unparsed and in order. `null` is the same as absent.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// What was left of inner objects, by their names.
    kept: Vec<(&'static str, Json)>,
    path: String,
    proto: bool,
}

impl<'a> Object<'a> {
    /// The object in a body.
    ///
    /// # Errors
    /// `InvalidRequest` when the body is no JSON object.
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let malformed = |error: &dyn fmt::Display| {
            Error::new(
                ErrorKind::InvalidRequest,
                format!("the body is not a JSON object: {error}"),
            )
        };
        let text = std::str::from_utf8(body).map_err(|error| malformed(&error))?;
        serde_json::from_str(text).map_err(|error| malformed(&error))
    }

    /// The object in a raw value, found at `path` of the body.
    ///
    /// # Errors
    /// `InvalidRequest` naming the path when the value is no object.
    pub fn of(raw: &'a RawValue, path: impl Into<String>) -> Result<Self> {
        let path = path.into();
        match serde_json::from_str::<Self>(raw.get()) {
            Ok(object) => Ok(Self { path, ..object }),
            Err(_) => Err(invalid(&path, "must be an object")),
        }
    }

    /// Reads names as protocol buffers do: asked for `thoughtSignature`, `thought_signature` is found as well. Objects
    /// taken from this one do the same. <https://protobuf.dev/programming-guides/json/>
    #[must_use]
    pub fn proto(mut self) -> Self {
        self.proto = true;
        self
    }

    fn place(&self, name: &str) -> Option<usize> {
        let exact = self.fields.iter().position(|(known, _)| known == name);
        exact.or_else(|| {
            let same = |(known, _): &(Cow<'_, str>, _)| is_snake_of(known, name);
            self.proto.then(|| self.fields.iter().position(same))?
        })
    }

    /// The path of a field, for messages: `messages[2].content`.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Takes a field unparsed.
    pub fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.place(name)?;
        let (_, raw) = self.fields.remove(at);
        (raw.get() != "null").then_some(raw)
    }

    /// Takes the first of several names that is there.
    pub fn take_any(&mut self, names: &[&str]) -> Option<&'a RawValue> {
        names.iter().find_map(|name| self.take(name))
    }

    /// Looks at a field without taking it.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&'a RawValue> {
        let (_, raw) = self.fields[self.place(name)?];
        (raw.get() != "null").then_some(raw)
    }

    /// Takes a field as a type.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it has another type.
    pub fn read<T: Deserialize<'a>>(&mut self, name: &str) -> Result<Option<T>> {
        match self.take(name) {
            None => Ok(None),
            Some(raw) => serde_json::from_str(raw.get())
                .map(Some)
                .map_err(|error| invalid(&self.path_of(name), &error.to_string())),
        }
    }

    /// Takes a text.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is no string.
    pub fn text(&mut self, name: &str) -> Result<Option<Text>> {
        self.read::<Text>(name)
    }

    /// Takes a text that must be there.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is absent or no string.
    pub fn required_text(&mut self, name: &str) -> Result<Text> {
        self.text(name)?
            .ok_or_else(|| invalid(&self.path_of(name), "is required"))
    }

    /// Takes an object.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is no object.
    pub fn object(&mut self, name: &str) -> Result<Option<Object<'a>>> {
        match self.take(name) {
            None => Ok(None),
            Some(raw) => {
                let proto = self.proto;
                Object::of(raw, self.path_of(name)).map(|object| Some(Object { proto, ..object }))
            }
        }
    }

    /// Takes a list of raw values; absent reads as empty, and one value alone as a list of it where names are read as protocol
    /// buffers do.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field when it is no list.
    pub fn list(&mut self, name: &str) -> Result<Vec<&'a RawValue>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(raw) if self.proto && raw.get().starts_with('{') => Ok(vec![raw]),
            Some(raw) => list_of(raw).ok_or_else(|| invalid(&self.path_of(name), "must be an array")),
        }
    }

    /// Takes any JSON.
    pub fn json(&mut self, name: &str) -> Option<Json> {
        self.take(name).map(Json::from_raw)
    }

    /// Puts a field back, so that it is among the rest.
    pub fn put_back(&mut self, name: &'a str, raw: &'a RawValue) {
        self.fields.push((Cow::Borrowed(name), raw));
    }

    /// Keeps what is left of an inner object, so that it is among the rest under the inner object's name. It is written
    /// again with [`inner_fields`](crate::write::inner_fields).
    pub fn keep(&mut self, name: &'static str, inner: Object<'_>) {
        let left = inner.into_json();
        if left != Json::empty_object() {
            self.kept.push((name, left));
        }
    }

    /// What is left, as one object.
    #[must_use]
    pub fn into_json(self) -> Json {
        struct Left(Vec<(Text, Json)>);
        impl Serialize for Left {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, json)| (name.as_str(), json)))
            }
        }
        // What was parsed can be written again.
        Json::of(&Left(self.left_fields())).unwrap_or_else(|_| Json::empty_object())
    }

    fn left_fields(self) -> Vec<(Text, Json)> {
        let fields = self.fields.into_iter().filter(|(_, raw)| raw.get() != "null");
        let fields = fields.map(|(name, raw)| (Text::from(name), Json::from_raw(raw)));
        let kept = self.kept.into_iter();
        fields
            .chain(kept.map(|(name, json)| (Text::from_static(name), json)))
            .collect()
    }

    /// What was not taken, for the same wire.
    #[must_use]
    pub fn rest(self, wire: &'static str) -> Extra {
        Extra::of(Text::from_static(wire), self.left_fields())
    }

    /// The fields, in order.
    pub fn into_fields(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.fields
            .into_iter()
            .map(|(name, raw)| (name.into_owned(), raw))
    }

    /// Whether everything was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Looking at what vendors send: another type than was promised reads as absent, never as a failure.
impl<'a> Object<'a> {
    /// The object in a raw value; one without fields where there is none.
    #[must_use]
    pub fn lenient(raw: Option<&'a RawValue>) -> Self {
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The object in a field.
    #[must_use]
    pub fn inner(&self, name: &str) -> Self {
        Self::lenient(self.peek(name))
    }

    /// A text that is not empty, or the digits of a number.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<Text> {
        let word: Str<'_> = serde_json::from_str(self.peek(name)?.get()).ok()?;
        word.to_text()
    }

    /// A number.
    #[must_use]
    pub fn number(&self, name: &str) -> Num {
        let number = |raw: &RawValue| serde_json::from_str(raw.get()).ok();
        self.peek(name).and_then(number).unwrap_or_default()
    }

    /// The elements of a list.
    #[must_use]
    pub fn elements(&self, name: &str) -> Vec<&'a RawValue> {
        self.peek(name).and_then(list_of).unwrap_or_default()
    }
}

impl<'a> FromIterator<(String, &'a RawValue)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (String, &'a RawValue)>>(fields: I) -> Self {
        let fields = fields.into_iter();
        Self {
            fields: fields.map(|(name, raw)| (Cow::Owned(name), raw)).collect(),
            ..Self::default()
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    fields.push((name.0, map.next_value::<&'de RawValue>()?));
                }
                Ok(Object {
                    fields,
                    ..Object::default()
                })
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Str::deserialize(deserializer)?;
        Ok(Self(text.0.unwrap_or_default()))
    }
}

/// Whether `snake` is the name with underscores whose camelCase is `camel`.
fn is_snake_of(snake: &str, camel: &str) -> bool {
    let mut camel = camel.bytes();
    for part in snake.bytes() {
        let fits = match part {
            b'_' => continue,
            _ => camel.next().is_some_and(|byte| byte.eq_ignore_ascii_case(&part)),
        };
        if !fits {
            return false;
        }
    }
    camel.next().is_none() && snake.contains('_')
}

/// The elements of a raw list; `None` when it is no list.
#[must_use]
pub fn list_of(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// Whether a raw value is a string.
#[must_use]
pub fn is_string(raw: &RawValue) -> bool {
    raw.get().starts_with('"')
}

/// An invalid request, naming the field. The field is the error's code-like detail: servers give it back as `param`.
#[must_use]
pub fn invalid(path: &str, what: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("{path}: {what}"))
}

/// The field that an [`invalid`] error names, for wires that have a place for it.
#[must_use]
pub fn field_of(error: &Error) -> Option<&str> {
    let (path, _) = error.message().split_once(": ")?;
    (error.kind() == ErrorKind::InvalidRequest && !path.contains(' ')).then_some(path)
}
