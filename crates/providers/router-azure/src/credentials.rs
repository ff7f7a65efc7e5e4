//! Exchanges what Entra ID gives applications and machines for access tokens.
//!
//! By <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, read 2026-11.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use router_core::{BoxFuture, Error, ErrorKind, Result, Secret};
use router_http::token::{exchange, form};
use router_http::{Token, TokenSource, Transport, TransportRequest};
use router_wire::message::percent_encoded;

/// Where tokens are had, unless another cloud is named.
pub const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Where a machine asks who it is.
const METADATA: &str = "http://169.254.169.254";

/// What Entra ID gives to get tokens with.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// An application's secret.
    ClientSecret {
        /// The directory.
        tenant: String,
        /// The application.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// A file with a token of another identity, which its owner renews: workload identity.
    FederatedToken {
        /// The directory.
        tenant: String,
        /// The application.
        client_id: String,
        /// The file.
        file: String,
    },
    /// The identity of the machine: its own, or one of several by client id.
    ManagedIdentity {
        /// Which one.
        client_id: Option<String>,
        /// Where to ask: the usual address of virtual machines when absent.
        endpoint: Option<String>,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, client_id) = match self {
            Self::ClientSecret { client_id, .. } => ("ClientSecret", Some(client_id)),
            Self::FederatedToken { client_id, .. } => ("FederatedToken", Some(client_id)),
            Self::ManagedIdentity { client_id, .. } => ("ManagedIdentity", client_id.as_ref()),
        };
        f.debug_struct(kind)
            .field("client_id", &client_id)
            .finish_non_exhaustive()
    }
}

/// Tokens for credentials, over a transport.
#[derive(Debug)]
pub struct EntraTokens {
    credentials: Credentials,
    authority: String,
    scope: String,
    transport: Arc<dyn Transport>,
}

impl EntraTokens {
    /// Tokens that are good for a scope.
    #[must_use]
    pub fn new(credentials: Credentials, scope: impl Into<String>, transport: Arc<dyn Transport>) -> Self {
        Self {
            credentials,
            authority: AUTHORITY.to_owned(),
            scope: scope.into(),
            transport,
        }
    }

    /// From another authority: another cloud, or a test.
    #[must_use]
    pub fn with_authority(mut self, authority: &str) -> Self {
        self.authority = authority.trim_end_matches('/').to_owned();
        self
    }

    fn endpoint(&self, tenant: &str) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.authority, percent_encoded(tenant))
    }

    fn request(&self) -> Result<TransportRequest> {
        match &self.credentials {
            Credentials::ClientSecret {
                tenant,
                client_id,
                client_secret,
            } => Ok(form(
                &self.endpoint(tenant),
                &[
                    ("grant_type", "client_credentials"),
                    ("client_id", client_id),
                    ("client_secret", client_secret.expose()),
                    ("scope", &self.scope),
                ],
            )),
            Credentials::FederatedToken {
                tenant,
                client_id,
                file,
            } => {
                let assertion = std::fs::read_to_string(file).map_err(|error| {
                    let message = format!("the federated token in {file} cannot be read: {error}");
                    Error::new(ErrorKind::Config, message)
                })?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                Ok(form(
                    &self.endpoint(tenant),
                    &[
                        ("grant_type", "client_credentials"),
                        ("client_id", client_id),
                        ("client_assertion_type", kind),
                        ("client_assertion", assertion.trim()),
                        ("scope", &self.scope),
                    ],
                ))
            }
            Credentials::ManagedIdentity { client_id, endpoint } => {
                let resource = self.scope.strip_suffix("/.default").unwrap_or(&self.scope);
                let place = endpoint.as_deref().unwrap_or(METADATA);
                let mut url = format!(
                    "{place}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={}",
                    percent_encoded(resource)
                );
                if let Some(id) = client_id {
                    url.push_str(&format!("&client_id={}", percent_encoded(id)));
                }
                let asked = (
                    HeaderName::from_static("metadata"),
                    HeaderValue::from_static("true"),
                );
                let headers = HeaderMap::from_iter([asked]);
                Ok(TransportRequest::new(Method::GET, url, headers, Bytes::new()))
            }
        }
    }
}

impl TokenSource for EntraTokens {
    fn fetch(&self) -> BoxFuture<'_, Result<Token>> {
        Box::pin(async move { exchange(&*self.transport, self.request()?).await })
    }
}
