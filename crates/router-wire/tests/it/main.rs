//! Framing against independent oracles, and what errors, waits and signatures are read as.

mod classify;
mod error_body;
#[cfg(feature = "event-stream")]
mod event_stream;
mod fill;
mod framing;
mod lenient;
mod message;
#[cfg(feature = "server")]
mod multipart;
mod object;
mod provenance;
mod reader;
mod retry_after;
#[cfg(feature = "server")]
mod server;
mod write;
