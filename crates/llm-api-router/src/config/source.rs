//! Where a field stands in the text of a configuration, so that what is wrong with its value is told with line and column.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::read::Format;

/// The text that a configuration was read from.
#[derive(Clone, Default)]
pub(crate) struct Source {
    name: Arc<str>,
    text: Arc<str>,
    format: Format,
}

impl fmt::Debug for Source {
    /// Without the text, where a key may stand by mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

impl Source {
    pub(super) fn new(name: &str, text: &str, format: Format) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            format,
        }
    }

    /// A line that begins with a field, behind the file's name and the field's place.
    pub(super) fn told(&self, line: &str) -> String {
        let name = &self.name;
        let field = line.split([' ', ':']).next().unwrap_or_default();
        match self.place(field) {
            Some((row, column)) => format!("{name}:{row}:{column}: {line}"),
            None => format!("{name}: {line}"),
        }
    }

    /// Line and column, from 1, of a field, or of what is there of the way to it.
    fn place(&self, field: &str) -> Option<(usize, usize)> {
        let found = Cell::new(false);
        let seek = Seek {
            rest: field,
            found: &found,
        };
        let place = self.format.place(&self.text, seek);
        place.filter(|_| found.get())
    }
}

/// Follows a path into a text, and fails where it ends: the error's place is the field's.
#[derive(Clone, Copy)]
pub(super) struct Seek<'a> {
    /// The path from here.
    rest: &'a str,
    /// Whether any of it was found.
    found: &'a Cell<bool>,
}

impl Seek<'_> {
    /// Further down, below a step of the path.
    fn below(self, step: &str) -> Option<Self> {
        let rest = self.rest.strip_prefix(step)?;
        let ends = rest.is_empty() || rest.starts_with(['.', '[']);
        self.found.set(self.found.get() || ends);
        ends.then(|| Self {
            rest: rest.strip_prefix('.').unwrap_or(rest),
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    // What is no table and no list fails by itself, with this.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the way to a field")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while !self.rest.is_empty()
            && let Some(name) = map.next_key::<String>()?
        {
            match self.below(&name) {
                Some(below) => map.next_value_seed(below)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Err(A::Error::custom("here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut place = 0;
        while self.rest.starts_with('[') {
            let read = match self.below(&format!("[{place}]")) {
                Some(below) => list.next_element_seed(below)?,
                None => list.next_element::<IgnoredAny>()?.map(drop),
            };
            if read.is_none() {
                break;
            }
            place += 1;
        }
        Err(A::Error::custom("here"))
    }
}
