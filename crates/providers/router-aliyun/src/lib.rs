#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;
mod codec;
mod dialects;
mod embeddings;
mod error;
mod images;
mod models;
mod native;
mod options;
mod region;
#[cfg(feature = "server")]
mod server;

#[cfg(feature = "client")]
pub use builder::build;
pub use codec::AliyunCodec;
pub use options::{AliyunOptions, Api};
pub use region::Region;
#[cfg(feature = "server")]
pub use server::endpoints;

/// Aliyun over HTTP, in Beijing; [`build`] takes settings for other regions and for workspaces.
#[cfg(feature = "client")]
pub type Aliyun = router_http::HttpProvider<AliyunCodec>;
