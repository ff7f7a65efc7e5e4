//! One provider of a configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use router_core::human::optional_duration;
use router_ratelimit::Limit;
use router_retry::{BreakerPolicy, TimeoutPolicy};
use serde::Deserialize;

use super::http::HttpSettings;
use super::setting::Setting;

/// A provider: a vendor, where it is, and what stands around it.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ProviderConfig {
    /// The vendor: the provider's name.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The address: the vendor's, or that of its environment variable.
    pub base_url: Option<String>,
    /// The key, as `"${VARIABLE}"`: that of the vendor's environment variable.
    pub api_key: Option<String>,
    /// Several keys, which take turns; each as `"${VARIABLE}"`.
    pub api_keys: Vec<String>,
    /// A file with the key.
    pub api_key_file: Option<String>,
    /// Headers on every request.
    #[serde(deserialize_with = "super::named::once")]
    pub headers: BTreeMap<String, String>,
    /// What only some vendors have: `project`, `location`, …
    #[serde(deserialize_with = "super::named::once")]
    pub options: BTreeMap<String, String>,
    /// Differences from the vendor's dialect, for vendors of OpenAI's family.
    pub dialect: Option<toml::Table>,
    /// How long it may take: what is said for all.
    pub timeouts: Option<ProviderTimeouts>,
    /// When it is left alone: what is said for all.
    pub breaker: Option<Setting<BreakerPolicy>>,
    /// Limits of calls to it: none.
    pub limits: Vec<Limit>,
    /// How connections to it are made, kept and bounded: what is said for all.
    pub http: HttpSettings,
}

impl std::fmt::Debug for ProviderConfig {
    /// Without anything that may hold a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("type", &self.kind)
            .finish_non_exhaustive()
    }
}

/// How long a provider may take; what is absent is as for all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ProviderTimeouts {
    /// Longest time to make a connection: 5 s.
    #[serde(with = "optional_duration")]
    pub connect: Option<Duration>,
    /// Longest wait for the first content of a stream.
    #[serde(with = "optional_duration")]
    pub first_content: Option<Duration>,
    /// Longest wait between two contents of a stream.
    #[serde(with = "optional_duration")]
    pub between_contents: Option<Duration>,
    /// Longest time of one attempt at a whole answer.
    #[serde(with = "optional_duration")]
    pub attempt: Option<Duration>,
    /// Longest time of one attempt at a stream, to its end.
    #[serde(with = "optional_duration")]
    pub stream_attempt: Option<Duration>,
}

impl ProviderTimeouts {
    /// These over those of all.
    pub(super) fn over(&self, all: Option<TimeoutPolicy>) -> Option<TimeoutPolicy> {
        let sets = [
            self.first_content,
            self.between_contents,
            self.attempt,
            self.stream_attempt,
        ];
        if all.is_none() && sets.iter().all(Option::is_none) {
            return None;
        }
        let mut policy = all.unwrap_or_else(TimeoutPolicy::none);
        let slots = [
            &mut policy.first_content,
            &mut policy.between_contents,
            &mut policy.attempt,
            &mut policy.stream_attempt,
        ];
        for (slot, set) in slots.into_iter().zip(sets) {
            *slot = set.or(*slot);
        }
        Some(policy)
    }
}
