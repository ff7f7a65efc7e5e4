//! Pictures from text, and pictures from pictures.

pub mod dialect;
pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;

pub use dialect::{DeliveryForm, EditForm, ImageDialect};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.images";
