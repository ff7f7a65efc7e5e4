//! The server side of a wire: HTTP requests to calls, outputs and events to HTTP responses.

use bytes::BytesMut;
use http::Method;
use router_core::stream::{StreamFinish, StreamStart};
use router_core::{
    ChatResponse, Error, ErrorKind, FinishReason, Head, Mode, ModelId, Operation, Output, Result,
    StreamEvent, Text,
};

use crate::message::{HttpRequest, HttpResponse};

/// One endpoint of a wire as a server sees it, as pure functions.
pub trait ServerCodec: Send + Sync + 'static {
    /// A name for logs and metrics: `openai.chat`, `anthropic.messages`.
    fn name(&self) -> &'static str;

    /// Whether a request is for this endpoint. `path` is without query.
    fn matches(&self, method: &Method, path: &str) -> bool;

    /// Whether a request that matches is meant for this wire, where another wire has the same address: told by its headers.
    /// Endpoints are asked in order, and the first that claims a request gets it.
    fn claims(&self, request: &HttpRequest) -> bool {
        self.matches(&request.method, request.path_only())
    }

    /// Whether a client that sends this request speaks this wire, told by its headers or by how the path begins. Asked of requests
    /// that no endpoint claims, so that they are refused in a form that the client reads.
    fn is_spoken(&self, request: &HttpRequest) -> bool {
        let _ = request;
        false
    }

    /// What a request asks, and the writer of its reply.
    ///
    /// # Errors
    /// `InvalidRequest` naming the field, in the words of the wire; `NotFound` for an unknown address below the endpoint.
    fn decode(&self, request: &HttpRequest) -> Result<Ingress>;

    /// An error in the wire's own form, for requests that could not be decoded or were refused.
    fn error(&self, error: &Error) -> HttpResponse;

    /// The key that a request presents, by the headers and parameters of the wire.
    fn key<'a>(&self, request: &'a HttpRequest) -> Option<&'a str> {
        presented_key(request)
    }
}

/// What a request asks.
#[non_exhaustive]
pub struct Ingress {
    /// The model's name as the client wrote it: a route, `provider/model`, or a model.
    pub model: ModelId,
    /// What is asked.
    pub operation: Operation,
    /// What else is asked in the same request, of the same model. The answers are given as one: the choices of each behind
    /// those of the one before, `choices` of each.
    pub more: Vec<Operation>,
    /// How many choices each of several operations has.
    pub choices: u32,
    /// Whether the client wants a stream.
    pub mode: Mode,
    /// Writes the reply.
    pub reply: Box<dyn ReplyEncoder>,
}

impl std::fmt::Debug for Ingress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingress")
            .field("model", &self.model)
            .field("operation", &self.operation.name())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Ingress {
    /// What a request asks.
    #[must_use]
    pub fn new(model: ModelId, operation: Operation, mode: Mode, reply: impl ReplyEncoder + 'static) -> Self {
        Self {
            model,
            operation,
            more: Vec::new(),
            choices: 1,
            mode,
            reply: Box::new(reply),
        }
    }

    /// With more that is asked in the same request, and how many choices each answer has.
    #[must_use]
    pub fn with_more(mut self, more: Vec<Operation>, choices: u32) -> Self {
        self.more = more;
        self.choices = choices;
        self
    }
}

/// Writes the reply to one request; knows what the request asked of the reply's form.
pub trait ReplyEncoder: Send {
    /// A whole reply.
    ///
    /// # Errors
    /// `Unsupported` when the output cannot be expressed on this wire.
    fn full(&mut self, head: &Head, output: &Output) -> Result<HttpResponse>;

    /// Tells the beginning of a streamed reply before its head is written, where the provider tells it by then.
    fn begin(&mut self, start: &StreamStart) {
        let _ = start;
    }

    /// The head of a streamed reply, with an empty body.
    fn stream_head(&mut self, head: &Head) -> HttpResponse;

    /// Appends the bytes of an event. One event may give none, or several frames; `Finish` gives the terminal marker too.
    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut);

    /// Appends the wire's form of an error in the middle of a stream; nothing comes after it.
    fn stream_error(&mut self, error: &Error, out: &mut BytesMut);

    /// Whether the wire can tell an error in the middle of a stream, and that there is more to come. A sound file cannot:
    /// its connection is broken off instead.
    fn is_framed(&self) -> bool {
        true
    }

    /// Appends what keeps the connection alive and means nothing; nothing where the wire has no such thing.
    fn heartbeat(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(b": keep-alive\n\n");
    }
}

/// The error for choices of which the vendor ended one with a fault, such as a malformed call.
fn failed_end<'a>(ends: impl IntoIterator<Item = (&'a FinishReason, Option<&'a Text>)>) -> Option<Error> {
    let mut ends = ends.into_iter();
    let (_, raw) = ends.find(|(reason, _)| **reason == FinishReason::Error)?;
    let message = match raw {
        Some(raw) => format!("the vendor ended the answer with an error: {raw}"),
        None => "the vendor ended the answer with an error".to_owned(),
    };
    Some(Error::new(ErrorKind::Server, message))
}

/// Checks that no choice of an answer ended with an error, for a wire that has no word for such an end: any other would make half
/// an answer look whole.
///
/// # Errors
/// `Server` when a choice ended with an error.
pub fn check_end(answer: &ChatResponse) -> Result<()> {
    let ends = answer.choices.iter();
    failed_end(ends.map(|choice| (&choice.finish_reason, choice.finish_reason_raw.as_ref())))
        .map_or(Ok(()), Err)
}

/// As [`check_end`], for a stream: the error to write in place of its end.
#[must_use]
pub fn failed_finish(finish: &StreamFinish) -> Option<Error> {
    failed_end(
        finish
            .choices
            .iter()
            .map(|choice| (&choice.reason, choice.raw.as_ref())),
    )
}

/// The key that a request presents: `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key` or `?key=`.
#[must_use]
pub fn presented_key(request: &HttpRequest) -> Option<&str> {
    let bearer = request.header("authorization").and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    bearer
        .or_else(|| request.header("x-api-key"))
        .or_else(|| request.header("x-goog-api-key"))
        .or_else(|| request.header("api-key"))
        .or_else(|| request.query("key"))
}

/// The HTTP status that an error has towards a client: the vendor's own, or the one that stands for its kind.
#[must_use]
pub fn status_of(error: &Error) -> u16 {
    use router_core::ErrorKind as Kind;
    if let Some(status) = error.status().filter(|status| (400..600).contains(status)) {
        return status;
    }
    match error.kind() {
        Kind::Authentication => 401,
        Kind::PermissionDenied => 403,
        Kind::NotFound => 404,
        Kind::InvalidRequest | Kind::ContextLengthExceeded | Kind::ContentFiltered => 400,
        Kind::RateLimited | Kind::QuotaExceeded => 429,
        Kind::Overloaded => 503,
        Kind::Timeout(_) => 504,
        Kind::Unsupported => 400,
        Kind::Cancelled => 499,
        Kind::Transport | Kind::Decode | Kind::Truncated => 502,
        _ => 500,
    }
}
