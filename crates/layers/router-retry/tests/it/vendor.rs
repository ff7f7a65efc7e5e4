//! A vendor that does what a test says, notes when it was asked, and knows what of it still lives.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use router_core::context::TrailEntry;
use router_core::{
    BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, Error, ErrorKind, EventStream, Feature,
    FinishReason, Head, OperationKind, Provider, ProviderId, Reply, Result, StreamEvent,
};
use tokio::time::{Instant, sleep};

/// What the vendor does with one call.
pub(crate) enum Act {
    /// Answers; a call for a stream gets a stream.
    Answer,
    Fail(Error),
    /// Answers in these steps, whatever was asked for.
    Stream(Vec<Step>),
    /// First waits.
    After(Duration, Box<Act>),
    /// Never does anything.
    Hang,
}

/// A step of a stream.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Some text.
    Text,
    /// An event that is no content.
    Ping,
    Wait(Duration),
    Finish,
    Fail(ErrorKind),
    Hang,
    /// The end, without a word.
    Cut,
}

type Does = dyn Fn(usize, &Call) -> Act + Send + Sync;

/// The vendor. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Vendor {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
    does: Arc<Does>,
    asked: Arc<Mutex<Vec<Instant>>>,
    living: Arc<AtomicUsize>,
}

impl Vendor {
    /// Does what `does` says, given the number of the call from 0.
    pub(crate) fn new(does: impl Fn(usize, &Call) -> Act + Send + Sync + 'static) -> Self {
        Self {
            id: ProviderId::from_static("vendor"),
            capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            does: Arc::new(does),
            asked: Arc::default(),
            living: Arc::default(),
        }
    }

    /// Fails always.
    pub(crate) fn failing(kind: ErrorKind) -> Self {
        Self::new(move |_, _| Act::Fail(error(kind)))
    }

    /// Fails so often, then answers.
    pub(crate) fn failing_times(times: usize, kind: ErrorKind) -> Self {
        Self::new(move |number, _| {
            if number < times {
                Act::Fail(error(kind))
            } else {
                Act::Answer
            }
        })
    }

    /// Answers every call with these steps.
    pub(crate) fn streaming(steps: impl Into<Vec<Step>>) -> Self {
        let steps = steps.into();
        Self::new(move |_, _| Act::Stream(steps.clone()))
    }

    pub(crate) fn with_id(mut self, id: &'static str) -> Self {
        self.id = ProviderId::from_static(id);
        self
    }

    /// When it was asked.
    pub(crate) fn asked(&self) -> Vec<Instant> {
        self.asked.lock().expect("no panic").clone()
    }

    /// How often it was asked.
    pub(crate) fn calls(&self) -> usize {
        self.asked().len()
    }

    /// The times between one call and the next, in seconds.
    pub(crate) fn gaps(&self) -> Vec<f64> {
        let asked = self.asked();
        asked
            .windows(2)
            .map(|two| (two[1] - two[0]).as_secs_f64())
            .collect()
    }

    /// Calls and streams that are neither over nor dropped.
    pub(crate) fn living(&self) -> usize {
        self.living.load(Ordering::Acquire)
    }

    async fn reply(&self, call: &Call) -> Result<Reply> {
        let living = Living::new(&self.living);
        let number = {
            let mut asked = self.asked.lock().expect("no panic");
            asked.push(Instant::now());
            asked.len() - 1
        };
        let mut act = (self.does)(number, call);
        while let Act::After(wait, then) = act {
            sleep(wait).await;
            act = *then;
        }
        let steps = match act {
            Act::Fail(error) => return Err(error.with_provider(&self.id)),
            Act::Hang | Act::After(..) => pending().await,
            Act::Answer if !call.is_stream() => {
                let mut head = Head::default();
                head.provider = self.id.clone();
                head.model = call.model.clone();
                return Ok(Reply::full(ChatResponse::text_answer("word")).with_head(head));
            }
            Act::Answer => vec![Step::Text, Step::Text, Step::Finish],
            Act::Stream(steps) => steps,
        };
        let source = futures_util::stream::unfold((steps.into_iter(), living), |(mut steps, living)| async {
            loop {
                let event = match steps.next()? {
                    Step::Wait(wait) => {
                        sleep(wait).await;
                        continue;
                    }
                    Step::Hang => pending().await,
                    Step::Cut => return None,
                    Step::Text => Ok(StreamEvent::text("word ")),
                    Step::Ping => Ok(StreamEvent::text("")),
                    Step::Finish => Ok(StreamEvent::finish(FinishReason::Stop, None)),
                    Step::Fail(kind) => Err(error(kind)),
                };
                return Some((event, (steps, living)));
            }
        });
        Ok(Reply::stream(EventStream::new(source).committed().await?))
    }
}

impl Provider for Vendor {
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
                started: started.into_std(),
                duration: started.elapsed(),
                error: reply.as_ref().err().map(Error::kind),
            });
            reply
        })
    }
}

struct Living(Arc<AtomicUsize>);

impl Living {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(crate) fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "not now")
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A call for a whole answer.
pub(crate) fn whole() -> Call {
    Call::new("a-model", ChatRequest::user("Hello"))
}

/// A call for a stream.
pub(crate) fn streamed() -> Call {
    whole().streaming()
}

/// A call that has so much time.
pub(crate) fn within(call: Call, time: Duration) -> Call {
    let deadline = (Instant::now() + time).into_std();
    let context = call.context.clone().with_deadline(deadline);
    call.with_context(context)
}

/// The reply's stream.
pub(crate) fn stream(reply: Reply) -> EventStream {
    match reply.body {
        router_core::Body::Stream(stream) => stream,
        router_core::Body::Full(output) => panic!("a stream was asked for: {output:?}"),
    }
}

/// What is left of a stream: the number of events, and the error if there was one.
pub(crate) async fn rest(stream: &mut EventStream) -> (usize, Option<Error>) {
    let mut events = 0;
    while let Some(event) = stream.next().await {
        match event {
            Ok(_) => events += 1,
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

/// The kinds of the attempts in a trail; `None` is an answer.
pub(crate) fn attempts(call: &Call) -> Vec<Option<ErrorKind>> {
    let entries = call.context.trail().entries();
    let attempts = entries.iter().filter_map(|entry| match entry {
        TrailEntry::Attempt { error, .. } => Some(*error),
        _ => None,
    });
    attempts.collect()
}

/// What layers decided, in words.
pub(crate) fn decisions(call: &Call) -> Vec<String> {
    let entries = call.context.trail().entries();
    let decisions = entries.iter().filter_map(|entry| match entry {
        TrailEntry::Decision { layer, what } => Some(format!("{layer}: {what}")),
        _ => None,
    });
    decisions.collect()
}
