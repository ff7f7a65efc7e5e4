//! The suite that every provider runs, and what is particular to Bedrock.

mod side;
#[cfg(feature = "client")]
mod signatures;
