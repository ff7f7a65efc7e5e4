#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
mod models;
mod options;
#[cfg(feature = "client")]
pub mod token;

#[cfg(feature = "client")]
pub use builder::{INTERNATIONAL, build};
pub use codec::ZhipuCodec;
pub use options::{Thinking, WebSearch, ZhipuOptions};

/// Zhipu over HTTP, at BigModel in China; [`build`] takes settings for Z.ai, coding plans and signed tokens.
#[cfg(feature = "client")]
pub type Zhipu = router_http::HttpProvider<ZhipuCodec>;
