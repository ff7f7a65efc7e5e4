#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
mod dialect;
mod models;
mod run;

#[cfg(feature = "client")]
pub use builder::{address, build};
pub use codec::CloudflareCodec;

/// Cloudflare Workers AI over HTTP, at the [`address`] of an account.
#[cfg(feature = "client")]
pub type Cloudflare = router_http::HttpProvider<CloudflareCodec>;
