//! Signs short-lived tokens with a key of the form `id.secret`, as the vendor's older SDKs do.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use router_core::{BoxFuture, Error, ErrorKind, Result, Secret};
use router_http::{Token, TokenSource};

/// How long a token is good.
const LIFETIME: Duration = Duration::from_secs(210);

/// Tokens of a key.
pub struct SignedTokens {
    id: String,
    secret: Secret,
    clock: fn() -> SystemTime,
}

impl SignedTokens {
    /// Tokens of a key of the form `id.secret`.
    ///
    /// # Errors
    /// `Config` for a key of another form.
    pub fn new(key: &Secret) -> Result<Self> {
        match key.expose().trim().split_once('.') {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok(Self {
                id: id.to_owned(),
                secret: Secret::from(secret.to_owned()),
                clock: SystemTime::now,
            }),
            _ => {
                let message = "the API key for Zhipu is not of the form id.secret, which signed tokens need";
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = clock;
        self
    }

    /// A token that is good from now on. Its times are milliseconds, unlike those of other JSON Web Tokens.
    #[must_use]
    pub fn sign(&self) -> String {
        let now = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (now, end) = (now.as_millis(), (now + LIFETIME).as_millis());
        let id = serde_json::Value::from(self.id.as_str());
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","sign_type":"SIGN","typ":"JWT"}"#);
        let claims = format!(r#"{{"api_key":{id},"exp":{end},"timestamp":{now}}}"#);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose().as_bytes());
        let tag = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }
}

impl fmt::Debug for SignedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedTokens").finish_non_exhaustive()
    }
}

impl TokenSource for SignedTokens {
    fn fetch(&self) -> BoxFuture<'_, Result<Token>> {
        Box::pin(async { Ok(Token::new(self.sign(), LIFETIME)) })
    }
}
