//! A layer that is on with its defaults, set, or off.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::FromEnvironment;

/// What is on with its defaults unless it is set or turned off: `false`, `true` or a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Setting<T> {
    /// On, as it is without a word.
    #[default]
    Default,
    /// On, as it is set.
    Set(T),
    /// Off.
    Off,
}

impl<T: Clone + Default> Setting<T> {
    /// The settings; `None` when it is off.
    #[must_use]
    pub fn policy(&self) -> Option<T> {
        match self {
            Self::Default => Some(T::default()),
            Self::Set(policy) => Some(policy.clone()),
            Self::Off => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BoolOrTable<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for BoolOrTable<T> {
            type Value = Setting<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of settings, or false to turn it off")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Setting<T>, E> {
                Ok(if on { Setting::Default } else { Setting::Off })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Setting<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Setting::Set)
            }
        }

        deserializer.deserialize_any(BoolOrTable(PhantomData))
    }
}

pub(super) fn yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FromEnvironment, D::Error> {
    bool::deserialize(deserializer).map(FromEnvironment)
}
