//! A request comes in, is decoded by the wire it is for, goes to the provider, and its answer goes out on the same wire.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use http::header::HeaderName;
use router_core::tokens::{EstimatingCounter, TokenCount, TokenCounter as _};
use router_core::{
    Body, BoxFuture, Call, Error, ErrorKind, Mode, Operation, OperationKind, Output, Provider, Result, Text,
};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use crate::admission::{Admission, Place};
use crate::asker::{Asker, conversation};
use crate::body::{EventBody, ServedResponse};
use crate::endpoints::{endpoint_of, endpoints, no_endpoint, refused, without_name};
use crate::error::passed_on;
use crate::keys::{Keys, Who};
use crate::several;

/// How long a client waits for the first byte before the response is committed with a heartbeat.
const COMMIT_AFTER: Duration = Duration::from_secs(15);

/// Says that a count was estimated and not asked of a vendor.
const ESTIMATED: HeaderName = HeaderName::from_static("x-llm-router-estimated");

/// Anything that answers HTTP requests; what a listener puts on a socket.
pub trait Serve: Clone + Send + Sync + 'static {
    /// What is known of a request that was let in.
    type Admitted: Send;

    /// Lets a request in by its head, before its body is read.
    ///
    /// # Errors
    /// The answer to one that goes no further. Its body is wanted by nobody.
    #[expect(clippy::result_large_err, reason = "it is written to a socket at once")]
    fn admit(&self, head: &HttpRequest) -> std::result::Result<Self::Admitted, ServedResponse>;

    /// Answers a request that was let in.
    fn serve(&self, request: HttpRequest, admitted: Self::Admitted) -> BoxFuture<'_, ServedResponse>;

    /// The answer to a request that was let in and whose body is refused, in the form that its client reads.
    fn refuse(&self, head: &HttpRequest, error: &Error) -> ServedResponse;
}

impl Serve for Service {
    type Admitted = Admitted;

    fn admit(&self, head: &HttpRequest) -> std::result::Result<Admitted, ServedResponse> {
        let id = request_id();
        let let_in = self.let_in(head);
        let (endpoint, caller, place) =
            let_in.map_err(|refused| named(ServedResponse::whole(refused), &id))?;
        Ok(Admitted {
            id,
            endpoint,
            caller,
            place,
        })
    }

    fn serve(&self, request: HttpRequest, admitted: Admitted) -> BoxFuture<'_, ServedResponse> {
        Box::pin(self.respond_to(request, admitted))
    }

    fn refuse(&self, head: &HttpRequest, error: &Error) -> ServedResponse {
        named(
            ServedResponse::whole(refused(&self.endpoints, head, error)),
            &request_id(),
        )
    }
}

/// A request that was let in: who asks, on which wire. It has a place until its answer has gone out, or this is dropped.
#[derive(Debug)]
pub struct Admitted {
    id: String,
    endpoint: usize,
    caller: Option<Text>,
    place: Place,
}

/// Serves a provider over every wire. Clones share everything.
#[derive(Clone)]
pub struct Service {
    provider: Arc<dyn Provider>,
    endpoints: Arc<Vec<Box<dyn ServerCodec>>>,
    keys: Arc<Keys>,
    admission: Admission,
    heartbeat: Option<Duration>,
    conversations: bool,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.endpoints.iter().map(|endpoint| endpoint.name()).collect();
        f.debug_struct("Service")
            .field("provider", self.provider.id())
            .field("endpoints", &names)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Serves a provider on all wires that are compiled in, to callers without keys.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: Arc::new(provider),
            endpoints: Arc::new(endpoints()),
            keys: Arc::default(),
            admission: Admission::default(),
            heartbeat: Some(COMMIT_AFTER),
            conversations: false,
        }
    }

    /// With keys that callers must present.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = Arc::new(keys);
        self
    }

    /// With room for so many requests at once, from their heads to the ends of their answers. Further ones are refused at once,
    /// with status 503 and the time to wait.
    #[must_use]
    pub fn with_max_in_flight(mut self, most: usize) -> Self {
        self.admission = Admission::of(most);
        self
    }

    /// How many requests are under way, on all clones.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.admission.under_way()
    }

    /// With another wait before a stream is committed with a heartbeat, which is also the interval between heartbeats;
    /// `None` turns them off.
    #[must_use]
    pub fn with_heartbeat(mut self, interval: Option<Duration>) -> Self {
        self.heartbeat = interval;
        self
    }

    /// Letting callers name a conversation, in the header `x-llm-router-conversation`, for a provider that remembers. Without it
    /// such a request is refused, since it would be answered without its history.
    #[must_use]
    pub fn with_conversations(mut self, remembered: bool) -> Self {
        self.conversations = remembered;
        self
    }

    /// Answers a request. Dropping the future or the body ends the call.
    pub async fn respond(&self, request: HttpRequest) -> ServedResponse {
        match self.admit(&request) {
            Ok(admitted) => self.respond_to(request, admitted).await,
            Err(refused) => refused,
        }
    }

    /// The endpoint, the caller and the place of a request, by its head.
    fn let_in(&self, head: &HttpRequest) -> std::result::Result<(usize, Option<Text>, Place), HttpResponse> {
        let path = head.path_only();
        if path == "/health" || path == "/healthz" {
            return Err(HttpResponse::json(200, r#"{"status":"ok"}"#));
        }
        let found = endpoint_of(&self.endpoints, head);
        let found = found.and_then(|number| Some((number, self.endpoints.get(number)?)));
        let Some((number, endpoint)) = found else {
            return Err(no_endpoint(&self.endpoints, head));
        };
        let caller = match self.keys.who(endpoint.key(head)) {
            Who::Anybody => None,
            Who::Caller(name) => Some(name),
            Who::Stranger => {
                let error = Error::new(ErrorKind::Authentication, "Incorrect API key provided")
                    .with_code("invalid_api_key");
                return Err(endpoint.error(&error.with_status(401)));
            }
        };
        let place = self.admission.enter();
        let place = place.map_err(|full| passed_on(endpoint.as_ref(), &full))?;
        Ok((number, caller, place))
    }

    async fn respond_to(&self, request: HttpRequest, admitted: Admitted) -> ServedResponse {
        let Admitted {
            id,
            endpoint,
            caller,
            place,
        } = admitted;
        // It is one of this service's own.
        let Some(endpoint) = self.endpoints.get(endpoint) else {
            return ServedResponse::whole(no_endpoint(&self.endpoints, &request));
        };
        let request = without_name(endpoint.as_ref(), request);
        let decoded = conversation(&request, self.conversations)
            .and_then(|conversation| Ok((endpoint.decode(&request)?, conversation)));
        // What was asked is in the call now; a long answer need not hold its bytes.
        drop(request);
        let served = match decoded {
            Err(error) => ServedResponse::whole(endpoint.error(&error)),
            Ok((ingress, conversation)) => {
                let asker = Asker {
                    request: &id,
                    caller,
                    conversation,
                };
                self.call(endpoint.as_ref(), ingress, &asker).await
            }
        };
        named(served, &id).in_place(place)
    }

    async fn call(&self, endpoint: &dyn ServerCodec, ingress: Ingress, asker: &Asker<'_>) -> ServedResponse {
        let Ingress {
            model,
            operation,
            more,
            choices,
            mode,
            mut reply,
            ..
        } = ingress;
        let asked = |operation: Operation| {
            let mut call = Call::new(model.clone(), operation).with_context(asker.context());
            call.mode = mode;
            call
        };
        let call = asked(operation);
        let more: Vec<Call> = more.into_iter().map(asked).collect();
        let estimated = self.estimated(&call);
        let waiting = several::answer(Arc::clone(&self.provider), call, more, choices);
        if mode == Mode::Full {
            let full = async {
                if let Some(count) = estimated {
                    let response = reply.full(&router_core::Head::default(), &Output::CountTokens(count))?;
                    return Ok(response.with_header(ESTIMATED, HeaderValue::from_static("true")));
                }
                let answer = waiting.await?;
                let head = answer.head.clone();
                reply.full(&head, &answer.into_output().await?)
            };
            return match full.await {
                Ok(response) => ServedResponse::whole(response),
                Err(error) => ServedResponse::whole(passed_on(endpoint, &error)),
            };
        }
        // A sound file holds no heartbeats.
        let heartbeat = self.heartbeat.filter(|_| reply.is_framed());
        let mut waiting = Box::pin(waiting);
        let first = match heartbeat {
            None => waiting.as_mut().await,
            Some(wait) => match tokio::time::timeout(wait, waiting.as_mut()).await {
                Ok(first) => first,
                // The client would give up without a sign of life: commit to 200, later errors go in-band.
                Err(_) => {
                    let response = reply.stream_head(&router_core::Head::default());
                    return ServedResponse::streamed(&response, EventBody::waiting(waiting, reply, wait));
                }
            },
        };
        match first.and_then(streamed) {
            Err(error) => ServedResponse::whole(passed_on(endpoint, &error)),
            Ok((head, stream)) => {
                if let Some(start) = stream.start() {
                    reply.begin(start);
                }
                let response = reply.stream_head(&head);
                ServedResponse::streamed(&response, EventBody::started(stream, reply, heartbeat))
            }
        }
    }

    /// A token count for a provider that has none to ask for, marked as estimated in the response's headers.
    fn estimated(&self, call: &Call) -> Option<TokenCount> {
        match &call.operation {
            Operation::CountTokens(request)
                if !self.provider.capabilities().has(OperationKind::CountTokens) =>
            {
                Some(TokenCount::new(
                    EstimatingCounter.count_chat(&call.model, &request.chat),
                ))
            }
            _ => None,
        }
    }
}

/// The head and the events of a reply, whole answers replayed.
pub(crate) fn streamed(reply: router_core::Reply) -> Result<(router_core::Head, router_core::EventStream)> {
    let stream = match reply.body {
        Body::Stream(stream) => stream,
        Body::Full(output) => {
            router_core::EventStream::from_events(router_core::replay::output_events(output))
        }
    };
    Ok((reply.head, stream))
}

/// A response that tells the id of its request.
fn named(mut response: ServedResponse, id: &str) -> ServedResponse {
    if let Ok(value) = HeaderValue::from_str(id) {
        // Both names: OpenAI's clients read one, Anthropic's the other.
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("x-request-id"), value.clone());
        headers.insert(HeaderName::from_static("request-id"), value);
    }
    response
}

/// An id of our own for a request: unique in this process, and likely beyond.
fn request_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!(
        "req_{:012x}{:06x}",
        since.as_micros() as u64 & 0xFFFF_FFFF_FFFF,
        count & 0xFF_FFFF
    )
}
