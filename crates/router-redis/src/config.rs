//! Where Redis is and how long it may take.

use std::path::PathBuf;
use std::time::Duration;

use router_core::{Secret, human};
use serde::{Deserialize, Deserializer};

/// Settings of the connection. Every field has a default, and unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RedisConfig {
    /// The address, with user and password if any: `redis://127.0.0.1:6379`. Also `rediss://` (feature `tls`),
    /// `redis+unix:///path`, and `/2` behind the port for a database.
    #[serde(deserialize_with = "secret")]
    pub url: Secret,
    /// A file of certificates (PEM) that a `rediss://` address is trusted by, in the place of Mozilla's: none. Needs the feature `tls`.
    pub ca_file: Option<PathBuf>,
    /// Most connections at a time: 2. Commands share them, so more help only across large values.
    pub connections: usize,
    /// Longest time to make a connection, with TLS and login: 100 ms.
    #[serde(with = "human::duration")]
    pub connect_timeout: Duration,
    /// Longest time for an answer: 50 ms. No call waits longer.
    #[serde(with = "human::duration")]
    pub response_timeout: Duration,
    /// An answer later than this is as bad as none: 20 ms. When all are, Redis counts as down.
    #[serde(with = "human::duration")]
    pub slow_after: Duration,
    /// What all keys begin with: `llm-router`. Processes with the same prefix share limits, entries and cooldowns.
    pub prefix: String,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: Secret::new("redis://127.0.0.1:6379"),
            ca_file: None,
            connections: 2,
            connect_timeout: Duration::from_millis(100),
            response_timeout: Duration::from_millis(50),
            slow_after: Duration::from_millis(20),
            prefix: "llm-router".to_owned(),
        }
    }
}

impl RedisConfig {
    /// The defaults, at an address.
    #[must_use]
    pub fn new(url: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// With certificates of one's own in the place of Mozilla's.
    #[must_use]
    pub fn with_ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(file.into());
        self
    }

    /// With a number of connections.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// With another beginning for all keys.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// With other times: to connect, for an answer, and after which an answer is too late to be good.
    #[must_use]
    pub fn with_times(mut self, connect: Duration, response: Duration, slow_after: Duration) -> Self {
        self.connect_timeout = connect;
        self.response_timeout = response;
        self.slow_after = slow_after;
        self
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}
