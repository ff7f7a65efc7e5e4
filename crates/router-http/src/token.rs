//! Tokens that run out: had when first needed, shared by all requests, renewed before their end.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use router_core::{BoxFuture, Error, ErrorKind, Result, Secret};
use router_wire::lenient::Num;
use router_wire::message::percent_encoded;
use router_wire::object::Object;
use tokio::sync::Mutex as Gate;
use tokio::time::Instant;

use crate::auth::{Authorize, header};
use crate::transport::{Transport, TransportRequest};

/// How long before its end a token is renewed, for tokens that live long enough.
const EARLY: Duration = Duration::from_secs(300);
/// How long a token is used on after a renewal failed, before the next is tried.
const PAUSE: Duration = Duration::from_secs(10);
/// How long a token lives whose maker does not say.
const UNSAID: Duration = Duration::from_secs(300);
/// The longest life that is believed.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Most bytes of the answer to an exchange.
const MOST_BYTES: usize = 64 * 1024;

/// A token and how long it may be used.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Token {
    /// The token.
    pub value: Secret,
    /// How long it lives from now on.
    pub lifetime: Duration,
}

impl Token {
    /// A token that lives so long.
    #[must_use]
    pub fn new(value: impl Into<Secret>, lifetime: Duration) -> Self {
        Self {
            value: value.into(),
            lifetime,
        }
    }
}

/// Where tokens come from: an exchange of a key for a token.
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// A new token. Never runs twice at a time.
    ///
    /// # Errors
    /// `Authentication` when the key is refused; `Transport`, `Timeout` or `Server` when asking again may help.
    ///
    /// # Cancellation
    /// Dropped with the call that waits for it; another call that waits begins anew.
    fn fetch(&self) -> BoxFuture<'_, Result<Token>>;
}

/// Authenticates with `Authorization: Bearer` and the tokens of a source.
///
/// One token serves all requests. It is renewed five minutes before its end (a quarter of its life, for short ones): by one
/// request, while the others go on with the old one. When the renewal fails, the old one serves to its end. A token that the
/// vendor refuses with 401 is thrown away, and the request is sent once more with a new one.
pub struct TokenAuth<S> {
    source: S,
    state: Mutex<State>,
    gate: Gate<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The last failure, for those who waited for it.
    failed: Option<(Instant, ErrorKind, String)>,
}

#[derive(Clone)]
struct Held {
    header: HeaderValue,
    renew_at: Instant,
    ends_at: Instant,
}

impl<S: TokenSource> TokenAuth<S> {
    /// Tokens of a source; none is fetched yet.
    #[must_use]
    pub fn new(source: S) -> Self {
        Self {
            source,
            state: Mutex::default(),
            gate: Gate::new(()),
        }
    }

    /// The header for a request.
    async fn header(&self) -> Result<HeaderValue> {
        let asked = Instant::now();
        if let Some(held) = self.held() {
            if asked < held.renew_at {
                return Ok(held.header);
            }
            // One renews, the others go on.
            let Ok(_alone) = self.gate.try_lock() else {
                return Ok(held.header);
            };
            return match self.renew().await {
                Ok(header) => Ok(header),
                Err(_) => {
                    self.postpone();
                    Ok(held.header)
                }
            };
        }
        let _alone = self.gate.lock().await;
        if let Some(held) = self.held() {
            return Ok(held.header);
        }
        if let Some(error) = self.failed_since(asked) {
            return Err(error);
        }
        self.renew().await
    }

    fn held(&self) -> Option<Held> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.held.clone().filter(|held| Instant::now() < held.ends_at)
    }

    /// The error of a fetch that failed while a caller waited for it: it is theirs too.
    fn failed_since(&self, asked: Instant) -> Option<Error> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, kind, message) = state.failed.as_ref()?;
        (*at > asked).then(|| Error::new(*kind, message.as_str()))
    }

    fn postpone(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = &mut state.held {
            held.renew_at = Instant::now() + PAUSE;
        }
    }

    /// Fetches a token and keeps it. Called by who holds the gate.
    async fn renew(&self) -> Result<HeaderValue> {
        let fetched = self.source.fetch().await;
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(token) => {
                let header = header(&format!("Bearer {}", token.value.expose()))?;
                let lifetime = token.lifetime.min(LONGEST);
                let early = EARLY.min(lifetime / 4);
                state.failed = None;
                state.held = Some(Held {
                    header: header.clone(),
                    renew_at: now + lifetime - early,
                    ends_at: now + lifetime,
                });
                Ok(header)
            }
            Err(error) => {
                state.failed = Some((now, error.kind(), error.message().to_owned()));
                Err(error)
            }
        }
    }
}

impl<S: TokenSource> Authorize for TokenAuth<S> {
    fn authorize<'a>(&'a self, request: &'a mut TransportRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let header = self.header().await?;
            request.headers.insert(AUTHORIZATION, header);
            Ok(())
        })
    }

    fn renews(&self, refused: &TransportRequest) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let used = refused.headers.get(AUTHORIZATION);
        // Others may have been refused with the same token, and have had a new one since.
        if state.held.as_ref().map(|held| &held.header) == used {
            state.held = None;
        }
        true
    }
}

impl<S: TokenSource> fmt::Debug for TokenAuth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAuth")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

/// A form, as token endpoints take it.
#[must_use]
pub fn form(url: &str, fields: &[(&str, &str)]) -> TransportRequest {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent_encoded(value)));
    let body = fields.collect::<Vec<_>>().join("&");
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    let accepted = HeaderValue::from_static("application/json");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind), (ACCEPT, accepted)]);
    TransportRequest::new(Method::POST, url.to_owned(), headers, Bytes::from(body))
}

/// Sends a request to a token endpoint and reads its answer: `access_token` and `expires_in` (seconds), as OAuth 2.0 has them,
/// the metadata servers of clouds too.
///
/// # Errors
/// `Authentication` when the key is refused, in the endpoint's words; `Server` for another status; `Decode` for an answer
/// without a token; those of the transport.
pub async fn exchange(transport: &dyn Transport, request: TransportRequest) -> Result<Token> {
    let address = request.shown_url().to_owned();
    let mut response = transport.send(request).await?;
    let mut bytes = BytesMut::new();
    while let Some(piece) = poll_fn(|task| response.body.as_mut().poll_next(task)).await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > MOST_BYTES {
            let message = format!("the answer of {address} is longer than {MOST_BYTES} bytes");
            return Err(Error::new(ErrorKind::Decode, message));
        }
    }
    let mut fields = Object::parse(&bytes).unwrap_or_default();
    let mut text = |name: &str| fields.text(name).ok().flatten();
    if (200..300).contains(&response.status) {
        let Some(token) = text("access_token").filter(|token| !token.is_empty()) else {
            let message = format!("the answer of {address} holds no token");
            return Err(Error::new(ErrorKind::Decode, message));
        };
        let seconds = fields
            .read::<Num>("expires_in")
            .ok()
            .flatten()
            .and_then(Num::count);
        return Ok(Token::new(
            token.as_str(),
            seconds.map_or(UNSAID, Duration::from_secs),
        ));
    }
    // OAuth, IBM.
    let code = text("error").or_else(|| text("errorCode"));
    let said = text("error_description").or_else(|| text("errorMessage"));
    let message = match (&code, &said) {
        (Some(code), Some(said)) => format!("{address} gives no token: {code}: {said}"),
        (Some(word), None) | (None, Some(word)) => format!("{address} gives no token: {word}"),
        (None, None) => format!("{address} gives no token: status {}", response.status),
    };
    let kind = match response.status {
        400 | 401 | 403 => ErrorKind::Authentication,
        404 => ErrorKind::Config,
        429 => ErrorKind::RateLimited,
        _ => ErrorKind::Server,
    };
    let error = Error::new(kind, message).with_status(response.status);
    Err(match code {
        Some(code) => error.with_code(code),
        None => error,
    })
}
