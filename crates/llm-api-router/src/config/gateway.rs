//! The gateway of a configuration: where it listens, and who may call.

use std::fmt;

use router_ratelimit::Limit;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The gateway.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GatewayConfig {
    /// Where to listen: `127.0.0.1:8080`.
    pub listen: Option<String>,
    /// Keys that callers must present: none, everybody may call.
    pub keys: Vec<GatewayKey>,
}

/// A key that a caller presents.
#[derive(Clone)]
#[non_exhaustive]
pub enum GatewayKey {
    /// `"${VARIABLE}"`: a caller that may ask for everything, under a name that is made of the key.
    Plain(String),
    /// A table: a caller with a name.
    Named(NamedKey),
}

/// The key of a caller with a name. Limits with `per = "caller"`, caches and logs know it by that.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NamedKey {
    /// The name.
    pub name: String,
    /// The key, as `"${VARIABLE}"`.
    pub key: String,
    /// The routes that it may ask for: all, and every model of every provider.
    pub routes: Vec<String>,
    /// Limits of its calls, beside all others: none.
    pub limits: Vec<Limit>,
}

impl GatewayKey {
    /// The key as it stands in the file, and the name of its field.
    pub(super) fn key(&self) -> (&str, &'static str) {
        match self {
            Self::Plain(key) => (key, ""),
            Self::Named(named) => (&named.key, ".key"),
        }
    }

    /// The caller, where it has a name.
    #[must_use]
    pub fn named(&self) -> Option<&NamedKey> {
        match self {
            Self::Plain(_) => None,
            Self::Named(named) => Some(named),
        }
    }
}

impl fmt::Debug for GatewayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(***)"),
            Self::Named(named) => named.fmt(f),
        }
    }
}

impl fmt::Debug for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedKey")
            .field("name", &self.name)
            .field("routes", &self.routes)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for GatewayKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrTable;

        impl<'de> Visitor<'de> for TextOrTable {
            type Value = GatewayKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key as \"${VARIABLE}\", or a table with name, key, routes and limits")
            }

            fn visit_str<E: de::Error>(self, key: &str) -> Result<GatewayKey, E> {
                Ok(GatewayKey::Plain(key.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GatewayKey, A::Error> {
                NamedKey::deserialize(MapAccessDeserializer::new(map)).map(GatewayKey::Named)
            }
        }

        deserializer.deserialize_any(TextOrTable)
    }
}
