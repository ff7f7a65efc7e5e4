//! The OpenAI wires, judged by themselves from the other side, by published schemas, and by what others met.

mod read;
#[cfg(feature = "server")]
mod round_trip;
#[cfg(feature = "server")]
mod serve;
mod side;
mod tools;
#[cfg(feature = "server")]
mod values;
