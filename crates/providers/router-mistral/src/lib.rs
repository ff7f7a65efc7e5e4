#![doc = include_str!("../README.md")]

mod codec;
mod dialect;
mod ids;
pub mod ocr;
mod options;
mod prepare;

pub use codec::MistralCodec;
pub use dialect::dialect;
pub use options::{MistralOptions, Prediction};

/// Mistral over HTTP.
#[cfg(feature = "client")]
pub type Mistral = router_http::HttpProvider<MistralCodec>;
