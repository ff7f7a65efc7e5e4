#![doc = include_str!("../README.md")]

mod codec;
mod models;
mod options;

pub use codec::AnthropicCodec;
pub use options::AnthropicOptions;

/// Anthropic over HTTP.
#[cfg(feature = "client")]
pub type Anthropic = router_http::HttpProvider<AnthropicCodec>;
