#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
#[cfg(feature = "client")]
pub mod credentials;
pub mod filters;
mod surface;

#[cfg(feature = "client")]
pub use builder::{AzureBuilder, build};
pub use codec::AzureCodec;
pub use filters::Finding;
pub use surface::Surface;

/// Azure OpenAI over HTTP. [`AzureBuilder`] makes one for a resource.
#[cfg(feature = "client")]
pub type Azure = router_http::HttpProvider<AzureCodec>;
