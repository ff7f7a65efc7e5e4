#![doc = include_str!("../README.md")]

pub mod body;
pub mod classify;
pub mod codec;
pub mod completion;
pub mod error_body;
pub mod fill;
pub mod framing;
pub mod lenient;
pub mod media_type;
pub mod message;
pub mod multipart;
pub mod object;
pub mod pending;
pub mod provenance;
pub mod reader;
pub mod retry_after;
#[cfg(feature = "server")]
pub mod server;
pub mod vendor;
pub mod warnings;
pub mod write;

pub use codec::{Codec, Encoded, Events, NoStreams, StreamDecoder};
pub use framing::{Frame, FrameLimits, Framing};
pub use message::{HttpRequest, HttpResponse};
pub use multipart::Form;
pub use pending::Pending;
pub use reader::{FrameLog, StreamReader};
#[cfg(feature = "server")]
pub use server::{Ingress, ReplyEncoder, ServerCodec};
pub use vendor::{AuthScheme, Vendor, VendorCodec};
