#![doc = include_str!("../README.md")]

mod codec;
mod dialect;
mod ids;
pub mod ocr;
mod options;
mod prepare;
#[cfg(feature = "server")]
pub mod server;

pub use codec::MistralCodec;
pub use dialect::dialect;
pub use options::{MistralOptions, Prediction};
#[cfg(feature = "server")]
pub use server::endpoints;

/// Mistral over HTTP.
#[cfg(feature = "client")]
pub type Mistral = router_http::HttpProvider<MistralCodec>;
