#![doc = include_str!("../README.md")]

#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod address;
pub mod auth;
mod batches;
#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod body;
pub mod builder;
pub mod config;
#[cfg(feature = "hyper")]
mod connect;
mod drain;
mod events;
#[cfg(feature = "hyper")]
pub mod hyper;
mod job;
pub mod provider;
pub mod replay;
#[cfg(feature = "reqwest")]
pub mod reqwest;
pub mod settings;
#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod slots;
#[cfg(any(feature = "reqwest", feature = "hyper"))]
mod tls;
pub mod token;
pub mod transport;
mod urls;

pub use auth::{Auth, Authorize};
pub use builder::Builder;
pub use config::{HttpConfig, HttpVersion, TransportKind};
pub use provider::HttpProvider;
pub use settings::ProviderSettings;
pub use token::{Token, TokenAuth, TokenSource};
pub use transport::{BodyStream, Transport, TransportRequest, TransportResponse};
