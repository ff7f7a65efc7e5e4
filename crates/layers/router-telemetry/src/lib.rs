#![doc = include_str!("../README.md")]

mod content;
mod layer;
#[cfg(feature = "logs")]
pub mod logs;
mod metrics;
mod names;
mod policy;
mod provider;
mod span;
mod story;
mod watch;

pub use layer::TelemetryLayer;
pub use metrics::{CONTENT_TYPE, Metrics};
pub use policy::TelemetryPolicy;
pub use provider::Telemetry;
