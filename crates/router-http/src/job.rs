//! Asks for the answer of a job that the vendor works at, again and again, and ends the job when nobody waits any more.

use std::fmt;
use std::time::Duration;

use router_core::error::TimeoutKind;
use router_core::{BoxFuture, Call, Error, ErrorKind, Result, Text};
use router_wire::{Codec, HttpResponse, Pending};
use tokio::time::{Instant, sleep};

use crate::provider::{Answer, HttpProvider, with_head};
use crate::transport::TransportRequest;

/// How often in a row a question about a job may fail in a way that may pass.
const FAILURES: u32 = 3;

/// Longest time for the request that ends a job.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answer of a job.
pub(crate) enum Done {
    /// It is here.
    Whole(HttpResponse),
    /// It comes as a stream.
    Streamed(Answer, Unfinished),
}

/// A job that is ended at the vendor when this is dropped before it is over.
pub(crate) struct Unfinished(Option<BoxFuture<'static, ()>>);

impl Unfinished {
    /// The job is over.
    pub(crate) fn end(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(cancel) = self.0.take() else { return };
        // Without a runtime nothing can be sent.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(PATIENCE, cancel));
        }
    }
}

impl fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unfinished").field(&self.0.is_some()).finish()
    }
}

impl<C: Codec> HttpProvider<C> {
    /// The reply itself where it is the answer, and what comes of the job that it tells of.
    pub(crate) async fn job(&self, call: &Call, mut response: HttpResponse) -> Result<Done> {
        let mut started = None;
        let mut before: Option<Pending> = None;
        let mut unfinished = Unfinished(None);
        loop {
            let next = self.codec.pending(call, &response, before.as_ref());
            // Over, failed, or told of anew.
            unfinished.end();
            let next = next.map_err(|error| with_head(error, &self.head(call, response.raw())))?;
            let Some(next) = next else {
                return Ok(Done::Whole(response));
            };
            unfinished = self.unfinished(&next);
            let started = *started.get_or_insert_with(Instant::now);
            // Boxed, as is all that few calls need: the future of each call would have room for it.
            match Box::pin(self.ask_again(call, &next, started)).await? {
                Done::Whole(news) => response = news,
                Done::Streamed(answer, _) => return Ok(Done::Streamed(answer, unfinished)),
            }
            before = Some(next);
        }
    }

    /// Asks once more, after the pause. A question that only reads is asked again when it fails in a way that may pass: the job
    /// goes on meanwhile, and calling the vendor anew would begin a second one.
    async fn ask_again(&self, call: &Call, next: &Pending, started: Instant) -> Result<Done> {
        let mut pause = next.pause;
        let mut failures = 0;
        loop {
            if started.elapsed() + pause > self.job_timeout {
                return Err(self.still_running(next));
            }
            sleep(pause).await;
            let error = match self.ask_once(call, next).await {
                Err(error) if error.is_retryable() && next.request.method == http::Method::GET => error,
                done => return done,
            };
            failures += 1;
            if failures > FAILURES {
                return Err(error);
            }
            let least = error.retry_after().unwrap_or(Duration::from_millis(500));
            pause = (pause * 2).max(least);
        }
    }

    async fn ask_once(&self, call: &Call, next: &Pending) -> Result<Done> {
        let answer = match &next.address {
            None => self.ask(call, self.request(next.request.clone())).await?,
            Some(address) if next.keyed || self.is_own(address) => {
                let mut request = self.request(next.request.clone());
                request.url = Text::from(format!("{address}{}", next.request.path));
                self.ask(call, request).await?
            }
            // Neither key nor headers go to strangers.
            Some(address) => {
                let request = next.request.clone();
                let url = format!("{address}{}", request.path);
                let request = TransportRequest::new(request.method, url, request.headers, request.body);
                self.succeeded(call, self.transport.send(request).await?).await?
            }
        };
        Ok(if next.streams {
            Done::Streamed(answer, Unfinished(None))
        } else {
            Done::Whole(self.whole(answer).await?)
        })
    }

    /// Whether an address, scheme and authority, is the provider's own.
    fn is_own(&self, address: &str) -> bool {
        self.base_url
            .strip_prefix(address)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    fn unfinished(&self, next: &Pending) -> Unfinished {
        Unfinished(next.cancel.clone().map(|cancel| -> BoxFuture<'static, ()> {
            let provider = self.clone();
            Box::pin(async move {
                // Whatever becomes of it: there is nobody left to tell.
                drop(provider.send(provider.request(cancel)).await);
            })
        }))
    }

    fn still_running(&self, next: &Pending) -> Error {
        let job = next.job.as_deref().unwrap_or("the job");
        let message = format!("{job} is still running after {} s", self.job_timeout.as_secs());
        Error::new(ErrorKind::Timeout(TimeoutKind::Attempt), message).with_retryable(false)
    }
}
