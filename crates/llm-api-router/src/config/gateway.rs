//! The gateway of a configuration: where it listens, and who may call.

use std::fmt;

#[cfg(feature = "serve")]
use router_core::Text;
use router_ratelimit::Limit;
#[cfg(feature = "serve")]
use router_serve::{KeyHash, Keys};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

#[cfg(feature = "serve")]
use super::Config;
#[cfg(feature = "serve")]
use super::read::wrong;
#[cfg(feature = "serve")]
use super::variables::{Variables, secret};

/// The gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GatewayConfig {
    /// Where to listen: `127.0.0.1:8080`.
    pub listen: Option<String>,
    /// Most requests under way at once; further ones are refused with 503: 10,000.
    pub max_in_flight: usize,
    /// Keys that callers must present: none, everybody may call.
    pub keys: Vec<GatewayKey>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            listen: None,
            max_in_flight: 10_000,
            keys: Vec::new(),
        }
    }
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
    /// Instead of it, the hash of a key, as `llm-router key new` shows it.
    pub hash: String,
    /// The routes that it may ask for: all, and every model of every provider.
    pub routes: Vec<String>,
    /// Limits of its calls, beside all others: none.
    pub limits: Vec<Limit>,
}

impl GatewayKey {
    /// The caller, where it has a name.
    #[must_use]
    pub fn named(&self) -> Option<&NamedKey> {
        match self {
            Self::Plain(_) => None,
            Self::Named(named) => Some(named),
        }
    }

    /// As what a gateway asks for; otherwise which field is wrong, and why.
    #[cfg(feature = "serve")]
    fn read(&self, variables: &Variables<'_>) -> Result<Keys, String> {
        let key =
            |text: &str, field: &str| secret(text, variables).map_err(|error| format!("{field}: {error}"));
        let named = match self {
            Self::Plain(text) => return Ok(Keys::of([key(text, "")?])),
            Self::Named(named) => named,
        };
        let name = Text::from(named.name.as_str());
        match (named.key.is_empty(), named.hash.is_empty()) {
            (false, true) => Ok(Keys::named([(name, key(&named.key, ".key")?)])),
            (true, false) => {
                let hash: KeyHash = named.hash.parse().map_err(|error| format!(".hash: {error}"))?;
                Ok(Keys::hashed([(name, hash)]))
            }
            (true, true) => Err(": key or hash must be set".to_owned()),
            (false, false) => Err(": only one of key and hash can be set".to_owned()),
        }
    }
}

#[cfg(feature = "serve")]
impl Config {
    /// The keys that callers of the gateway must present.
    ///
    /// # Errors
    /// `Config` naming every field that is wrong.
    pub fn gateway_keys(&self) -> router_core::Result<Keys> {
        self.gateway_keys_with(&|name| std::env::var(name).ok())
    }

    /// The same, with the variables of something else: of a test.
    ///
    /// # Errors
    /// `Config` naming every field that is wrong.
    pub fn gateway_keys_with(&self, variables: &Variables<'_>) -> router_core::Result<Keys> {
        let (mut keys, mut told) = (Keys::none(), Vec::new());
        for (place, key) in self.gateway.keys.iter().enumerate() {
            match key.read(variables) {
                Ok(key) => keys = keys.and(key),
                Err(error) => told.push(self.source.told(&format!("gateway.keys[{place}]{error}"))),
            }
        }
        match told.is_empty() {
            true => Ok(keys),
            false => Err(wrong(told.join("\n"))),
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
                f.write_str("a key as \"${VARIABLE}\", or a table with name, key or hash, routes and limits")
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
