//! Reads an object field by field into a value that is there already: nothing is moved, and rare fields stay unparsed.
//!
//! An object with dozens of fields that one vendor or another sends would be moved around as a whole at every level, for
//! each frame of a stream. Here its fields are written where they lie, and those that hardly ever come take no room.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::lenient::Str;

/// An object that is read field by field.
pub trait Fill<'de> {
    /// Reads the value of a field: by `map.next_value()`, by one of the functions here, or by [`skip`].
    ///
    /// # Errors
    /// Those of `map`, for what is no JSON.
    fn field<A: MapAccess<'de>>(&mut self, name: Cow<'de, str>, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a JSON object into `into`.
///
/// # Errors
/// When `text` is no JSON object.
pub fn from_str<'de, T: Fill<'de>>(text: &'de str, into: &mut T) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Whole(into))?;
    deserializer.end()
}

/// Leaves a value unread.
///
/// # Errors
/// Those of `map`.
pub fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// Reads an object; anything else reads as absent.
///
/// # Errors
/// Those of `map`.
pub fn object<'de, A, T>(map: &mut A, into: &mut Option<T>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Fill<'de> + Default,
{
    map.next_value_seed(Object(into))
}

/// Reads a list of objects, or one object in its place; anything else reads as empty.
///
/// # Errors
/// Those of `map`.
pub fn list<'de, A, T>(map: &mut A, into: &mut Vec<T>) -> Result<(), A::Error>
where
    A: MapAccess<'de>,
    T: Fill<'de> + Default,
{
    map.next_value_seed(List(into))
}

/// Fields that hardly ever come, unparsed.
#[derive(Debug, Default)]
pub struct Rare<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Rare<'a> {
    /// Keeps a field, unless it is `null` or a list without elements.
    ///
    /// # Errors
    /// Those of `map`.
    pub fn keep<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        if let Some(raw) = map.next_value::<Option<&'a RawValue>>()?
            && raw.get() != "[]"
        {
            self.0.push((name, raw));
        }
        Ok(())
    }

    /// A field, where it came.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, raw)| *raw)
    }

    /// A field as an object, where it came and is one.
    #[must_use]
    pub fn object<T: Fill<'a> + Default>(&self, name: &str) -> Option<T> {
        let mut object = T::default();
        from_str(self.get(name)?.get(), &mut object).ok()?;
        Some(object)
    }

    /// A field as a type; its default where it did not come or is something else.
    #[must_use]
    pub fn read<T: Deserialize<'a> + Default>(&self, name: &str) -> T {
        let read = |raw: &'a RawValue| serde_json::from_str(raw.get()).ok();
        self.get(name).and_then(read).unwrap_or_default()
    }
}

/// A list that is nearly always of one element, which then costs no allocation.
#[derive(Debug)]
pub struct Few<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            first: None,
            rest: Vec::new(),
        }
    }
}

impl<T> Few<T> {
    /// Reads a list; `null` reads as absent.
    ///
    /// # Errors
    /// Those of `map`, and for anything else than a list.
    pub fn read<'de, A: MapAccess<'de>>(map: &mut A, into: &mut Option<Self>) -> Result<(), A::Error>
    where
        T: Fill<'de> + Default,
    {
        map.next_value_seed(Several(into))
    }

    /// The elements.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(&mut self.rest)
    }
}

/// Reads all fields of an object.
fn fill<'de, A: MapAccess<'de>, T: Fill<'de>>(into: &mut T, mut map: A) -> Result<(), A::Error> {
    while let Some(name) = map.next_key::<Str<'de>>()? {
        into.field(name.0.unwrap_or_default(), &mut map)?;
    }
    Ok(())
}

/// Reads past a list.
fn past<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// An object, and nothing else.
struct Whole<'s, T>(&'s mut T);

impl<'de, T: Fill<'de>> Visitor<'de> for Whole<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        fill(self.0, map)
    }
}

/// What reads as absent when it is neither of the type that was promised.
macro_rules! anything_else_is_absent {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }

        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }

        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }

        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }

        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }

        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }

        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            Ok(())
        }
    };
}

struct Object<'s, T>(&'s mut Option<T>);

impl<'de, T: Fill<'de> + Default> DeserializeSeed<'de> for Object<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Fill<'de> + Default> Visitor<'de> for Object<'_, T> {
    type Value = ();

    anything_else_is_absent!();

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        fill(self.0.insert(T::default()), map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        past(seq)
    }
}

struct List<'s, T>(&'s mut Vec<T>);

impl<'de, T: Fill<'de> + Default> DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Fill<'de> + Default> Visitor<'de> for List<'_, T> {
    type Value = ();

    anything_else_is_absent!();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut item = None;
        while let Some(name) = map.next_key::<Str<'de>>()? {
            let item = item.get_or_insert_with(T::default);
            item.field(name.0.unwrap_or_default(), &mut map)?;
        }
        self.0.extend(item);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut item = None;
        while seq.next_element_seed(Object(&mut item))?.is_some() {
            self.0.extend(item.take());
        }
        Ok(())
    }
}

struct Several<'s, T>(&'s mut Option<Few<T>>);

impl<'de, T: Fill<'de> + Default> DeserializeSeed<'de> for Several<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Fill<'de> + Default> Visitor<'de> for Several<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let few = self.0.insert(Few::default());
        if seq.next_element_seed(Object(&mut few.first))?.is_none() {
            return Ok(());
        }
        List(&mut few.rest).visit_seq(seq)
    }
}
