//! Sends a call through a codec and a transport, and reads the reply up to its first content.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, LOCATION};
use router_core::context::TrailEntry;
use router_core::error::{RawReply, TimeoutKind};
use router_core::{
    Body, BoxFuture, Call, Capabilities, Error, ErrorKind, EventStream, Head, Output, Provider, ProviderId,
    Reply, Result, Secret, StreamEvent, Text, Warning,
};
use router_wire::message::request_id;
use router_wire::retry_after::retry_after;
use router_wire::vendor::VendorCodec;
use router_wire::{Codec, Encoded, FrameLimits, FrameLog, HttpRequest, HttpResponse, StreamReader};
use tokio::time::Instant;

use crate::auth::Auth;
use crate::builder::Builder;
use crate::events::Events;
use crate::job::{Done, Unfinished};
use crate::transport::{BodyStream, Transport, TransportRequest, TransportResponse};
use crate::urls::Urls;

/// A vendor over HTTP: a codec, an address, a key and a transport. Clones share everything.
pub struct HttpProvider<C> {
    pub(crate) codec: Arc<C>,
    pub(crate) base_url: String,
    pub(crate) urls: Urls,
    pub(crate) headers: HeaderMap,
    pub(crate) auth: Auth,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) limits: FrameLimits,
    pub(crate) max_response_bytes: usize,
    pub(crate) max_error_bytes: usize,
    pub(crate) job_timeout: Duration,
    pub(crate) skip_malformed: bool,
}

impl<C: VendorCodec> HttpProvider<C> {
    /// The vendor with a key, at its usual address.
    ///
    /// # Errors
    /// `Config` when the key cannot stand in a header, or no transport is compiled in.
    pub fn new(key: impl Into<Secret>) -> Result<Self> {
        Self::builder().api_key(key).build()
    }

    /// The vendor with key and address from its environment variables.
    ///
    /// # Errors
    /// `Config` naming the variable when the key is missing.
    pub fn from_env() -> Result<Self> {
        Self::builder().from_env().build()
    }

    /// Everything else that can be set.
    #[must_use]
    pub fn builder() -> Builder<C> {
        Builder::for_vendor()
    }
}

impl<C: Codec> HttpProvider<C> {
    /// A provider over a codec that was made before.
    #[must_use]
    pub fn builder_with(codec: C) -> Builder<C> {
        Builder::for_codec(codec)
    }

    /// The codec.
    #[must_use]
    pub fn codec(&self) -> &C {
        &self.codec
    }

    async fn reply(&self, call: &Call) -> Result<Reply> {
        call.operation.check(&self.codec.capabilities())?;
        let limits = self.codec.batch_limits(call);
        match limits.and_then(|limits| call.operation.batches(limits)) {
            Some(pieces) => Box::pin(self.batches(call, pieces)).await,
            None => self.one(call).await,
        }
    }

    /// The answer to a call that is one request.
    pub(crate) async fn one(&self, call: &Call) -> Result<Reply> {
        let Encoded {
            request,
            warnings,
            streams,
            continues,
            ..
        } = self.codec.encode(call)?;
        if !continues {
            call.operation.check_whole()?;
        }
        let answer = self.ask(call, self.request(request)).await?;
        if streams {
            return self.streamed(call, answer, warnings, None).await;
        }
        let response = self.whole(answer).await?;
        match self.job(call, response).await? {
            Done::Whole(response) => self.read(call, &response, warnings).await,
            Done::Streamed(answer, unfinished) => {
                self.streamed(call, answer, warnings, Some(unfinished)).await
            }
        }
    }

    /// What the reply of a stream holds, up to its first content.
    async fn streamed(
        &self,
        call: &Call,
        answer: Answer,
        warnings: Vec<Warning>,
        unfinished: Option<Unfinished>,
    ) -> Result<Reply> {
        let Answer {
            status,
            headers,
            body,
        } = answer;
        let mut head = self.head(call, RawReply::new(status, headers, Bytes::new()));
        let stream = self
            .stream(call, body, &warnings, unfinished)
            .committed()
            .await
            .map_err(|error| with_head(error, &head))?;
        head.warnings = warnings;
        let body = if call.is_stream() {
            Body::Stream(stream)
        } else {
            Body::Full(stream.into_output().await?)
        };
        Ok(Reply::new(head, body))
    }

    /// What a whole reply holds.
    async fn read(&self, call: &Call, response: &HttpResponse, warnings: Vec<Warning>) -> Result<Reply> {
        let mut head = self.head(call, response.raw());
        let output = self
            .codec
            .decode(call, response)
            .map_err(|error| with_head(error, &head))?;
        head.warnings = warnings;
        if call.is_stream() {
            self.replayed(head, output).await
        } else {
            Ok(Reply::new(head, Body::Full(output)))
        }
    }

    /// A whole answer where pieces were asked for.
    async fn replayed(&self, head: Head, output: Output) -> Result<Reply> {
        let mut events = router_core::replay::output_events(output);
        if let Some(StreamEvent::Start(start)) = events.first_mut() {
            start.warnings.clone_from(&head.warnings);
        }
        let stream = EventStream::from_events(events).committed().await?;
        Ok(Reply::new(head, Body::Stream(stream)))
    }

    pub(crate) fn head(&self, call: &Call, raw: RawReply) -> Head {
        let mut head = Head::default();
        head.provider = self.codec.provider().clone();
        head.model = call.model.clone();
        head.request_id = request_id(&raw.headers).map(Text::from);
        head.raw = Some(raw);
        head
    }

    /// A request of the codec's at the provider's address, with its headers.
    pub(crate) fn request(&self, request: HttpRequest) -> TransportRequest {
        let url = self.urls.of(&self.base_url, request.path);
        // Those of the wire win.
        let mut headers = request.headers;
        for (name, value) in &self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        TransportRequest::new(request.method, url, headers, request.body)
    }

    /// Sends a request, authenticated.
    ///
    /// # Errors
    /// That of the transport, and the vendor's for a status without success.
    pub(crate) async fn ask(&self, call: &Call, request: TransportRequest) -> Result<Answer> {
        let response = self.send(request).await?;
        self.succeeded(call, response).await
    }

    pub(crate) async fn succeeded(&self, call: &Call, response: TransportResponse) -> Result<Answer> {
        let TransportResponse {
            status,
            headers,
            body,
            ..
        } = response;
        let headers = Arc::new(headers);
        if !(200..300).contains(&status) {
            return Err(Box::pin(self.refused(call, status, headers, body)).await);
        }
        if let Some(coding) = coding(&headers) {
            let message = format!("the answer is compressed ({coding}), which nobody asked for");
            let raw = RawReply::new(status, headers, Bytes::new());
            return Err(Error::new(ErrorKind::Decode, message).with_raw(raw));
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// An answer, read to its end.
    pub(crate) async fn whole(&self, answer: Answer) -> Result<HttpResponse> {
        let bytes = read_whole(answer.body, self.max_response_bytes, false).await?;
        let mut response = HttpResponse::new(answer.status, answer.headers, bytes);
        response.received_at = Some(SystemTime::now());
        Ok(response)
    }

    /// Sends a request, authenticated; once more when the vendor refuses a token that can be renewed.
    pub(crate) async fn send(&self, mut request: TransportRequest) -> Result<TransportResponse> {
        let Auth::Custom(auth) = &self.auth else {
            return self.transport.send(request).await;
        };
        auth.authorize(&mut request).await?;
        let response = self.transport.send(request.clone()).await?;
        if response.status != 401 || !auth.renews(&request) {
            return Ok(response);
        }
        drop(response);
        auth.authorize(&mut request).await?;
        self.transport.send(request).await
    }

    fn stream(
        &self,
        call: &Call,
        body: BodyStream,
        warnings: &[Warning],
        unfinished: Option<Unfinished>,
    ) -> EventStream {
        let mut reader = StreamReader::new(self.codec.stream_decoder(call), self.limits);
        if let Some(log) = call.context.extension::<FrameLog>() {
            reader = reader.with_log(log.clone());
        }
        if self.skip_malformed {
            reader = reader.skipping_malformed();
        }
        let deadline = call.context.stream_deadline().map(Instant::from_std);
        EventStream::new(Events {
            reader,
            body: Some(body),
            ready: None,
            warnings: warnings.to_vec(),
            provider: self.codec.provider().clone(),
            model: call.model.clone(),
            deadline: deadline.map(|deadline| Box::pin(tokio::time::sleep_until(deadline))),
            unfinished,
            ended: false,
        })
    }

    async fn refused(&self, call: &Call, status: u16, headers: Arc<HeaderMap>, body: BodyStream) -> Error {
        if let (300..400, Some(place)) = (status, headers.get(LOCATION)) {
            // A key must not follow to another address, and a request with a body cannot follow safely.
            let place = place
                .to_str()
                .unwrap_or_default()
                .split('?')
                .next()
                .unwrap_or_default();
            let message = format!("the vendor redirects to {place}; is the base URL right?");
            let raw = RawReply::new(status, headers, Bytes::new());
            return Error::new(ErrorKind::Config, message).with_raw(raw);
        }
        // A body that breaks off still tells what it told; a compressed one tells nothing.
        let bytes = match coding(&headers) {
            Some(_) => Bytes::new(),
            None => read_whole(body, self.max_error_bytes, true)
                .await
                .unwrap_or_default(),
        };
        let mut response = HttpResponse::new(status, headers, bytes);
        response.received_at = Some(SystemTime::now());
        self.codec.error(call, &response)
    }
}

/// How a body is compressed. No request asks for compression, so that frames arrive when they are sent.
fn coding(headers: &HeaderMap) -> Option<&str> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then_some(coding)
}

/// A reply of success whose body is still to come.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Arc<HeaderMap>,
    pub(crate) body: BodyStream,
}

/// An error inside a reply of success, with what the head of the reply tells and the error does not.
pub(crate) fn with_head(mut error: Error, head: &Head) -> Error {
    if let (None, Some(id)) = (error.request_id(), &head.request_id) {
        error = error.with_request_id(id);
    }
    let Some(raw) = &head.raw else {
        return error;
    };
    if error.retry_after().is_none()
        && error.is_retryable()
        && let Some(wait) = retry_after(&raw.headers, SystemTime::now())
    {
        error = error.with_retry_after(wait);
    }
    match error.raw() {
        Some(_) => error,
        None => error.with_raw(raw.clone()),
    }
}

/// Reads a body to its end, or up to `limit`: beyond it, the rest is left where `cut` says so, and is an error otherwise.
async fn read_whole(mut body: BodyStream, limit: usize, cut: bool) -> Result<Bytes> {
    let mut only: Option<Bytes> = None;
    let mut all = BytesMut::new();
    while let Some(piece) = poll_fn(|task| body.as_mut().poll_next(task)).await {
        let mut piece = match piece {
            Ok(piece) => piece,
            Err(_) if cut => break,
            Err(error) => return Err(error),
        };
        let have = only.as_ref().map_or(all.len(), Bytes::len);
        if have + piece.len() > limit {
            if !cut {
                let message = format!("the answer is longer than {limit} bytes");
                return Err(Error::new(ErrorKind::Decode, message));
            }
            piece.truncate(limit - have);
        }
        match only.take() {
            None if all.is_empty() => only = Some(piece),
            None => all.extend_from_slice(&piece),
            Some(first) => {
                all.reserve(first.len() + piece.len());
                all.extend_from_slice(&first);
                all.extend_from_slice(&piece);
            }
        }
        if cut && only.as_ref().map_or(all.len(), Bytes::len) >= limit {
            break;
        }
    }
    // What comes in one piece lies in the connection's buffer, which answers that are kept would keep with them.
    Ok(only.map_or_else(|| all.freeze(), |piece| Bytes::copy_from_slice(&piece)))
}

impl<C: Codec> Provider for HttpProvider<C> {
    fn id(&self) -> &ProviderId {
        self.codec.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.codec.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let started = Instant::now();
            let reply = pin!(self.reply(call));
            let reply = match call.context.deadline() {
                None => reply.await,
                Some(deadline) => tokio::time::timeout_at(Instant::from_std(deadline), reply)
                    .await
                    .unwrap_or_else(|_| Err(past_deadline())),
            };
            call.context.trail().push(TrailEntry::Attempt {
                provider: self.codec.provider().clone(),
                model: call.model.clone(),
                started: started.into_std(),
                duration: started.elapsed(),
                error: reply.as_ref().err().map(Error::kind),
            });
            reply.map_err(|error| {
                error
                    .with_provider(self.codec.provider())
                    .with_model(&call.model)
                    .with_operation(call.operation.name())
            })
        })
    }
}

impl<C> Clone for HttpProvider<C> {
    fn clone(&self) -> Self {
        Self {
            codec: Arc::clone(&self.codec),
            base_url: self.base_url.clone(),
            urls: self.urls.clone(),
            headers: self.headers.clone(),
            auth: self.auth.clone(),
            transport: Arc::clone(&self.transport),
            ..*self
        }
    }
}

impl<C: Codec> fmt::Debug for HttpProvider<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProvider")
            .field("id", self.codec.provider())
            .field("base_url", &self.base_url.split('?').next().unwrap_or_default())
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

pub(crate) fn past_deadline() -> Error {
    Error::new(
        ErrorKind::Timeout(TimeoutKind::Deadline),
        "the call's deadline passed",
    )
}
