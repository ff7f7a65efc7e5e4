//! Puts the history in front of a call that names its conversation, and keeps what was said and answered.
//!
//! The call brings only what is new: the user's words, or results of tools. A turn is kept when it was answered, as one: what
//! was said and the answer. Of a stream, the last event comes when the turn is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::unfold;
use router_core::collect::Collector;
use router_core::{
    Body, BoxFuture, Call, Capabilities, ChatRequest, ConversationId, EventStream, Message, ModelId,
    Operation, Output, Provider, ProviderId, Reply, Result, Role, StreamEvent, Warning,
};

use crate::conversation::Conversation;
use crate::fit::Fitter;
use crate::record::{Entry, Record};
use crate::store::Store;
use crate::summary::Summarizer;

/// Sessions that are kept at hand, so that a turn reads only what is new.
const MOST_SESSIONS: usize = 256;

/// A provider that remembers. Calls without a [`ConversationId`] in their context pass as they are.
#[derive(Debug)]
pub struct Conversations<P> {
    inner: P,
    shared: Arc<Shared>,
}

#[derive(Clone)]
pub(crate) struct Shared {
    store: Arc<dyn Store>,
    fitter: Fitter,
    summarizer: Option<Summarizer>,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
}

/// A session as far as it was read.
struct Session {
    conversation: Conversation,
    position: u64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("fitter", &self.fitter)
            .finish_non_exhaustive()
    }
}

impl<P> Conversations<P> {
    pub(crate) fn new(inner: P, shared: Shared) -> Self {
        Self {
            inner,
            shared: Arc::new(shared),
        }
    }
}

impl<P: Provider> Provider for Conversations<P> {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        // Only chats have a history; everything else passes, operations that come later included.
        let (Some(id), Operation::Chat(request)) =
            (call.context.extension::<ConversationId>(), &call.operation)
        else {
            return self.inner.call(call);
        };
        Box::pin(async move {
            let key = key(call, id);
            let turn = self.shared.prepare(key, &call.model, request).await?;
            let Turn {
                request,
                keep,
                warnings,
            } = turn;
            let mut asked = call.clone();
            asked.operation = Operation::from(request);
            let mut reply = self.inner.call(&asked).await?;
            reply.head.warnings.extend(warnings);
            match reply.body {
                Body::Full(output) => {
                    if let Output::Chat(response) = &output {
                        keep.answered(response.to_message()).await?;
                    }
                    Ok(Reply::full(output).with_head(reply.head))
                }
                Body::Stream(stream) => {
                    let stream = keeping(stream, keep).committed().await?;
                    Ok(Reply::stream(stream).with_head(reply.head))
                }
            }
        })
    }
}

/// The session's name in the store: the caller is part of it, with its length, so that no two can be taken for each other.
fn key(call: &Call, id: &ConversationId) -> String {
    match call.context.caller() {
        Some(caller) => format!("{}:{caller}:{}", caller.len(), id.0),
        None => id.0.to_string(),
    }
}

/// A stream whose last event comes when the turn is kept.
fn keeping(stream: EventStream, keep: Keep) -> EventStream {
    let state = (stream, Collector::new(), Some(keep));
    EventStream::new(unfold(
        state,
        |(mut stream, mut collector, mut keep)| async move {
            let event = stream.next().await?;
            let event = match event {
                Ok(event) => {
                    let is_last = matches!(event, StreamEvent::Finish { .. });
                    if keep.is_some() {
                        collector.push(event.clone());
                    }
                    match keep.take_if(|_| is_last) {
                        Some(keep) => {
                            let message = std::mem::take(&mut collector).finish().to_message();
                            keep.answered(message).await.map(|()| event)
                        }
                        None => Ok(event),
                    }
                }
                Err(error) => {
                    keep = None;
                    Err(error)
                }
            };
            Some((event, (stream, collector, keep)))
        },
    ))
}

/// A turn as it is sent, and how it is kept.
struct Turn {
    request: ChatRequest,
    keep: Keep,
    warnings: Vec<Warning>,
}

/// What is to be kept of a turn when its answer is there.
struct Keep {
    store: Arc<dyn Store>,
    key: String,
    records: Vec<Record>,
}

impl Keep {
    async fn answered(mut self, answer: Message) -> Result<()> {
        self.records.push(Record::Message(Entry::new(answer)));
        self.store.append(&self.key, &self.records).await
    }
}

impl Shared {
    pub(crate) fn new(store: Arc<dyn Store>, fitter: Fitter, summarizer: Option<Summarizer>) -> Self {
        Self {
            store,
            fitter,
            summarizer,
            sessions: Arc::default(),
        }
    }

    async fn prepare(&self, key: String, model: &ModelId, request: &ChatRequest) -> Result<Turn> {
        let (mut session, warnings) = self.session(&key, model).await?;
        let known = session.conversation.entries().len();
        let summary = session.conversation.summary().cloned();
        let turn = self
            .turn(&mut session.conversation, &key, model, request, warnings)
            .await;
        // What the turn added counts when it was answered: the store has it then, and the next turn reads it there. A summary cannot
        // be taken back, so a session that has a new one is read anew.
        if session.conversation.summary() == summary.as_ref() {
            session.conversation.rewind(known);
            self.put_back(key, session);
        }
        turn
    }

    async fn turn(
        &self,
        conversation: &mut Conversation,
        key: &str,
        model: &ModelId,
        request: &ChatRequest,
        mut warnings: Vec<Warning>,
    ) -> Result<Turn> {
        let counter = self.fitter.counter();
        // Instructions of the call stand for those that are kept, which are the first call's.
        let split = request
            .messages
            .iter()
            .take_while(|message| message.role == Role::System)
            .count();
        let (system, new) = request.messages.split_at(split);
        let is_system = |entry: &&Entry| entry.message.role == Role::System;
        let stored = conversation.entries().iter().take_while(is_system).count();
        let is_first = conversation.entries().is_empty();
        for message in if is_first { &request.messages[..] } else { new } {
            conversation.push(message.clone());
        }
        let replaces = !is_first && !system.is_empty();
        let mut bare = request.clone();
        bare.messages.clear();
        let mut frame = counter.count_chat(model, &bare);
        if replaces {
            frame += system
                .iter()
                .map(|message| counter.count_message(model, message))
                .sum::<u64>();
        }
        let fitted = match &self.summarizer {
            Some(summarizer) => {
                let (fitted, warning) = self
                    .fitter
                    .fit_with_summary(conversation, model, frame, summarizer)
                    .await?;
                warnings.extend(warning);
                fitted
            }
            None => self.fitter.fit(conversation, model, frame)?,
        };
        warnings.extend(fitted.warning());
        let mut messages = fitted.messages;
        if replaces {
            messages.splice(..stored, system.iter().cloned());
        }
        let keep = Keep {
            store: Arc::clone(&self.store),
            key: key.to_owned(),
            records: conversation.take_records(),
        };
        bare.messages = messages;
        Ok(Turn {
            request: bare,
            keep,
            warnings,
        })
    }

    /// The session as the store has it now, counted. It is taken out while a turn works on it, so that nothing of it is copied; another
    /// turn of the same session at the same time reads it from the store.
    async fn session(&self, key: &str, model: &ModelId) -> Result<(Session, Vec<Warning>)> {
        let known = self.sessions().remove(key);
        let mut session = known.unwrap_or_else(|| Session {
            conversation: Conversation::new(key.to_owned()),
            position: 0,
        });
        let page = self.store.read(key, session.position).await?;
        for record in page.records {
            session.conversation.apply(record);
        }
        session.position = page.position;
        session.conversation.count(self.fitter.counter().as_ref(), model);
        Ok((session, page.warnings))
    }

    fn put_back(&self, key: String, session: Session) {
        let mut sessions = self.sessions();
        if sessions.len() >= MOST_SESSIONS && !sessions.contains_key(&key) {
            sessions.clear();
        }
        // Another turn may have read further meanwhile.
        let is_newer = sessions
            .get(&key)
            .is_none_or(|known| known.position <= session.position);
        if is_newer {
            sessions.insert(key, session);
        }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
