//! Chat: request, response, settings, usage.

mod finish_reason;
mod format;
mod logprobs;
mod request;
mod response;
mod settings;
mod usage;

pub use finish_reason::FinishReason;
pub use format::{JsonSchemaFormat, ResponseFormat};
pub use logprobs::{Logprobs, TokenLogprob};
pub use request::ChatRequest;
pub use response::{ChatResponse, Choice};
pub use settings::{AudioOutput, ReasoningConfig, ReasoningEffort, Settings};
pub use usage::Usage;
