//! Fields of a wire that the types here do not name: kept on the way in, given back on the same wire.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::json::Json;
use crate::text::Text;

/// Unmodelled fields of one object, in order, and the wire they were read from.
///
/// A codec writes them only when it speaks that wire ([`Extra::for_wire`]); another wire leaves them out.
/// Costs one pointer when empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(Option<Arc<ExtraFields>>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ExtraFields {
    wire: Text,
    /// Mostly one.
    fields: SmallVec<[(Text, Json); 1]>,
}

impl Extra {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Fields of a wire. No fields make an empty `Extra`.
    #[must_use]
    pub fn of(wire: impl Into<Text>, fields: Vec<(Text, Json)>) -> Self {
        if fields.is_empty() {
            return Self(None);
        }
        Self(Some(Arc::new(ExtraFields {
            wire: wire.into(),
            fields: fields.into(),
        })))
    }

    /// Adds or replaces a field of a wire. Fields of another wire are dropped first: an `Extra` has one wire.
    pub fn insert(&mut self, wire: impl Into<Text>, name: impl Into<Text>, value: Json) {
        let (wire, name) = (wire.into(), name.into());
        let inner = self.0.get_or_insert_with(|| {
            Arc::new(ExtraFields {
                wire: wire.clone(),
                fields: SmallVec::new(),
            })
        });
        let inner = Arc::make_mut(inner);
        if inner.wire != wire {
            inner.wire = wire;
            inner.fields.clear();
        }
        match inner.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => inner.fields.push((name, value)),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The wire the fields belong to.
    #[must_use]
    pub fn wire(&self) -> Option<&str> {
        self.0.as_ref().map(|inner| inner.wire.as_str())
    }

    /// The fields, when they belong to `wire`; none otherwise.
    #[must_use]
    pub fn for_wire(&self, wire: &str) -> &[(Text, Json)] {
        match &self.0 {
            Some(inner) if inner.wire == *wire => &inner.fields,
            _ => &[],
        }
    }

    /// One field, when it belongs to `wire`.
    #[must_use]
    pub fn get(&self, wire: &str, name: &str) -> Option<&Json> {
        self.for_wire(wire)
            .iter()
            .find(|(known, _)| *known == *name)
            .map(|(_, value)| value)
    }

    /// All fields, whatever their wire.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0
            .iter()
            .flat_map(|inner| inner.fields.iter().map(|(name, value)| (name.as_str(), value)))
    }
}
