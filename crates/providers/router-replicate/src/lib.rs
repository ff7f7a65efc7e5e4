#![doc = include_str!("../README.md")]

mod chat;
mod codec;
mod images;
mod prediction;
mod stream;
mod target;

pub use codec::ReplicateCodec;
pub use stream::PredictionStreamDecoder;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "replicate";

/// Replicate over HTTP.
#[cfg(feature = "client")]
pub type Replicate = router_http::HttpProvider<ReplicateCodec>;
