//! A call and its reply: what layers pass on.

mod operation;
mod output;
mod reply;
mod request;

pub use operation::Operation;
pub use output::Output;
pub use reply::{Body, Head, Reply};
pub use request::Request;

use crate::capability::{Feature, Needs, OperationKind};
use crate::context::Context;
use crate::model::ModelId;

/// One call. Layers borrow it; a clone shares the request, so trying again never copies messages.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The model, as the provider called knows it.
    pub model: ModelId,
    /// What is asked.
    pub operation: Operation,
    /// Whether the answer is to come whole or in pieces.
    pub mode: Mode,
    /// What goes with the call.
    pub context: Context,
}

impl Call {
    /// A call for a whole answer, with an empty context.
    #[must_use]
    pub fn new(model: impl Into<ModelId>, operation: impl Into<Operation>) -> Self {
        Self {
            model: model.into(),
            operation: operation.into(),
            mode: Mode::Full,
            context: Context::new(),
        }
    }

    /// The call for another model.
    #[must_use]
    pub fn with_model(&self, model: ModelId) -> Self {
        Self {
            model,
            ..self.clone()
        }
    }

    /// The call with another context.
    #[must_use]
    pub fn with_context(&self, context: Context) -> Self {
        Self {
            context,
            ..self.clone()
        }
    }

    /// The call for an answer in pieces.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.mode = Mode::Stream;
        self
    }

    /// Whether the answer is to come in pieces.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.mode == Mode::Stream
    }

    /// What the call asks of a provider.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = self.operation.needs();
        // Anything else that is asked for in pieces may come whole.
        if self.is_stream() && self.operation.kind() == OperationKind::Chat {
            needs.features.insert(Feature::Streaming);
        }
        needs
    }
}

/// Whether an answer comes whole or in pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Whole.
    #[default]
    Full,
    /// In pieces.
    Stream,
}
