//! The events of a streamed reply: bytes are read when the caller asks, and what comes late is an error.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use router_core::stream::StreamStart;
use router_core::{Error, ModelId, ProviderId, Result, StreamEvent, Warning};
use router_wire::StreamReader;

use crate::drain::drain;
use crate::job::Unfinished;
use crate::provider::past_deadline;
use crate::transport::BodyStream;

/// The events of a body, read piece by piece as the caller asks: nothing is read ahead.
pub(crate) struct Events {
    pub(crate) reader: StreamReader,
    pub(crate) body: Option<BodyStream>,
    /// What comes after a beginning that the vendor did not send.
    pub(crate) ready: Option<StreamEvent>,
    /// Warnings that wait for the first event.
    pub(crate) warnings: Vec<Warning>,
    pub(crate) provider: ProviderId,
    pub(crate) model: ModelId,
    pub(crate) deadline: Option<Pin<Box<tokio::time::Sleep>>>,
    /// The job whose stream this is, until its end.
    pub(crate) unfinished: Option<Unfinished>,
    pub(crate) ended: bool,
}

impl Events {
    fn poll_event(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<StreamEvent>>> {
        loop {
            if let Some(event) = self.ready.take() {
                return Poll::Ready(Some(Ok(event)));
            }
            let next = match &self.body {
                Some(_) => self.reader.next_event(),
                None => self.reader.finish(),
            };
            match next {
                Ok(Some(event)) if self.warnings.is_empty() => return Poll::Ready(Some(Ok(event))),
                Ok(Some(event)) => return Poll::Ready(Some(Ok(self.warned(event)))),
                Ok(None) if self.reader.is_ended() => return Poll::Ready(None),
                Ok(None) => {}
                Err(error) => return self.failed(error),
            }
            let late = match &mut self.deadline {
                Some(deadline) => deadline.as_mut().poll(task).is_ready(),
                None => false,
            };
            if late {
                return self.failed(past_deadline());
            }
            let Some(body) = &mut self.body else {
                return Poll::Ready(None);
            };
            match body.as_mut().poll_next(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(piece))) => self.reader.push(piece),
                Poll::Ready(Some(Err(error))) => return self.failed(error),
                Poll::Ready(None) => self.body = None,
            }
        }
    }

    /// The first event, with the warnings.
    fn warned(&mut self, mut event: StreamEvent) -> StreamEvent {
        let warnings = std::mem::take(&mut self.warnings);
        if let StreamEvent::Start(start) = &mut event {
            start.warnings = warnings;
            return event;
        }
        self.ready = Some(event);
        let mut start = StreamStart::default();
        start.warnings = warnings;
        StreamEvent::Start(Box::new(start))
    }

    fn failed(&self, error: Error) -> Poll<Option<Result<StreamEvent>>> {
        Poll::Ready(Some(Err(error
            .with_provider(&self.provider)
            .with_model(&self.model))))
    }
}

impl Stream for Events {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let next = this.poll_event(task);
        match &next {
            Poll::Ready(Some(Ok(StreamEvent::Finish(_)))) => {
                this.ended = true;
                if let Some(unfinished) = this.unfinished.take() {
                    unfinished.end();
                }
                if let Some(body) = this.body.take() {
                    drain(body, task);
                }
            }
            Poll::Ready(Some(Err(_)) | None) => {
                this.ended = true;
                this.body = None;
                this.unfinished = None;
            }
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        next
    }
}
