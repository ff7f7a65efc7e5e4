#![doc = include_str!("../README.md")]

mod codec;
mod job;
mod request;

pub use codec::BflCodec;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "bfl";

/// Black Forest Labs over HTTP.
#[cfg(feature = "client")]
pub type Bfl = router_http::HttpProvider<BflCodec>;
