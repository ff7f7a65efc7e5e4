//! The body of a response: whole, or events written as the client takes them.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream as _;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use router_core::{BoxFuture, Error, EventStream, Reply, Result};
use router_wire::HttpResponse;
use router_wire::server::ReplyEncoder;

use crate::admission::Place;

/// A response whose body may still be coming.
#[derive(Debug)]
pub struct ServedResponse {
    status: u16,
    headers: HeaderMap,
    body: ResponseBody,
}

impl ServedResponse {
    /// The response with its body put through `change`.
    #[must_use]
    pub fn map_body(self, change: impl FnOnce(ResponseBody) -> OtherBody) -> Self {
        Self {
            body: ResponseBody::of(Inner::Other(change(self.body))),
            ..self
        }
    }

    /// A whole response.
    #[must_use]
    pub fn of(response: HttpResponse) -> Self {
        Self::whole(response)
    }

    pub(crate) fn whole(response: HttpResponse) -> Self {
        let headers = Arc::unwrap_or_clone(response.headers);
        Self {
            status: response.status,
            headers,
            body: ResponseBody::of(Inner::Whole(Some(response.body))),
        }
    }

    pub(crate) fn streamed(head: &HttpResponse, body: EventBody) -> Self {
        Self {
            status: head.status,
            headers: (*head.headers).clone(),
            body: ResponseBody::of(Inner::Events(Box::new(body))),
        }
    }

    /// The response of a request that has a place, until its body has gone out or is dropped.
    pub(crate) fn in_place(mut self, place: Place) -> Self {
        self.body.place = Some(place);
        self
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// As the response type that HTTP servers take.
    #[must_use]
    pub fn into_http(self) -> http::Response<ResponseBody> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        response
    }

    /// Waits for the whole body.
    pub async fn into_whole(mut self) -> HttpResponse {
        let mut bytes = BytesMut::new();
        while let Some(piece) = self.next().await {
            bytes.extend_from_slice(&piece);
        }
        HttpResponse::new(self.status, self.headers, bytes.freeze())
    }

    /// The next piece of the body; `None` at its end.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            let frame = poll_fn(|task| Pin::new(&mut self.body).poll_frame(task)).await;
            match frame {
                None | Some(Err(_)) => return None,
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Some(data);
                    }
                }
            }
        }
    }
}

/// The body of a served response. Dropping it ends the call.
pub struct ResponseBody {
    inner: Inner,
    place: Option<Place>,
}

enum Inner {
    Whole(Option<Bytes>),
    Events(Box<EventBody>),
    Other(OtherBody),
}

/// A body of somebody else's making. An error breaks the connection.
pub type OtherBody = Pin<Box<dyn Body<Data = Bytes, Error = std::io::Error> + Send>>;

impl ResponseBody {
    fn of(inner: Inner) -> Self {
        Self { inner, place: None }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.inner {
            Inner::Whole(_) => "ResponseBody(whole)",
            Inner::Events(_) => "ResponseBody(events)",
            Inner::Other(_) => "ResponseBody(other)",
        })
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, std::io::Error>>> {
        let polled = match &mut self.inner {
            Inner::Whole(bytes) => Poll::Ready(
                bytes
                    .take()
                    .filter(|bytes| !bytes.is_empty())
                    .map(|bytes| Ok(Frame::data(bytes))),
            ),
            Inner::Events(body) => body.poll(task).map(|piece| Some(piece?.map(Frame::data))),
            Inner::Other(body) => body.as_mut().poll_frame(task),
        };
        if matches!(polled, Poll::Ready(None)) {
            self.place = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Inner::Events(body) => body.ended && body.out.is_empty() && body.broken.is_none(),
            Inner::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Inner::Events(_) => SizeHint::default(),
            Inner::Other(body) => body.size_hint(),
        }
    }
}

/// Most bytes gathered into one frame: a burst of events is one write, and memory stays bounded.
const MOST_GATHERED: usize = 16 * 1024;

/// How often the body gives way to itself before it hands over what it has.
///
/// hyper flushes whenever a body is pending, and its client hands over one chunk per wake: without this, a burst of events
/// costs one write each.
const GIVE_WAY: u8 = 2;

/// Events on their way to the client.
pub(crate) struct EventBody {
    state: State,
    reply: Box<dyn ReplyEncoder>,
    out: BytesMut,
    gave_way: u8,
    heartbeat: Option<(Duration, Pin<Box<tokio::time::Sleep>>)>,
    /// An error that the wire cannot tell.
    broken: Option<std::io::Error>,
    ended: bool,
}

enum State {
    Waiting(BoxFuture<'static, Result<Reply>>),
    Events(EventStream),
    Over,
}

impl EventBody {
    pub(crate) fn started(
        stream: EventStream,
        reply: Box<dyn ReplyEncoder>,
        heartbeat: Option<Duration>,
    ) -> Self {
        Self::of(State::Events(stream), reply, heartbeat)
    }

    /// A body for a call that has not answered yet; begins with a heartbeat.
    pub(crate) fn waiting(
        call: BoxFuture<'static, Result<Reply>>,
        mut reply: Box<dyn ReplyEncoder>,
        heartbeat: Duration,
    ) -> Self {
        let mut out = BytesMut::new();
        reply.heartbeat(&mut out);
        Self {
            out,
            ..Self::of(State::Waiting(call), reply, Some(heartbeat))
        }
    }

    fn of(state: State, reply: Box<dyn ReplyEncoder>, heartbeat: Option<Duration>) -> Self {
        let heartbeat = heartbeat.map(|interval| (interval, Box::pin(tokio::time::sleep(interval))));
        Self {
            state,
            reply,
            out: BytesMut::new(),
            gave_way: 0,
            heartbeat,
            broken: None,
            ended: false,
        }
    }

    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Option<std::io::Result<Bytes>>> {
        loop {
            if self.out.len() >= MOST_GATHERED || (self.ended && !self.out.is_empty()) {
                return Poll::Ready(Some(Ok(self.take())));
            }
            if self.ended {
                return Poll::Ready(self.broken.take().map(Err));
            }
            match self.poll_source(task) {
                // A burst goes on as long as something comes of giving way.
                Poll::Ready(()) => self.gave_way = 0,
                Poll::Pending if !self.out.is_empty() => {
                    if self.gave_way < GIVE_WAY {
                        self.gave_way += 1;
                        task.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    return Poll::Ready(Some(Ok(self.take())));
                }
                Poll::Pending => {
                    let Some((interval, sleep)) = &mut self.heartbeat else {
                        return Poll::Pending;
                    };
                    if sleep.as_mut().poll(task).is_pending() {
                        return Poll::Pending;
                    }
                    let next = tokio::time::Instant::now() + *interval;
                    sleep.as_mut().reset(next);
                    self.reply.heartbeat(&mut self.out);
                    self.gave_way = GIVE_WAY;
                }
            }
        }
    }

    /// Lets the source write one more event.
    fn poll_source(&mut self, task: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Over => {
                self.ended = true;
                Poll::Ready(())
            }
            State::Waiting(call) => {
                let Poll::Ready(reply) = call.as_mut().poll(task) else {
                    return Poll::Pending;
                };
                match reply.and_then(crate::service::streamed) {
                    Ok((_, stream)) => self.state = State::Events(stream),
                    Err(error) => self.fail(error),
                }
                Poll::Ready(())
            }
            State::Events(stream) => {
                let Poll::Ready(event) = Pin::new(stream).poll_next(task) else {
                    return Poll::Pending;
                };
                match event {
                    Some(Ok(event)) => self.reply.event(&event, &mut self.out),
                    Some(Err(error)) => self.fail(error),
                    None => self.state = State::Over,
                }
                Poll::Ready(())
            }
        }
    }

    fn fail(&mut self, error: Error) {
        self.state = State::Over;
        if self.reply.is_framed() {
            self.reply.stream_error(&error, &mut self.out);
        } else {
            self.broken = Some(std::io::Error::other(error));
        }
    }

    fn take(&mut self) -> Bytes {
        self.gave_way = 0;
        if let Some((interval, sleep)) = &mut self.heartbeat {
            let next = tokio::time::Instant::now() + *interval;
            sleep.as_mut().reset(next);
        }
        self.out.split().freeze()
    }
}
