//! From settings to a provider: the workspace is the address, and a service principal is exchanged for tokens.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use router_core::{BoxFuture, Error, ErrorKind, Provider, Result, Secret};
use router_http::token::{exchange, form};
use router_http::{Auth, ProviderSettings, Token, TokenAuth, TokenSource, Transport};
use router_wire_openai::DialectVendor as _;

use crate::{Databricks, DatabricksDialect, serving_endpoints};

/// Tokens for a service principal of a workspace, over a transport.
///
/// By <https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m>, read 2026-11.
pub struct PrincipalTokens {
    client_id: String,
    client_secret: Secret,
    url: String,
    transport: Arc<dyn Transport>,
}

impl PrincipalTokens {
    /// Tokens of the workspace at an address, whatever its path.
    #[must_use]
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
        address: &str,
        transport: Arc<dyn Transport>,
    ) -> Self {
        let (scheme, rest) = address.split_once("://").unwrap_or(("https", address));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            url: format!("{scheme}://{host}/oidc/v1/token"),
            transport,
        }
    }
}

impl fmt::Debug for PrincipalTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrincipalTokens")
            .field("client_id", &self.client_id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl TokenSource for PrincipalTokens {
    fn fetch(&self) -> BoxFuture<'_, Result<Token>> {
        Box::pin(async move {
            let fields = [("grant_type", "client_credentials"), ("scope", "all-apis")];
            let mut request = form(&self.url, &fields);
            let pair = format!("{}:{}", self.client_id, self.client_secret.expose());
            let mut basic = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
                .map_err(|_| Error::new(ErrorKind::Config, "the client's secret cannot be sent"))?;
            basic.set_sensitive(true);
            request.headers.insert(AUTHORIZATION, basic);
            exchange(&*self.transport, request).await
        })
    }
}

/// The provider of settings that were read from somewhere. The one option is `client_id`, a service principal's: the key is its
/// secret then. Where the environment counts and names no token, so do `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET`.
///
/// # Errors
/// `Config` for a principal without a secret or an address, as [`Databricks::from_settings`], and for options that the vendor
/// does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    let vendor = DatabricksDialect::VENDOR;
    settings.check_options(vendor.id, &["client_id"])?;
    let mut settings = settings.clone();
    let from_env = settings.from_env;
    let set = |name: &str| {
        let value = from_env.then(|| std::env::var(name).ok()).flatten();
        value.filter(|value| !value.trim().is_empty())
    };
    let first = |names: &[&str]| names.iter().find_map(|name| set(name));
    let config = |message: &str| Error::new(ErrorKind::Config, message);
    settings.base_url = settings.base_url.as_deref().map(serving_endpoints);
    let secret = || set("DATABRICKS_CLIENT_SECRET").map(Secret::from);
    let principal = match settings.options.remove("client_id") {
        Some(id) => {
            let secret = settings.api_key.take().or_else(secret);
            let missing = "databricks: no secret for client_id: set DATABRICKS_CLIENT_SECRET, or pass a key";
            Some((id, secret.ok_or_else(|| config(missing))?))
        }
        None if settings.api_key.is_some() || first(vendor.key_env).is_some() => None,
        None => set("DATABRICKS_CLIENT_ID").zip(secret()),
    };
    if let Some((id, secret)) = principal {
        let given = settings.base_url.take();
        let address = given.or_else(|| first(vendor.base_url_env).map(|address| serving_endpoints(&address)));
        let missing = "no address for Databricks: set DATABRICKS_HOST, or pass a base URL";
        let address = address.ok_or_else(|| config(missing))?;
        let transport = match settings.transport.take() {
            Some(transport) => transport,
            None => router_http::transport::make(&settings.http)?,
        };
        let tokens = PrincipalTokens::new(id, secret, &address, Arc::clone(&transport));
        settings.auth = Some(Auth::Custom(Arc::new(TokenAuth::new(tokens))));
        settings.transport = Some(transport);
        settings.base_url = Some(address);
    }
    Ok(Arc::new(Databricks::from_settings(&settings)?))
}
