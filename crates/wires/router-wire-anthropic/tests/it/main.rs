//! The messages wire, judged by itself from the other side, and by published schemas.

mod completions;
mod encode;
#[cfg(feature = "server")]
mod requests;
#[cfg(feature = "server")]
mod round_trip;
#[cfg(feature = "server")]
mod serve;
mod side;
mod specs;
