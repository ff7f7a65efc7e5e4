#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod chat;
mod codec;
#[cfg(feature = "client")]
pub mod credentials;
mod embeddings;
mod error;
mod models;
mod place;
mod rerank;

#[cfg(feature = "client")]
pub use builder::{WatsonxBuilder, build};
pub use codec::WatsonxCodec;
pub use place::{Holder, Place, address};

/// watsonx.ai over HTTP. [`WatsonxBuilder`] makes one for a project or a space.
#[cfg(feature = "client")]
pub type Watsonx = router_http::HttpProvider<WatsonxCodec>;
