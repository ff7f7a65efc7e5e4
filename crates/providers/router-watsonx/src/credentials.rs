//! Exchanges an API key of IBM Cloud for access tokens.
//!
//! By <https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey>, read 2026-11.

use std::fmt;
use std::sync::Arc;

use router_core::{BoxFuture, Result, Secret};
use router_http::token::{exchange, form};
use router_http::{Token, TokenSource, Transport};

/// Where tokens are had, unless another place is named.
pub const IAM: &str = "https://iam.cloud.ibm.com";

/// Tokens for an API key, over a transport.
pub struct IamTokens {
    key: Secret,
    url: String,
    transport: Arc<dyn Transport>,
}

impl IamTokens {
    /// Tokens for a key.
    #[must_use]
    pub fn new(key: Secret, transport: Arc<dyn Transport>) -> Self {
        Self {
            key,
            url: format!("{IAM}{PATH}"),
            transport,
        }
    }

    /// From another place, with its path or without.
    #[must_use]
    pub fn with_address(mut self, address: &str) -> Self {
        let address = address.trim().trim_end_matches('/');
        let host = address.strip_suffix(PATH).unwrap_or(address);
        self.url = format!("{host}{PATH}");
        self
    }
}

const PATH: &str = "/identity/token";

impl fmt::Debug for IamTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamTokens")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl TokenSource for IamTokens {
    fn fetch(&self) -> BoxFuture<'_, Result<Token>> {
        let fields = [
            ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
            ("apikey", self.key.expose()),
        ];
        let request = form(&self.url, &fields);
        Box::pin(async move { exchange(&*self.transport, request).await })
    }
}
