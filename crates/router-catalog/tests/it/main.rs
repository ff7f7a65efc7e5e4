//! The catalog as its users see it.

mod costs;
mod data;
