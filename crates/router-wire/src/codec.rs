//! The client side of a wire: calls to HTTP requests, replies to outputs, frames to events.

use std::collections::VecDeque;
use std::sync::Arc;

use router_core::{
    BatchLimits, Call, Capabilities, Error, ErrorKind, Output, ProviderId, Result, StreamEvent, Text, Warning,
};
use serde::Serialize;

use crate::framing::{Frame, Framing};
use crate::message::{HttpRequest, HttpResponse};
use crate::pending::Pending;

/// Events that a decoder gives, in order.
pub type Events = VecDeque<StreamEvent>;

/// The client side of a vendor's wire, as pure functions: no sockets, no clock, no state.
///
/// One codec joins all operations of a vendor and tells them apart by [`Call::operation`]; an operation it does not have
/// is [`Error::unsupported`].
pub trait Codec: Send + Sync + 'static {
    /// The provider it speaks for. Signatures and opaque parts of the answers bear this id.
    fn provider(&self) -> &ProviderId;

    /// What the vendor can do over this wire.
    fn capabilities(&self) -> Arc<Capabilities>;

    /// The call as a request.
    ///
    /// # Errors
    /// `Unsupported` for an operation or content that the wire does not have, `InvalidRequest` for what the vendor is
    /// known to refuse. Settings that are merely not honoured become warnings, or `Unsupported` when the call is strict.
    fn encode(&self, call: &Call) -> Result<Encoded>;

    /// The most that one request takes of what the call asks for: a call with more goes out as several requests, and is answered
    /// as one. `None` where no limit is known, or pieces would not be the same.
    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        let _ = call;
        None
    }

    /// What to ask next where a whole reply of success is not the answer yet: a job that the vendor works at. `before` is what
    /// this reply answers, when it is not the first.
    ///
    /// # Errors
    /// The vendor's error, for a job that failed.
    fn pending(
        &self,
        call: &Call,
        response: &HttpResponse,
        before: Option<&Pending>,
    ) -> Result<Option<Pending>> {
        let _ = (call, response, before);
        Ok(None)
    }

    /// The output in a whole reply with a status of success.
    ///
    /// # Errors
    /// `Decode` for what cannot be read, and the vendor's error where a reply of success holds one.
    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output>;

    /// A decoder for the frames of a streamed reply, and how the reply is cut into frames.
    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>);

    /// The error in a reply without a status of success.
    fn error(&self, call: &Call, response: &HttpResponse) -> Error;
}

/// A call as a request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Encoded {
    /// The request, without authentication.
    pub request: HttpRequest,
    /// Settings that were dropped or changed.
    pub warnings: Vec<Warning>,
    /// Whether the reply is streamed. Differs from the call's mode where a vendor streams always or never; whoever sends
    /// the request gathers or replays the answer then.
    pub streams: bool,
    /// Whether the request names what it continues at the vendor, such as an earlier response. A call that continues something
    /// is refused where its request does not: its answer would be to half a conversation.
    pub continues: bool,
}

impl Encoded {
    /// A request that is answered in the call's mode.
    #[must_use]
    pub fn new(call: &Call, request: HttpRequest, warnings: Vec<Warning>) -> Self {
        Self {
            request,
            warnings,
            streams: call.is_stream(),
            continues: false,
        }
    }

    /// A `POST` of JSON that is answered in the call's mode.
    ///
    /// # Errors
    /// `InvalidRequest` for what is no JSON.
    pub fn post(
        call: &Call,
        path: impl Into<Text>,
        body: &impl Serialize,
        warnings: Vec<Warning>,
    ) -> Result<Self> {
        let request = HttpRequest::post_json(path, json(body)?);
        Ok(Self::new(call, request, warnings))
    }

    /// A `POST` of JSON that is answered whole, whatever the call's mode.
    ///
    /// # Errors
    /// As [`Encoded::post`].
    pub fn post_whole(path: impl Into<Text>, body: &impl Serialize, warnings: Vec<Warning>) -> Result<Self> {
        Ok(Self::whole(HttpRequest::post_json(path, json(body)?), warnings))
    }

    /// A request that is answered whole, whatever the call's mode.
    #[must_use]
    pub fn whole(request: HttpRequest, warnings: Vec<Warning>) -> Self {
        Self {
            request,
            warnings,
            streams: false,
            continues: false,
        }
    }

    /// With the names of what the call continues at the vendor.
    #[must_use]
    pub fn continuing(mut self) -> Self {
        self.continues = true;
        self
    }
}

fn json(body: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(body).map_err(|error| {
        let message = format!("request is not representable: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })
}

/// Turns the frames of one reply into events.
pub trait StreamDecoder: Send {
    /// Reads a frame. After it has given `Finish` it is not called again.
    ///
    /// # Errors
    /// `Decode` for a frame that cannot be read, and the vendor's error where the frame holds one.
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()>;

    /// The input is over: gives `Finish` if the answer was complete.
    ///
    /// # Errors
    /// `Truncated` when the terminal marker of the wire is missing.
    fn finish(&mut self, events: &mut Events) -> Result<()>;
}

/// The decoder of a wire that streams nothing: whatever comes is an error.
#[derive(Clone, Copy, Debug)]
pub struct NoStreams;

impl StreamDecoder for NoStreams {
    fn decode(&mut self, _frame: &Frame, _events: &mut Events) -> Result<()> {
        Err(Error::unsupported("streams at this vendor"))
    }

    fn finish(&mut self, _events: &mut Events) -> Result<()> {
        Err(Error::unsupported("streams at this vendor"))
    }
}
