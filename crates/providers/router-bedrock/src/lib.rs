#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
pub mod converse;
#[cfg(feature = "client")]
pub mod credentials;
pub mod embeddings;
mod error;
mod images;
pub mod invoke;
pub mod list;
mod models;
mod options;
#[cfg(feature = "client")]
mod profile;
pub mod rerank;
#[cfg(feature = "client")]
pub mod signature;
pub mod tokens;

#[cfg(feature = "client")]
pub use builder::{BedrockBuilder, VENDOR, build};
pub use codec::BedrockCodec;
#[cfg(feature = "client")]
pub use credentials::Credentials;
pub use models::Family;
pub use options::{Api, BedrockOptions};

/// The name of this vendor's wires in signatures and opaque parts.
pub const WIRE: &str = "bedrock";

/// AWS Bedrock over HTTP. [`BedrockBuilder`] makes one that signs its requests; [`Bedrock::new`] takes a bearer key and calls the
/// region `us-east-1`.
#[cfg(feature = "client")]
pub type Bedrock = router_http::HttpProvider<BedrockCodec>;

/// The endpoints of this wire as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(converse::server::Converse),
        Box::new(invoke::server::Invoke),
        Box::new(tokens::server::CountTokens),
        Box::new(list::server::Models),
    ]
}
