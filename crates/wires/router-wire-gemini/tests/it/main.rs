//! The Gemini wire, judged by recordings, by itself from the other side, and by published schemas.

mod answers;
mod cassettes;
mod encode;
mod errors;
mod matrix;
mod media;
#[cfg(feature = "server")]
mod requests;
#[cfg(feature = "server")]
mod round_trip;
#[cfg(feature = "server")]
mod serve;
mod side;
mod specs;
