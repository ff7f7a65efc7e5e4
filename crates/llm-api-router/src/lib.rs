#![doc = include_str!("../README.md")]

#[cfg(feature = "config")]
mod callers;
mod client;
#[cfg(feature = "config")]
pub mod config;
mod directory;
#[cfg(all(feature = "serve", feature = "telemetry"))]
mod metrics_page;
#[cfg(feature = "client")]
mod providers;
#[cfg(feature = "client")]
mod registry;
#[cfg(feature = "retry")]
mod stack;

pub use client::{Client, ClientBuilder};
#[cfg(feature = "config")]
pub use config::Config;
#[cfg(all(feature = "serve", feature = "telemetry"))]
pub use metrics_page::MetricsPage;
#[cfg(feature = "client")]
#[allow(
    unused_imports,
    unreachable_pub,
    reason = "a build may name a transport and no vendor"
)]
pub use providers::*;
#[cfg(feature = "client")]
pub use registry::{Build, Entry, Registry};
#[cfg(feature = "client")]
pub use router_http::ProviderSettings;
#[cfg(feature = "retry")]
pub use stack::Stack;

pub use router_core::*;

#[cfg(feature = "balance")]
pub use router_balance as balance;
#[cfg(feature = "cache")]
pub use router_cache as cache;
#[cfg(feature = "catalog")]
pub use router_catalog as catalog;
#[cfg(feature = "conversation")]
pub use router_conversation as conversation;
#[cfg(feature = "client")]
pub use router_http as http;
#[cfg(feature = "prompt")]
pub use router_prompt as prompt;
#[cfg(feature = "ratelimit")]
pub use router_ratelimit as ratelimit;
#[cfg(feature = "redis")]
pub use router_redis as redis;
#[cfg(feature = "retry")]
pub use router_retry as retry;
#[cfg(feature = "serve")]
pub use router_serve as serve;
#[cfg(feature = "telemetry")]
pub use router_telemetry as telemetry;
#[cfg(feature = "tokens")]
pub use router_tokens as counting;
pub use router_wire as wire;
