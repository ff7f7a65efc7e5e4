//! What AWS gives to sign requests with.

use std::fmt;

use router_core::{BoxFuture, Result, Secret};

use crate::profile::Profile;

/// A key pair, with the token of a session where it is a temporary one.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The token of the session.
    pub session_token: Option<Secret>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets hide themselves; the id of a key is none, and still nobody's business.
        f.debug_struct("Credentials")
            .field("is_temporary", &self.session_token.is_some())
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// A key pair that stays.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<Secret>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    /// The same for a session.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<Secret>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Those of a profile, in the files that AWS's own tools keep (`~/.aws/credentials` and `~/.aws/config`, or the ones that
    /// `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name).
    ///
    /// # Errors
    /// `Config` when there is no such profile, or it holds no keys: those of other kinds are exported with
    /// `aws configure export-credentials`.
    pub fn of_profile(name: &str) -> Result<Self> {
        Profile::read(name, &|name| std::env::var(name).ok())?.keys(name)
    }

    /// `ID:SECRET` or `ID:SECRET:TOKEN`, for configurations that have one place for a key.
    pub(crate) fn of_key(key: &Secret) -> Option<Self> {
        let mut parts = key.expose().trim().splitn(3, ':');
        let (id, secret) = (parts.next()?, parts.next()?);
        if id.is_empty() || secret.is_empty() {
            return None;
        }
        let credentials = Self::new(id, secret);
        Some(match parts.next().filter(|token| !token.is_empty()) {
            Some(token) => credentials.with_session_token(token),
            None => credentials,
        })
    }
}

/// Gives credentials, anew before each request: those of a role or a machine, which expire.
pub trait CredentialsSource: Send + Sync + fmt::Debug {
    /// Credentials that are good now.
    ///
    /// # Errors
    /// Whatever keeps the source from having some.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials>>;
}

impl CredentialsSource for Credentials {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}
