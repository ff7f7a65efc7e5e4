#![doc = include_str!("../README.md")]

mod client;
#[cfg(feature = "client")]
mod registry;

pub use client::{Client, ClientBuilder};
#[cfg(feature = "client")]
pub use registry::{Build, Entry, Registry};
#[cfg(feature = "client")]
pub use router_http::ProviderSettings;

pub use router_core::*;

#[cfg(feature = "anthropic")]
pub use router_anthropic as anthropic;
#[cfg(feature = "catalog")]
pub use router_catalog as catalog;
#[cfg(feature = "deepseek")]
pub use router_deepseek as deepseek;
#[cfg(feature = "gemini")]
pub use router_gemini as gemini;
#[cfg(feature = "client")]
pub use router_http as http;
#[cfg(feature = "ollama")]
pub use router_ollama as ollama;
#[cfg(feature = "openai")]
pub use router_openai as openai;
#[cfg(feature = "serve")]
pub use router_serve as serve;
#[cfg(feature = "sim")]
pub use router_sim as sim;
pub use router_wire as wire;
