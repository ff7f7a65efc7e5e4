#![doc = include_str!("../README.md")]

mod conversation;
mod exchange;
mod fit;
mod form;
mod layer;
mod policy;
mod provider;
mod record;
pub mod store;
mod summary;

pub use conversation::{Conversation, Statistics};
pub use fit::{Fitted, Fitter, Importance};
pub use form::{Form, from_markdown, to_markdown};
pub use layer::ConversationLayer;
pub use policy::{Policy, Strategy};
pub use provider::Conversations;
pub use record::{Entry, Record, Summary};
pub use router_core::ConversationId;
#[cfg(feature = "redis")]
pub use store::RedisStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{FileStore, MemoryStore, Page, Store};
pub use summary::Summarizer;
