//! A provider that gives prepared replies: for examples and tests, without network or key.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::call::{Body, Call, Head, Output, Reply};
use crate::capability::{Capabilities, Feature, OperationKind};
use crate::chat::ChatResponse;
use crate::context::TrailEntry;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ProviderId;
use crate::provider::{BoxFuture, Provider};
use crate::stream::{EventStream, StreamEvent};
use crate::text::Text;

/// Gives its replies in order, and keeps the calls it got. Clones share both.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use router_core::{ProviderExt, Scripted};
///
/// let provider = Scripted::new().text("Hello!");
/// let answer = provider.chat("any-model", "Hi").await?;
/// assert_eq!(answer.text(), "Hello!");
/// # Ok::<_, router_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Scripted {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Scene>,
    calls: Vec<Call>,
}

#[derive(Debug)]
enum Scene {
    Output(Box<Output>),
    Events(Vec<Result<StreamEvent>>),
    Error(Error),
}

impl Default for Scripted {
    fn default() -> Self {
        Self::new()
    }
}

impl Scripted {
    /// A provider with the id `scripted`, every capability and no replies.
    #[must_use]
    pub fn new() -> Self {
        Self {
            id: ProviderId::from_static("scripted"),
            capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            state: Arc::default(),
        }
    }

    /// With another id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<ProviderId>) -> Self {
        self.id = id.into();
        self
    }

    /// With other capabilities.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Arc::new(capabilities);
        self
    }

    /// Then answers with a text.
    #[must_use]
    pub fn text(self, text: impl Into<Text>) -> Self {
        self.output(ChatResponse::text_answer(text))
    }

    /// Then answers with an output. A call in stream mode gets it as events.
    #[must_use]
    pub fn output(self, output: impl Into<Output>) -> Self {
        self.scene(Scene::Output(Box::new(output.into())))
    }

    /// Then answers with events; a call for a whole answer gets them collected.
    #[must_use]
    pub fn events(self, events: impl IntoIterator<Item = Result<StreamEvent>>) -> Self {
        self.scene(Scene::Events(events.into_iter().collect()))
    }

    /// Then fails.
    #[must_use]
    pub fn error(self, error: Error) -> Self {
        self.scene(Scene::Error(error))
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .calls
            .clone()
    }

    fn scene(self, scene: Scene) -> Self {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replies
            .push_back(scene);
        self
    }

    async fn reply(&self, call: &Call) -> Result<Reply> {
        let scene = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.calls.push(call.clone());
            state.replies.pop_front()
        };
        let body = match scene {
            None => {
                return Err(Error::new(
                    ErrorKind::Config,
                    "the scripted provider has no reply left",
                ));
            }
            Some(Scene::Error(error)) => return Err(error),
            Some(Scene::Output(output)) if call.is_stream() => {
                let events = crate::replay::output_events(*output);
                Body::Stream(EventStream::from_events(events).committed().await?)
            }
            Some(Scene::Output(output)) => Body::Full(*output),
            Some(Scene::Events(events)) => {
                let mut events = events.into_iter();
                let stream = EventStream::new(Scene::source(move || events.next()))
                    .committed()
                    .await?;
                if call.is_stream() {
                    Body::Stream(stream)
                } else {
                    Body::Full(stream.into_output().await?)
                }
            }
        };
        let head = Head {
            provider: self.id.clone(),
            model: call.model.clone(),
            ..Head::default()
        };
        Ok(Reply { head, body })
    }
}

impl Scene {
    fn source(
        next: impl FnMut() -> Option<Result<StreamEvent>>,
    ) -> impl futures_core::Stream<Item = Result<StreamEvent>> {
        crate::stream::Events(next)
    }
}

impl Provider for Scripted {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let started = Instant::now();
            let reply = self.reply(call).await;
            call.context.trail().push(TrailEntry::Attempt {
                provider: self.id.clone(),
                model: call.model.clone(),
                started,
                duration: started.elapsed(),
                error: reply.as_ref().err().map(Error::kind),
            });
            reply.map_err(|error| error.with_provider(&self.id))
        })
    }
}
