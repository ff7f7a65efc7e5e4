//! Typed conveniences on every provider: ask for a chat, get a chat.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use crate::audio::{SpeechRequest, SpeechResponse, TranscriptionRequest, TranscriptionResponse};
use crate::call::{Body, Call, Head, Mode, Operation, Output, Reply, Request};
use crate::chat::{ChatRequest, ChatResponse};
use crate::context::{Context, Trail};
use crate::embedding::{EmbeddingRequest, EmbeddingResponse};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageRequest, ImageResponse};
use crate::model::{ListModelsRequest, ModelId, ModelList};
use crate::moderation::{ModerationRequest, ModerationResponse};
use crate::provider::Provider;
use crate::rerank::{RerankRequest, RerankResponse};
use crate::stream::EventStream;
use crate::tokens::{CountTokensRequest, TokenCount};

/// A value, what came with it, and how it came about. Reads as the value.
#[non_exhaustive]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// What came with it: request id, warnings, the raw reply.
    pub head: Head,
    /// What happened on the way.
    pub trail: Trail,
}

impl<T> Answer<T> {
    /// The value alone.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Answer<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("value", &self.value)
            .field("trail", &self.trail)
            .finish_non_exhaustive()
    }
}

/// Typed conveniences on every provider. `model` is the model's id at this provider, or `provider/model` at a client.
///
/// # Cancellation
/// Dropping a future cancels its call.
///
/// # Errors
/// Every method gives what [`Provider::call`] gives, with the call's trail.
pub trait ProviderExt: Provider {
    /// Sends a request of any type with a context.
    fn send<R: Request + Send>(
        &self,
        model: impl Into<ModelId>,
        request: R,
        context: Context,
    ) -> impl Future<Output = Result<Answer<R::Response>>> + Send
    where
        R::Response: Send,
    {
        let call = Call {
            model: model.into(),
            operation: request.into_operation(),
            mode: Mode::Full,
            context,
        };
        async move {
            let Reply { head, body } = self.call(&call).await.map_err(|error| with_trail(error, &call))?;
            match body {
                Body::Full(output) => answer::<R>(head, output, &call),
                Body::Stream(stream) => {
                    let output = stream.into_output().await;
                    answer::<R>(head, output.map_err(|error| with_trail(error, &call))?, &call)
                }
            }
        }
    }

    /// Chats; the answer comes whole.
    fn chat(
        &self,
        model: impl Into<ModelId>,
        request: impl Into<ChatRequest>,
    ) -> impl Future<Output = Result<Answer<ChatResponse>>> + Send {
        self.send(model, request.into(), Context::new())
    }

    /// Chats; the answer comes in pieces. Resolves at the first content.
    fn chat_stream(
        &self,
        model: impl Into<ModelId>,
        request: impl Into<ChatRequest>,
    ) -> impl Future<Output = Result<Answer<EventStream>>> + Send {
        self.stream(model, request.into(), Context::new())
    }

    /// Sends a request for an answer in pieces, with a context.
    fn stream(
        &self,
        model: impl Into<ModelId>,
        request: impl Into<Operation>,
        context: Context,
    ) -> impl Future<Output = Result<Answer<EventStream>>> + Send {
        let call = Call {
            model: model.into(),
            operation: request.into(),
            mode: Mode::Stream,
            context,
        };
        async move {
            let reply = self.call(&call).await.map_err(|error| with_trail(error, &call))?;
            let Body::Stream(value) = reply.body else {
                return Err(with_trail(
                    Error::new(ErrorKind::Decode, "the provider gave no stream"),
                    &call,
                ));
            };
            Ok(Answer {
                value,
                head: reply.head,
                trail: call.context.trail().clone(),
            })
        }
    }

    /// Makes vectors of texts.
    fn embed(
        &self,
        model: impl Into<ModelId>,
        request: EmbeddingRequest,
    ) -> impl Future<Output = Result<Answer<EmbeddingResponse>>> + Send {
        self.send(model, request, Context::new())
    }

    /// Makes or changes images.
    fn generate_image(
        &self,
        model: impl Into<ModelId>,
        request: ImageRequest,
    ) -> impl Future<Output = Result<Answer<ImageResponse>>> + Send {
        self.send(model, request, Context::new())
    }

    /// Orders documents by a query.
    fn rerank(
        &self,
        model: impl Into<ModelId>,
        request: RerankRequest,
    ) -> impl Future<Output = Result<Answer<RerankResponse>>> + Send {
        self.send(model, request, Context::new())
    }

    /// Speaks a text.
    fn speak(
        &self,
        model: impl Into<ModelId>,
        request: SpeechRequest,
    ) -> impl Future<Output = Result<Answer<SpeechResponse>>> + Send {
        self.send(model, request, Context::new())
    }

    /// Writes down speech.
    fn transcribe(
        &self,
        model: impl Into<ModelId>,
        request: TranscriptionRequest,
    ) -> impl Future<Output = Result<Answer<TranscriptionResponse>>> + Send {
        self.send(model, request, Context::new())
    }

    /// Judges texts and pictures.
    fn moderate(
        &self,
        model: impl Into<ModelId>,
        request: ModerationRequest,
    ) -> impl Future<Output = Result<Answer<ModerationResponse>>> + Send {
        self.send(model, request, Context::new())
    }

    /// Asks the vendor how many tokens a chat would be.
    fn count_tokens(
        &self,
        model: impl Into<ModelId>,
        chat: impl Into<ChatRequest>,
    ) -> impl Future<Output = Result<Answer<TokenCount>>> + Send {
        self.send(model, CountTokensRequest::new(chat.into()), Context::new())
    }

    /// Asks the vendor for its models.
    fn list_models(&self) -> impl Future<Output = Result<Answer<ModelList>>> + Send {
        self.send(ModelId::default(), ListModelsRequest::default(), Context::new())
    }
}

impl<P: Provider + ?Sized> ProviderExt for P {}

/// The answer to a request of this type.
fn answer<R: Request>(head: Head, output: Output, call: &Call) -> Result<Answer<R::Response>> {
    let other = || {
        let error = Error::new(ErrorKind::Decode, "the provider answered another operation");
        with_trail(error, call)
    };
    Ok(Answer {
        value: R::response(output).ok_or_else(other)?,
        head,
        trail: call.context.trail().clone(),
    })
}

fn with_trail(error: Error, call: &Call) -> Error {
    error
        .with_model(&call.model)
        .with_operation(call.operation.name())
        .with_trail(call.context.trail().clone())
}
