#![doc = include_str!("../README.md")]

mod codec;
mod models;
mod options;
pub mod tools;

pub use codec::GeminiCodec;
pub use options::{GeminiOptions, SafetySetting};

/// Gemini over HTTP.
#[cfg(feature = "client")]
pub type Gemini = router_http::HttpProvider<GeminiCodec>;
