//! Counts against tiktoken, and against what vendors counted in recorded traffic.

#[cfg(feature = "tiktoken")]
mod accuracy;
mod counting;
#[cfg(feature = "tiktoken")]
mod recordings;
mod vendor;
