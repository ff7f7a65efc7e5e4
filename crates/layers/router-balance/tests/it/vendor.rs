//! Vendors that do what a test says, and count.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use router_balance::{Balance, Target, TargetState, TargetStatus};
use router_core::capability::ModelCapabilities;
use router_core::context::TrailEntry;
use router_core::model::ModelInfo;
use router_core::{
    BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, Context, Error, ErrorKind, EventStream,
    Feature, FinishReason, Head, ModelId, OperationKind, Provider, ProviderId, Reply, Result, StreamEvent,
};
use tokio::time::{Instant, sleep};

/// What a vendor does with a call.
pub(crate) enum Act {
    /// Answers; a call for a stream gets a stream.
    Answer,
    Fail(Error),
    /// Gives some text and then fails; a whole answer just fails.
    Break(ErrorKind),
    /// Gives some text, and no more.
    Stall,
    Hang,
    /// First waits.
    After(Duration, Box<Act>),
}

type Does = dyn Fn(usize) -> Act + Send + Sync;

/// The vendor. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Vendor {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
    does: Arc<Does>,
    asked: Arc<Mutex<Vec<(Instant, Call)>>>,
    living: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Vendor {
    /// Does what `does` says, given the number of the call from 0.
    pub(crate) fn new(id: &str, does: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        Self {
            id: ProviderId::from(id),
            capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            does: Arc::new(does),
            asked: Arc::default(),
            living: Arc::default(),
            most: Arc::default(),
        }
    }

    /// Answers at once.
    pub(crate) fn well(id: &str) -> Self {
        Self::new(id, |_| Act::Answer)
    }

    /// Answers after so long.
    pub(crate) fn taking(id: &str, time: Duration) -> Self {
        Self::new(id, move |_| Act::After(time, Box::new(Act::Answer)))
    }

    /// Fails always.
    pub(crate) fn failing(id: &str, kind: ErrorKind) -> Self {
        Self::new(id, move |_| Act::Fail(error(kind)))
    }

    /// Fails until a time after now, then answers.
    pub(crate) fn failing_for(id: &str, kind: ErrorKind, time: Duration) -> Self {
        let until = Instant::now() + time;
        Self::new(id, move |_| {
            if Instant::now() < until {
                Act::Fail(error(kind))
            } else {
                Act::Answer
            }
        })
    }

    pub(crate) fn with_features(mut self, features: &[Feature]) -> Self {
        self.capabilities = Arc::new(Capabilities::new(OperationKind::ALL, features));
        self
    }

    /// With a model that takes prompts of so many tokens.
    pub(crate) fn with_window(mut self, model: &str, tokens: u64) -> Self {
        let mut info = ModelInfo::new(model);
        info.context_window = Some(tokens);
        let mut known = ModelCapabilities::default();
        known.features = self.capabilities.features;
        known.info = info;
        let capabilities = Arc::make_mut(&mut self.capabilities);
        capabilities.models = BTreeMap::from([(ModelId::from(model), known)]);
        self
    }

    /// A target of it.
    pub(crate) fn target(&self) -> Target {
        Target::new(self.clone())
    }

    /// How often it was asked.
    pub(crate) fn calls(&self) -> usize {
        self.asked.lock().expect("no panic").len()
    }

    pub(crate) fn asked(&self) -> Vec<(Instant, Call)> {
        self.asked.lock().expect("no panic").clone()
    }

    /// Calls and streams that are neither over nor dropped.
    pub(crate) fn living(&self) -> usize {
        self.living.load(Ordering::Acquire)
    }

    /// The most calls that were under way at once.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::Acquire)
    }

    async fn reply(&self, call: &Call) -> Result<Reply> {
        let living = Living::new(self);
        let number = {
            let mut asked = self.asked.lock().expect("no panic");
            asked.push((Instant::now(), call.clone()));
            asked.len() - 1
        };
        let mut act = (self.does)(number);
        while let Act::After(wait, then) = act {
            sleep(wait).await;
            act = *then;
        }
        let head = {
            let mut head = Head::default();
            head.provider = self.id.clone();
            head.model = call.model.clone();
            head
        };
        let last = match act {
            Act::Fail(error) => return Err(error),
            Act::Break(kind) if !call.is_stream() => return Err(error(kind)),
            Act::Hang | Act::After(..) => pending().await,
            Act::Answer | Act::Stall if !call.is_stream() => {
                let mut response = ChatResponse::text_answer(self.id.as_str());
                response.id = Some(format!("{}-answer-{number}", self.id).into());
                return Ok(Reply::full(response).with_head(head));
            }
            Act::Answer => Some(Ok(StreamEvent::finish(FinishReason::Stop, None))),
            Act::Break(kind) => Some(Err(error(kind))),
            Act::Stall => None,
        };
        let first = [
            StreamEvent::start(Some(format!("{}-answer-{number}", self.id).into()), None),
            StreamEvent::text(self.id.as_str()),
        ];
        let events = futures_util::stream::unfold(
            (first.into_iter(), last, living),
            |(mut first, mut last, living)| async {
                if let Some(event) = first.next() {
                    return Some((Ok(event), (first, last, living)));
                }
                match last.take() {
                    Some(event) => Some((event, (first, None, living))),
                    None => pending().await,
                }
            },
        );
        Ok(Reply::stream(EventStream::new(events).committed().await?).with_head(head))
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
            reply.map_err(|error| error.with_provider(&self.id))
        })
    }
}

struct Living(Arc<AtomicUsize>);

impl Living {
    fn new(vendor: &Vendor) -> Self {
        let now = vendor.living.fetch_add(1, Ordering::AcqRel) + 1;
        vendor.most.fetch_max(now, Ordering::AcqRel);
        Self(Arc::clone(&vendor.living))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// An error of a kind, as a vendor sends it.
pub(crate) fn error(kind: ErrorKind) -> Error {
    let status = match kind {
        ErrorKind::Authentication => 401,
        ErrorKind::QuotaExceeded => 402,
        ErrorKind::PermissionDenied => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::RateLimited => 429,
        ErrorKind::Overloaded => 503,
        ErrorKind::Server => 500,
        ErrorKind::InvalidRequest | ErrorKind::ContextLengthExceeded | ErrorKind::ContentFiltered => 400,
        _ => return Error::new(kind, "not now"),
    };
    Error::new(kind, "not now").with_status(status)
}

/// An error of a kind that asks to wait.
pub(crate) fn asking(kind: ErrorKind, wait: Duration) -> Error {
    error(kind).with_retry_after(wait)
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A call for a whole answer.
pub(crate) fn whole() -> Call {
    Call::new("a-model", ChatRequest::user("Hello"))
}

/// A call for a stream.
pub(crate) fn streamed() -> Call {
    whole().streaming()
}

/// A call with a context.
pub(crate) fn with(call: Call, context: Context) -> Call {
    call.with_context(context)
}

/// Who answers a call, its stream read to the end.
pub(crate) async fn answered(provider: &impl Provider, call: &Call) -> Result<String> {
    let reply = provider.call(call).await?;
    let id = reply.head.provider.to_string();
    reply.into_output().await?;
    Ok(id)
}

/// The vendors that a call came to, in order, and how it went there; `None` is an answer.
pub(crate) fn attempts(call: &Call) -> Vec<(String, Option<ErrorKind>)> {
    let entries = call.context.trail().entries();
    let attempts = entries.iter().filter_map(|entry| match entry {
        TrailEntry::Attempt { provider, error, .. } => Some((provider.to_string(), *error)),
        _ => None,
    });
    attempts.collect()
}

/// The vendors that a call came to, in order.
pub(crate) fn came_to(call: &Call) -> Vec<String> {
    attempts(call).into_iter().map(|(vendor, _)| vendor).collect()
}

/// What the balancer decided, in words.
pub(crate) fn decisions(call: &Call) -> Vec<String> {
    let entries = call.context.trail().entries();
    let decisions = entries.iter().filter_map(|entry| match entry {
        TrailEntry::Decision { what, .. } => Some(what.to_string()),
        _ => None,
    });
    decisions.collect()
}

/// How a target stands.
pub(crate) fn status(balance: &Balance, name: &str) -> TargetStatus {
    let status = balance.handle().status();
    let mut targets = status.targets.into_iter();
    targets
        .find(|target| target.name == *name)
        .expect("a target of that name")
}

pub(crate) fn state(balance: &Balance, name: &str) -> TargetState {
    status(balance, name).state
}
