#![doc = include_str!("../README.md")]

mod codec;
mod request;
mod target;

pub use codec::StabilityCodec;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "stability";

/// Stability AI over HTTP.
#[cfg(feature = "client")]
pub type Stability = router_http::HttpProvider<StabilityCodec>;
