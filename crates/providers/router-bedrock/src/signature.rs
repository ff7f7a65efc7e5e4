//! Signs requests: AWS Signature Version 4.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use router_core::{BoxFuture, Error, ErrorKind, Result};
use router_http::{Authorize, TransportRequest};

use crate::credentials::{Credentials, CredentialsSource};

/// The name of the service in signatures, at both of its addresses.
pub const SERVICE: &str = "bedrock";

/// Signs the requests of a provider.
#[derive(Clone)]
pub struct Signer {
    credentials: Arc<dyn CredentialsSource>,
    region: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// Signs for a region.
    #[must_use]
    pub fn new(credentials: Arc<dyn CredentialsSource>, region: impl Into<String>) -> Self {
        Self {
            credentials,
            region: region.into(),
        }
    }
}

impl Authorize for Signer {
    fn authorize<'a>(&'a self, request: &'a mut TransportRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let credentials = self.credentials.credentials().await?;
            sign(request, &credentials, &self.region, SystemTime::now())
        })
    }
}

/// Signs a request at a time, in place of what was signed before.
///
/// # Errors
/// `Config` for an address or headers that cannot be signed.
pub fn sign(
    request: &mut TransportRequest,
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
) -> Result<()> {
    let cannot = |error: &dyn fmt::Display| {
        Error::new(
            ErrorKind::Config,
            format!("the request cannot be signed: {error}"),
        )
    };
    let identity = aws_credential_types::Credentials::new(
        &credentials.access_key_id,
        credentials.secret_access_key.expose(),
        credentials
            .session_token
            .as_ref()
            .map(|token| token.expose().to_owned()),
        None,
        "llm-api-router",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| cannot(&error))?
        .into();
    for name in ["x-amz-date", "x-amz-security-token"] {
        request.headers.remove(name);
    }
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url.as_str(),
        signed(&request.headers),
        SignableBody::Bytes(&request.body),
    )
    .map_err(|error| cannot(&error))?;
    let signature = aws_sigv4::http_request::sign(signable, &parameters).map_err(|error| cannot(&error))?;
    let (instructions, _) = signature.into_parts();
    for (name, value) in instructions.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| cannot(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| cannot(&error))?;
        value.set_sensitive(name == AUTHORIZATION || name == "x-amz-security-token");
        request.headers.insert(name, value);
    }
    Ok(())
}

/// The headers that are signed: those of the service. Others may be changed on the way.
fn signed(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().filter_map(|(name, value)| {
        let ours = *name == CONTENT_TYPE || *name == ACCEPT || name.as_str().starts_with("x-amz");
        Some((name.as_str(), value.to_str().ok()?)).filter(|_| ours)
    })
}
