//! Exchanges what Google Cloud gives people and machines for access tokens (<https://google.aip.dev/auth/4112>, read 2026-11).

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use router_core::{BoxFuture, Error, ErrorKind, Result, Secret};
use router_http::token::{exchange, form};
use router_http::{Token, TokenSource, Transport, TransportRequest};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// How long a signed claim is good: the longest that is taken, in seconds.
const HOUR: u64 = 3600;

/// What Google Cloud gives to get tokens with.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// The key of a service account.
    ServiceAccount(Arc<ServiceAccount>),
    /// What `gcloud auth application-default login` leaves behind.
    User(Arc<User>),
    /// The server that tells a machine of Google Cloud about itself, by its host.
    Metadata(String),
}

/// The key of a service account.
pub struct ServiceAccount {
    email: String,
    key_id: Option<String>,
    token_uri: String,
    project: Option<String>,
    key: RsaKeyPair,
}

/// A user's own credentials.
pub struct User {
    client_id: String,
    client_secret: Secret,
    refresh_token: Secret,
    project: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    project_id: Option<String>,
    quota_project_id: Option<String>,
    private_key_id: Option<String>,
    private_key: Option<String>,
    client_email: Option<String>,
    token_uri: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
}

fn config(message: impl Into<router_core::Text>) -> Error {
    Error::new(ErrorKind::Config, message)
}

impl Credentials {
    /// Reads a file of credentials.
    ///
    /// # Errors
    /// `Config` naming the field that is missing or wrong, and for kinds that are not supported.
    pub fn parse(json: &str) -> Result<Self> {
        let file: File = serde_json::from_str(json)
            .map_err(|_| config("credentials: not a JSON object as Google Cloud writes it"))?;
        let need = |field: Option<String>, name: &str| {
            field.ok_or_else(|| config(format!("credentials: {name} is missing")))
        };
        match file.kind.as_str() {
            "service_account" => {
                let token_uri = file.token_uri.unwrap_or_else(|| TOKEN_URI.to_owned());
                if !token_uri.starts_with("https://") && !token_uri.starts_with("http://") {
                    return Err(config("credentials: token_uri is no address"));
                }
                // Variables often hold line ends as `\n` in two characters.
                let pem = need(file.private_key, "private_key")?.replace("\\n", "\n");
                let wrong = || config("credentials: private_key is no RSA key in PKCS#8");
                let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong())?;
                Ok(Self::ServiceAccount(Arc::new(ServiceAccount {
                    email: need(file.client_email, "client_email")?,
                    key_id: file.private_key_id,
                    token_uri,
                    project: file.project_id,
                    key: RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| wrong())?,
                })))
            }
            "authorized_user" => Ok(Self::User(Arc::new(User {
                client_id: need(file.client_id, "client_id")?,
                client_secret: need(file.client_secret, "client_secret")?.into(),
                refresh_token: need(file.refresh_token, "refresh_token")?.into(),
                project: file.quota_project_id,
            }))),
            other => Err(config(format!(
                "credentials of type {other:?} are not supported: give a service account, a user's, or a token"
            ))),
        }
    }

    /// The project that they belong to, where they tell.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount(account) => account.project.as_deref(),
            Self::User(user) => user.project.as_deref(),
            Self::Metadata(_) => None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceAccount(account) => account.fmt(f),
            Self::User(user) => user.fmt(f),
            Self::Metadata(host) => f.debug_tuple("Metadata").field(host).finish(),
        }
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").finish_non_exhaustive()
    }
}

impl ServiceAccount {
    /// A claim to be this account, signed: a JSON Web Token.
    fn assertion(&self, now: u64) -> Result<String> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.key_id {
            header["kid"] = id.as_str().into();
        }
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": now,
            "exp": now + HOUR,
        });
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| config("credentials: private_key cannot sign"))?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(token)
    }
}

/// Tokens for credentials, over a transport.
#[derive(Debug)]
pub struct GoogleTokens {
    credentials: Credentials,
    transport: Arc<dyn Transport>,
}

impl GoogleTokens {
    /// Tokens for credentials.
    #[must_use]
    pub fn new(credentials: Credentials, transport: Arc<dyn Transport>) -> Self {
        Self {
            credentials,
            transport,
        }
    }

    fn request(&self) -> Result<TransportRequest> {
        match &self.credentials {
            Credentials::ServiceAccount(account) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let assertion = account.assertion(now.as_secs())?;
                Ok(form(
                    &account.token_uri,
                    &[
                        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                        ("assertion", &assertion),
                    ],
                ))
            }
            Credentials::User(user) => Ok(form(
                TOKEN_URI,
                &[
                    ("grant_type", "refresh_token"),
                    ("client_id", &user.client_id),
                    ("client_secret", user.client_secret.expose()),
                    ("refresh_token", user.refresh_token.expose()),
                ],
            )),
            Credentials::Metadata(host) => {
                let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
                let flavor = (
                    HeaderName::from_static("metadata-flavor"),
                    HeaderValue::from_static("Google"),
                );
                let headers = HeaderMap::from_iter([flavor]);
                Ok(TransportRequest::new(Method::GET, url, headers, Bytes::new()))
            }
        }
    }
}

impl TokenSource for GoogleTokens {
    fn fetch(&self) -> BoxFuture<'_, Result<Token>> {
        Box::pin(async move { exchange(&*self.transport, self.request()?).await })
    }
}
