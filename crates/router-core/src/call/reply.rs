//! What a provider answers: the answer, whole or in pieces, and what came with it.

use std::time::Duration;

use http::HeaderMap;

use super::Output;
use crate::error::{RawReply, Result};
use crate::model::{ModelId, ProviderId};
use crate::stream::{End, EventStream, StreamEvent};
use crate::text::Text;
use crate::warning::Warning;

/// What a provider answers.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    /// What came with the answer.
    pub head: Head,
    /// The answer.
    pub body: Body,
}

/// What comes with an answer.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Head {
    /// Who answered: the innermost provider.
    pub provider: ProviderId,
    /// The vendor's id of the request.
    pub request_id: Option<Text>,
    /// The model asked for at that provider, after routing.
    pub model: ModelId,
    /// Settings that were dropped or changed.
    pub warnings: Vec<Warning>,
    /// The reply as it came; of a stream, its head with an empty body.
    pub raw: Option<RawReply>,
    /// How old the answer is, where it was not made for this call: it comes from a cache, or another call shares it. Whose
    /// call made it has paid for its usage.
    pub age: Option<Duration>,
}

impl Head {
    /// Headers of the vendor's reply.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.raw.as_ref().map(|raw| raw.headers.as_ref())
    }

    /// HTTP status of the vendor's reply.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.raw.as_ref().map(|raw| raw.status)
    }
}

/// An answer, whole or in pieces.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of them per call, and an allocation costs more than moving it"
)]
pub enum Body {
    /// Whole.
    Full(Output),
    /// In pieces.
    Stream(EventStream),
}

impl Reply {
    /// An answer, and what came with it.
    #[must_use]
    pub fn new(head: Head, body: Body) -> Self {
        Self { head, body }
    }

    /// A whole answer.
    #[must_use]
    pub fn full(output: impl Into<Output>) -> Self {
        Self {
            head: Head::default(),
            body: Body::Full(output.into()),
        }
    }

    /// An answer in pieces.
    #[must_use]
    pub fn stream(stream: EventStream) -> Self {
        Self {
            head: Head::default(),
            body: Body::Stream(stream),
        }
    }

    /// With what came with it.
    #[must_use]
    pub fn with_head(mut self, head: Head) -> Self {
        self.head = head;
        self
    }

    /// Runs `f` once when the answer is over: now for a whole one, at `Finish`, error or drop for a stream.
    ///
    /// What `f` holds is released then, and not only when the caller drops the stream.
    #[must_use]
    pub fn on_end(mut self, f: impl FnOnce(End<'_>) + Send + 'static) -> Self {
        match &mut self.body {
            Body::Full(output) => f(End::Finished(output.usage())),
            Body::Stream(stream) => stream.on_end(f),
        }
        self
    }

    /// Runs `f` on every event of a stream; does nothing for a whole answer.
    #[must_use]
    pub fn on_event(mut self, f: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
        if let Body::Stream(stream) = &mut self.body {
            stream.on_event(f);
        }
        self
    }

    /// The vendor's id of the answer, where it came with the first content.
    #[must_use]
    pub fn answer_id(&self) -> Option<&Text> {
        match &self.body {
            Body::Full(Output::Chat(response)) => response.id.as_ref(),
            Body::Full(_) => None,
            Body::Stream(stream) => stream.start()?.id.as_ref(),
        }
    }

    /// The model that answers, in the vendor's words, where they came with the first content.
    #[must_use]
    pub fn answer_model(&self) -> Option<&Text> {
        match &self.body {
            Body::Full(output) => output.model(),
            Body::Stream(stream) => stream.start()?.model.as_ref(),
        }
    }

    /// The whole answer, gathering a stream.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn into_output(self) -> Result<Output> {
        self.body.into_output().await
    }
}

impl Body {
    /// The whole answer, gathering a stream.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn into_output(self) -> Result<Output> {
        match self {
            Self::Full(output) => Ok(output),
            Self::Stream(stream) => stream.into_output().await,
        }
    }
}
