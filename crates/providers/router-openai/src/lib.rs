#![doc = include_str!("../README.md")]

mod codec;
mod dialects;
mod models;
mod options;

pub use codec::OpenAiCodec;
pub use models::ModelFamily;
pub use options::{Api, OpenAiOptions};

/// OpenAI over HTTP.
#[cfg(feature = "client")]
pub type OpenAi = router_http::HttpProvider<OpenAiCodec>;
