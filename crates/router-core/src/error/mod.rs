//! The one error: what went wrong, where, whether to try again and when.

mod kind;
mod raw;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use kind::{ErrorKind, TimeoutKind};
pub use raw::RawReply;

use crate::chat::Usage;
use crate::context::Trail;
use crate::model::{ModelId, ProviderId};
use crate::secret::mask_secrets;
use crate::text::Text;

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Most characters of a message that `Display` shows.
const SHOWN_MESSAGE_CHARS: usize = 300;

/// What went wrong with a call.
///
/// `Display` is one line with the vendor's message cut at 300 characters and keys masked; `Debug` is a report with the
/// same care. The whole message is [`Error::message`], the whole reply [`Error::raw`].
pub struct Error(Box<Inner>);

/// The error without its looks; `thiserror` gives it source and `std::error::Error`.
#[derive(thiserror::Error)]
#[error("{kind}: {message}")]
struct Inner {
    kind: ErrorKind,
    message: Text,
    provider: Option<ProviderId>,
    model: Option<ModelId>,
    operation: Option<&'static str>,
    status: Option<u16>,
    code: Option<Text>,
    request_id: Option<Text>,
    retry_after: Option<Duration>,
    retryable: Option<bool>,
    unsent: bool,
    usage: Option<Usage>,
    raw: Option<RawReply>,
    trail: Option<Trail>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.0)
    }
}

impl Error {
    /// An error of a kind, with one sentence of what happened.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Text>) -> Self {
        Self::of(kind, message.into())
    }

    /// In a program once, and not wherever an error is made.
    #[cold]
    #[inline(never)]
    fn of(kind: ErrorKind, message: Text) -> Self {
        Self(Box::new(Inner {
            kind,
            message,
            provider: None,
            model: None,
            operation: None,
            status: None,
            code: None,
            request_id: None,
            retry_after: None,
            retryable: None,
            unsent: false,
            usage: None,
            raw: None,
            trail: None,
            source: None,
        }))
    }

    /// An operation or setting that a provider does not have.
    #[must_use]
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{what} is not supported"))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The vendor's message, or ours where the vendor has no part in it. Whole and unmasked: treat it as content.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The provider that was called.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderId> {
        self.0.provider.as_ref()
    }

    /// The model that was called.
    #[must_use]
    pub fn model(&self) -> Option<&ModelId> {
        self.0.model.as_ref()
    }

    /// The operation's name.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// HTTP status of the reply.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The vendor's most specific machine-readable word.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The vendor's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the vendor asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether trying the same call again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable.unwrap_or_else(|| self.0.kind.is_retryable())
    }

    /// Tokens that the vendor counted before the answer failed: they may be billed all the same.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        self.0.usage.as_ref()
    }

    /// The reply as it came, when there was one.
    #[must_use]
    pub fn raw(&self) -> Option<&RawReply> {
        self.0.raw.as_ref()
    }

    /// What happened on the way.
    #[must_use]
    pub fn trail(&self) -> Option<&Trail> {
        self.0.trail.as_ref()
    }

    /// With another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// With the provider, unless one is named already: the innermost knows best.
    #[must_use]
    pub fn with_provider(mut self, provider: &ProviderId) -> Self {
        self.0.provider.get_or_insert_with(|| provider.clone());
        self
    }

    /// With the model, unless one is named already.
    #[must_use]
    pub fn with_model(mut self, model: &ModelId) -> Self {
        self.0.model.get_or_insert_with(|| model.clone());
        self
    }

    /// With the operation's name, unless one is named already.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// With the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// With the vendor's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Text>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// With the vendor's request id.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<Text>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// With the wait that the vendor asks for; `None` when somebody else can be asked at once.
    #[must_use]
    pub fn with_retry_after(mut self, wait: impl Into<Option<Duration>>) -> Self {
        self.0.retry_after = wait.into();
        self
    }

    /// Whether it was refused on this side and no vendor was asked: then it is no attempt.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.0.unsent
    }

    /// Refused on this side, without asking a vendor.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.0.unsent = true;
        self
    }

    /// Saying whether to try again, against what the kind would say.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }

    /// With the tokens that were counted before the answer failed.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.0.usage = Some(usage);
        self
    }

    /// With the reply as it came.
    #[must_use]
    pub fn with_raw(mut self, raw: RawReply) -> Self {
        // The status of a reply of success is none of an error.
        if self.0.status.is_none() && !(200..300).contains(&raw.status) {
            self.0.status = Some(raw.status);
        }
        self.0.raw = Some(raw);
        self
    }

    /// With what happened on the way.
    #[must_use]
    pub fn with_trail(mut self, trail: Trail) -> Self {
        self.0.trail = Some(trail);
        self
    }

    /// With the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same error for another receiver (followers of one flight, a cached failure). Shares the reply and the cause;
    /// the trail is not taken along, since it tells of one call.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            kind: inner.kind,
            message: inner.message.clone(),
            provider: inner.provider.clone(),
            model: inner.model.clone(),
            operation: inner.operation,
            status: inner.status,
            code: inner.code.clone(),
            request_id: inner.request_id.clone(),
            retry_after: inner.retry_after,
            retryable: inner.retryable,
            unsent: inner.unsent,
            usage: inner.usage.clone(),
            raw: inner.raw.clone(),
            trail: None,
            source: inner.source.clone(),
        }))
    }

    /// The message as `Display` shows it: one line, at most 300 characters, keys masked. What is wrong with settings is told whole:
    /// no vendor says it, and at its end stands what there is instead.
    #[must_use]
    pub fn shown_message(&self) -> String {
        let line: String = self.0.message.split_whitespace().collect::<Vec<_>>().join(" ");
        let masked = mask_secrets(&line);
        if self.0.kind == ErrorKind::Config {
            return masked.into_owned();
        }
        match masked.char_indices().nth(SHOWN_MESSAGE_CHARS) {
            Some((cut, _)) => format!("{}…", &masked[..cut]),
            None => masked.into_owned(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "{}", inner.kind)?;
        match (&inner.provider, &inner.model) {
            (Some(provider), Some(model)) => write!(f, " from {provider}/{}", mask_secrets(model.as_str()))?,
            (Some(provider), None) => write!(f, " from {provider}")?,
            (None, Some(model)) => write!(f, " from model {}", mask_secrets(model.as_str()))?,
            (None, None) => {}
        }
        let mut details = Vec::new();
        details.extend(inner.status.map(|status| format!("HTTP {status}")));
        details.extend(
            inner
                .code
                .as_ref()
                .map(|code| format!("code {}", mask_secrets(code))),
        );
        details.extend(
            inner
                .request_id
                .as_ref()
                .map(|id| format!("request {}", mask_secrets(id))),
        );
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if !inner.message.is_empty() {
            write!(f, ": {}", self.shown_message())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut report = f.debug_struct("Error");
        report
            .field("kind", &inner.kind)
            .field("message", &self.shown_message());
        if let Some(provider) = &inner.provider {
            report.field("provider", provider);
        }
        if let Some(model) = &inner.model {
            report.field("model", &mask_secrets(model.as_str()));
        }
        if let Some(operation) = inner.operation {
            report.field("operation", &operation);
        }
        if let Some(status) = inner.status {
            report.field("status", &status);
        }
        if let Some(code) = &inner.code {
            report.field("code", &mask_secrets(code));
        }
        if let Some(id) = &inner.request_id {
            report.field("request_id", &mask_secrets(id));
        }
        if let Some(wait) = inner.retry_after {
            report.field("retry_after", &wait);
        }
        report.field("retryable", &self.is_retryable());
        if let Some(trail) = &inner.trail {
            report.field("trail", trail);
        }
        if let Some(source) = &inner.source {
            report.field("source", &mask_secrets(&source.to_string()));
        }
        report.finish_non_exhaustive()
    }
}
