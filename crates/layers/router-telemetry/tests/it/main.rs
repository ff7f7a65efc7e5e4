//! What is told and counted of calls: in metrics, in spans, in logs; and what is not.

mod content;
mod contract;
mod cost;
#[cfg(feature = "logs")]
mod logs;
mod metrics;
mod page;
mod spans;
mod streams;
mod traced;
mod vendor;
