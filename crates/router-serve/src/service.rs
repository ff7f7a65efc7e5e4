//! A request comes in, is decoded by the wire it is for, goes to the provider, and its answer goes out on the same wire.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderValue, Method};
use router_core::tokens::{EstimatingCounter, TokenCount, TokenCounter as _};
use router_core::{
    Body, BoxFuture, Call, Context, ConversationId, Error, ErrorKind, Mode, Operation, OperationKind, Output,
    Provider, Result, Secret, Text,
};
use router_wire::server::{Ingress, ServerCodec};
use router_wire::{HttpRequest, HttpResponse};

use crate::body::{EventBody, ServedResponse};
use crate::several;

/// How long a client waits for the first byte before the response is committed with a heartbeat.
const COMMIT_AFTER: Duration = Duration::from_secs(15);

/// Anything that answers HTTP requests; what a listener puts on a socket.
pub trait Serve: Clone + Send + Sync + 'static {
    /// Answers a request.
    fn serve(&self, request: HttpRequest) -> BoxFuture<'_, ServedResponse>;
}

impl Serve for Service {
    fn serve(&self, request: HttpRequest) -> BoxFuture<'_, ServedResponse> {
        Box::pin(self.respond(request))
    }
}

/// Says that a count was estimated and not asked of a vendor.
const ESTIMATED: HeaderName = HeaderName::from_static("x-llm-router-estimated");

/// Names the conversation that a request goes on with.
const CONVERSATION: HeaderName = HeaderName::from_static("x-llm-router-conversation");
/// Most characters of such a name.
const MOST_ID: usize = 200;

/// Who asks, and what for.
struct Asker<'a> {
    request: &'a str,
    caller: Option<Text>,
    conversation: Option<ConversationId>,
}

impl Asker<'_> {
    /// A context for one call.
    fn context(&self) -> Context {
        let mut context = Context::new().with_request_id(self.request);
        if let Some(caller) = &self.caller {
            context = context.with_caller(caller.clone());
        }
        if let Some(conversation) = &self.conversation {
            context = context.with_extension(conversation.clone());
        }
        context
    }
}

/// Serves a provider over every wire. Clones share everything.
#[derive(Clone)]
pub struct Service {
    provider: Arc<dyn Provider>,
    endpoints: Arc<Vec<Box<dyn ServerCodec>>>,
    keys: Arc<Keys>,
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

/// Which keys callers may present, and by which name each is a caller. Limits and caches tell callers apart by it.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<(Text, Secret)>);

/// Who presents a key.
enum Who {
    /// Nobody needs one.
    Anybody,
    Caller(Text),
    Stranger,
}

impl Keys {
    /// Callers need no key.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Callers need one of these. Each is a caller of its own, under a name that is made of the key and does not give it away.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = Secret>) -> Self {
        let keys = keys.into_iter().map(|key| {
            let mut hasher = DefaultHasher::new();
            key.expose().hash(&mut hasher);
            (Text::from(format!("key-{:08x}", hasher.finish() as u32)), key)
        });
        Self::named(keys)
    }

    /// Callers need one of these, and go by the name beside it.
    #[must_use]
    pub fn named(keys: impl IntoIterator<Item = (Text, Secret)>) -> Self {
        Self(keys.into_iter().filter(|(_, key)| !key.is_blank()).collect())
    }

    /// Callers need one of these or one of those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether a presented key is one of them. All are compared, so that time tells nothing.
    #[must_use]
    pub fn accept(&self, presented: Option<&str>) -> bool {
        !matches!(self.who(presented), Who::Stranger)
    }

    fn who(&self, presented: Option<&str>) -> Who {
        if self.0.is_empty() {
            return Who::Anybody;
        }
        let presented = presented.unwrap_or_default();
        let found = self.0.iter().fold(
            None,
            |found, (name, key)| {
                if key.matches(presented) { Some(name) } else { found }
            },
        );
        found.cloned().map_or(Who::Stranger, Who::Caller)
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
        let id = request_id();
        let mut served = self.answer(&request, &id).await;
        if let Ok(value) = HeaderValue::from_str(&id) {
            // Both names: OpenAI's clients read one, Anthropic's the other.
            served
                .headers_mut()
                .insert(HeaderName::from_static("x-request-id"), value.clone());
            served
                .headers_mut()
                .insert(HeaderName::from_static("request-id"), value);
        }
        served
    }

    async fn answer(&self, request: &HttpRequest, id: &str) -> ServedResponse {
        let path = request.path_only();
        if path == "/health" || path == "/healthz" {
            return ServedResponse::whole(HttpResponse::json(200, r#"{"status":"ok"}"#));
        }
        let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.claims(request)) else {
            return ServedResponse::whole(self.no_endpoint(&request.method, path));
        };
        let caller = match self.keys.who(endpoint.key(request)) {
            Who::Anybody => None,
            Who::Caller(name) => Some(name),
            Who::Stranger => {
                let error = Error::new(ErrorKind::Authentication, "Incorrect API key provided")
                    .with_code("invalid_api_key");
                return ServedResponse::whole(endpoint.error(&error.with_status(401)));
            }
        };
        let decoded = self
            .conversation(request)
            .and_then(|conversation| Ok((endpoint.decode(request)?, conversation)));
        match decoded {
            Err(error) => ServedResponse::whole(endpoint.error(&error)),
            Ok((ingress, conversation)) => {
                let asker = Asker {
                    request: id,
                    caller,
                    conversation,
                };
                self.call(endpoint.as_ref(), ingress, &asker).await
            }
        }
    }

    /// The conversation that a caller names.
    fn conversation(&self, request: &HttpRequest) -> Result<Option<ConversationId>> {
        let Some(id) = request.headers.get(CONVERSATION) else {
            return Ok(None);
        };
        let wrong = |why: &str| Error::new(ErrorKind::InvalidRequest, format!("{CONVERSATION}: {why}"));
        if !self.conversations {
            return Err(wrong("no conversations are kept here"));
        }
        match id.to_str() {
            Ok(id) if !id.is_empty() && id.len() <= MOST_ID => Ok(Some(ConversationId::new(id))),
            _ => Err(wrong("an id is 1 to 200 visible characters")),
        }
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

    fn no_endpoint(&self, method: &Method, path: &str) -> HttpResponse {
        let known = [Method::POST, Method::GET].iter().find(|other| {
            *other != method
                && self
                    .endpoints
                    .iter()
                    .any(|endpoint| endpoint.matches(other, path))
        });
        let (status, message) = match known {
            Some(right) => (405, format!("{path} takes {right}, not {method}")),
            None => (404, format!("there is nothing at {path}")),
        };
        let body = format!(
            r#"{{"error":{{"message":{},"type":"invalid_request_error","param":null,"code":"unknown_url"}}}}"#,
            router_core::Json::of(&message).map_or_else(|_| "null".to_owned(), |json| json.to_string()),
        );
        HttpResponse::json(status, body)
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

/// An upstream's error in the wire's form. Its own key being wrong is not the caller's doing: that is a 502 to the caller.
fn passed_on(endpoint: &dyn ServerCodec, error: &Error) -> HttpResponse {
    let mut response = endpoint.error(error);
    let wait = error.retry_after().map(whole_seconds);
    let wait = wait.or_else(|| matches!(response.status, 429 | 503).then_some(1));
    if let Some(wait) = wait {
        response = response.with_header(http::header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// A wait in whole seconds, at least one: rounded up, since who comes too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    let part = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(part).max(1)
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

/// The endpoints of all wires that are compiled in.
fn endpoints() -> Vec<Box<dyn ServerCodec>> {
    let mut endpoints: Vec<Box<dyn ServerCodec>> = Vec::new();
    #[cfg(feature = "anthropic")]
    endpoints.extend(router_wire_anthropic::endpoints());
    #[cfg(feature = "bedrock")]
    endpoints.extend(router_bedrock::endpoints());
    #[cfg(feature = "gemini")]
    endpoints.extend(router_wire_gemini::endpoints());
    #[cfg(feature = "ollama")]
    endpoints.extend(router_ollama::endpoints());
    // In front of OpenAI's family, which has endpoints at some of the same addresses.
    #[cfg(feature = "cohere")]
    endpoints.extend(router_cohere::endpoints());
    #[cfg(feature = "aliyun")]
    endpoints.extend(router_aliyun::endpoints());
    #[cfg(feature = "mistral")]
    endpoints.extend(router_mistral::endpoints());
    #[cfg(feature = "openai")]
    endpoints.extend(router_wire_openai::endpoints());
    endpoints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (9300, 10), (10_000, 10)] {
            assert_eq!(
                whole_seconds(Duration::from_millis(millis)),
                seconds,
                "{millis} ms"
            );
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
