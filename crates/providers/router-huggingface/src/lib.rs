#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
mod dialect;
mod pictures;
mod tei;
mod tgi;
mod vectors;

#[cfg(feature = "client")]
pub use builder::build;
pub use codec::HuggingFaceCodec;
pub use dialect::{HuggingFaceDialect, TgiDialect};
pub use tei::TeiCodec;
pub use tgi::TgiCodec;

/// Hugging Face's router over HTTP.
#[cfg(feature = "client")]
pub type HuggingFace = router_http::HttpProvider<HuggingFaceCodec>;

/// A text generation server over HTTP.
#[cfg(feature = "client")]
pub type Tgi = router_http::HttpProvider<TgiCodec>;

/// A text embeddings server over HTTP.
#[cfg(feature = "client")]
pub type Tei = router_http::HttpProvider<TeiCodec>;
