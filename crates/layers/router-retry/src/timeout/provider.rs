//! Lets a call and its stream wait only so long.

use std::future::Future as _;
use std::sync::Arc;
use std::time::Duration;

use router_core::context::{Trail, TrailEntry};
use router_core::error::TimeoutKind;
use router_core::human::format_duration;
use router_core::{
    Body, BoxFuture, Call, Capabilities, Error, ErrorKind, EventStream, ModelId, Provider, ProviderId, Reply,
    Result,
};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::policy::TimeoutPolicy;
use super::silence::Silence;

/// The layer's name in trails.
const NAME: &str = "timeout";

/// A provider that is given only so much time. Made by [`TimeoutLayer`](super::TimeoutLayer).
///
/// Each wait has its own [`TimeoutKind`]. What took too long is dropped, so its connection is closed and not used again. The
/// deadline of the call ends whatever is under way, a stream included.
///
/// # Cancellation
/// Dropping the call or its stream drops the inner one; timers go with them.
#[derive(Clone, Debug)]
pub struct Timeout<P> {
    inner: P,
    policy: TimeoutPolicy,
}

/// When something is over, and what it then is.
#[derive(Clone, Copy)]
struct Limit {
    at: Instant,
    kind: TimeoutKind,
    /// How long that was; of a deadline, nothing.
    after: Option<Duration>,
}

impl<P> Timeout<P> {
    pub(super) fn new(inner: P, policy: TimeoutPolicy) -> Self {
        Self { inner, policy }
    }

    /// The provider inside.
    #[must_use]
    pub fn inner(&self) -> &P {
        &self.inner
    }
}

impl<P: Provider> Timeout<P> {
    async fn reply(&self, call: &Call) -> Result<Reply> {
        let started = Instant::now();
        let deadline = |at: Option<_>| {
            at.map(|at| Limit {
                at: Instant::from_std(at),
                kind: TimeoutKind::Deadline,
                after: None,
            })
        };
        let limit = |kind, after: Option<Duration>| {
            let after = after?;
            let at = started.checked_add(after)?;
            Some(Limit {
                at,
                kind,
                after: Some(after),
            })
        };
        let (first, whole) = if call.is_stream() {
            let policy = &self.policy;
            (
                soonest(
                    limit(TimeoutKind::FirstContent, policy.first_content),
                    deadline(call.context.deadline()),
                ),
                soonest(
                    limit(TimeoutKind::Attempt, policy.stream_attempt),
                    deadline(call.context.stream_deadline()),
                ),
            )
        } else {
            (
                None,
                soonest(
                    limit(TimeoutKind::Attempt, self.policy.attempt),
                    deadline(call.context.deadline()),
                ),
            )
        };
        let mut reply = match soonest(first, whole) {
            None => self.inner.call(call).await?,
            Some(limit) => {
                if limit.at <= started {
                    return Err(self.late(call, limit));
                }
                match timeout_at(limit.at, self.inner.call(call)).await {
                    Ok(reply) => reply?,
                    Err(_) => {
                        // Cut off, it could not record itself.
                        call.context.trail().push(TrailEntry::Attempt {
                            provider: self.inner.id().clone(),
                            model: call.model.clone(),
                            started: started.into_std(),
                            duration: started.elapsed(),
                            error: Some(ErrorKind::Timeout(limit.kind)),
                        });
                        return Err(self.late(call, limit));
                    }
                }
            }
        };
        if let Body::Stream(stream) = &mut reply.body {
            self.watch(call, stream, whole);
        }
        Ok(reply)
    }

    /// Bounds the waits of a stream that has begun.
    fn watch(&self, call: &Call, stream: &mut EventStream, whole: Option<Limit>) {
        let late = Late {
            provider: self.inner.id().clone(),
            model: call.model.clone(),
            operation: call.operation.name(),
            trail: call.context.trail().clone(),
        };
        if let Some(after) = self.policy.between_contents {
            let late = late.clone();
            let mut silence = Silence::new(after);
            stream.on_wait(move |task, heard| {
                silence
                    .poll(task, heard)
                    .map(|()| late.in_stream(TimeoutKind::BetweenContents, Some(after)))
            });
        }
        if let Some(limit) = whole {
            let mut timer = Box::pin(sleep_until(limit.at));
            stream.on_wait(move |task, _| {
                timer
                    .as_mut()
                    .poll(task)
                    .map(|()| late.in_stream(limit.kind, limit.after))
            });
        }
    }

    fn late(&self, call: &Call, limit: Limit) -> Error {
        error(limit.kind, limit.after)
            .with_provider(self.inner.id())
            .with_model(&call.model)
            .with_operation(call.operation.name())
    }
}

/// What an error inside a stream says beside its kind.
#[derive(Clone)]
struct Late {
    provider: ProviderId,
    model: ModelId,
    operation: &'static str,
    trail: Trail,
}

impl Late {
    fn in_stream(&self, kind: TimeoutKind, after: Option<Duration>) -> Error {
        let error = error(kind, after);
        self.trail.decision(NAME, format!("cut off: {}", error.message()));
        error
            .with_provider(&self.provider)
            .with_model(&self.model)
            .with_operation(self.operation)
            .with_trail(self.trail.clone())
    }
}

fn error(kind: TimeoutKind, after: Option<Duration>) -> Error {
    let after = after.map(format_duration).unwrap_or_default();
    let message = match kind {
        TimeoutKind::FirstContent => format!("no content came within {after}"),
        TimeoutKind::BetweenContents => format!("no content came for {after}"),
        TimeoutKind::Deadline => "the call's deadline passed".to_owned(),
        _ => format!("the attempt took longer than {after}"),
    };
    Error::new(ErrorKind::Timeout(kind), message)
}

/// The sooner of two limits.
fn soonest(one: Option<Limit>, other: Option<Limit>) -> Option<Limit> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
        (one, other) => one.or(other),
    }
}

impl<P: Provider> Provider for Timeout<P> {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(self.reply(call))
    }
}
