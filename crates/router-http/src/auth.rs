//! How requests are authenticated.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue};
use router_core::{BoxFuture, Error, ErrorKind, Result, Secret};

use crate::transport::TransportRequest;

/// How requests are authenticated.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer KEY`.
    Bearer(Secret),
    /// The key in a header.
    Header(HeaderName, Secret),
    /// By something that sees the whole request: signatures, tokens that expire.
    Custom(Arc<dyn Authorize>),
}

/// Authenticates a request when it is complete.
pub trait Authorize: Send + Sync + fmt::Debug {
    /// Adds what the vendor asks for, in place of what is there. Runs before each attempt.
    ///
    /// # Errors
    /// Whatever keeps it from it: no credentials, a token that cannot be had.
    fn authorize<'a>(&'a self, request: &'a mut TransportRequest) -> BoxFuture<'a, Result<()>>;

    /// The vendor refused a request with 401. Says whether authorizing it anew may help: it is then sent once more.
    fn renews(&self, refused: &TransportRequest) -> bool {
        let _ = refused;
        false
    }
}

impl Auth {
    /// Writes the constant part into headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap) -> Result<()> {
        match self {
            Self::None | Self::Custom(_) => {}
            Self::Bearer(key) => {
                headers.insert(AUTHORIZATION, header(&format!("Bearer {}", key.expose()))?);
            }
            Self::Header(name, key) => {
                headers.insert(name.clone(), header(key.expose())?);
            }
        }
        Ok(())
    }
}

pub(crate) fn header(value: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| {
        Error::new(
            ErrorKind::Config,
            "the API key has characters that cannot stand in a header",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
