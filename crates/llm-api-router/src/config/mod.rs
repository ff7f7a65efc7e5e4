//! A client as a file describes it: providers, routes, and what stands around them.
//!
//! See `docs/configuration.md` for the settings, with examples.

mod build;
#[cfg(feature = "conversation")]
mod conversation;
mod gateway;
mod http;
mod named;
mod provider;
mod read;
mod route;
mod setting;
mod source;
mod telemetry;
mod variables;
#[cfg(feature = "yaml")]
mod yaml;

use std::collections::BTreeMap;

use router_cache::CachePolicy;
use router_ratelimit::Limit;
use router_redis::RedisConfig;
use router_retry::{BreakerPolicy, RetryPolicy, TimeoutPolicy};
use serde::Deserialize;

pub(crate) use build::{Extra, Parts, Route};
#[cfg(feature = "conversation")]
pub use conversation::{ConversationsConfig, StoreConfig};
pub use gateway::{GatewayConfig, GatewayKey, NamedKey};
pub use http::HttpSettings;
pub use provider::{ProviderConfig, ProviderTimeouts};
pub use route::RouteConfig;
pub use setting::Setting;
pub use telemetry::TelemetryConfig;

/// A configuration. Every field has a default, and unknown fields are refused.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use llm_api_router::{Config, Registry};
///
/// let text = r#"
///     [providers.my-vllm]
///     type = "custom"
///     base_url = "${VLLM_URL}"
///
///     [routes.smart]
///     strategy = "failover"
///     targets = ["my-vllm/qwen3"]
/// "#;
/// let variables = |name: &str| (name == "VLLM_URL").then(|| "http://127.0.0.1:8000/v1".to_owned());
/// let client = Config::from_toml("router.toml", text)?.client_with(&Registry::builtin(), &variables)?;
/// assert_eq!(client.routes().next().unwrap().0, "smart");
/// # Ok::<_, llm_api_router::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The provider that names of models without one go to: the only one, if there is one.
    pub default_provider: Option<String>,
    /// Whether vendors that the environment has a key or an address for are there too, beside those of the file: yes.
    #[serde(deserialize_with = "setting::yes")]
    pub environment: FromEnvironment,
    /// Providers, by their names.
    #[serde(deserialize_with = "named::once")]
    pub providers: BTreeMap<String, ProviderConfig>,
    /// Routes, by the names that models are asked for by.
    #[serde(deserialize_with = "named::once")]
    pub routes: BTreeMap<String, RouteConfig>,
    /// How connections to all providers are made, kept and bounded: as [`router_http::HttpConfig`] says.
    pub http: HttpSettings,
    /// When a call is made again; `false`: never.
    pub retry: Setting<RetryPolicy>,
    /// When a provider is left alone; `false`: never.
    pub breaker: Setting<BreakerPolicy>,
    /// How long a provider may take; `false`: for ever.
    pub timeouts: Setting<TimeoutPolicy>,
    /// Limits of all calls: none.
    pub limits: Vec<Limit>,
    /// What is kept of answers: nothing.
    pub cache: Option<CachePolicy>,
    /// Conversations that calls name: none are remembered.
    #[cfg(feature = "conversation")]
    pub conversations: Option<ConversationsConfig>,
    /// The Redis that instances share limits, answers and cooldowns in: none.
    pub redis: Option<RedisConfig>,
    /// What is told of calls, and counted: nothing.
    pub telemetry: Option<TelemetryConfig>,
    /// How `llm-router serve` serves it.
    pub gateway: GatewayConfig,
    /// Where it was read from.
    #[serde(skip)]
    pub(crate) source: source::Source,
    #[serde(skip)]
    pub(crate) stack: std::sync::Arc<std::sync::OnceLock<crate::Stack>>,
}

/// Whether the environment names providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromEnvironment(pub bool);

impl Default for FromEnvironment {
    fn default() -> Self {
        Self(true)
    }
}
