#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
#[cfg(feature = "client")]
pub mod credentials;
mod models;
mod place;

#[cfg(feature = "client")]
pub use builder::{VertexBuilder, build};
pub use codec::VertexCodec;
pub use place::Place;

/// Vertex AI over HTTP. [`VertexBuilder`] makes one for a project; [`Vertex::new`] takes an API key, as the express mode does.
#[cfg(feature = "client")]
pub type Vertex = router_http::HttpProvider<VertexCodec>;
