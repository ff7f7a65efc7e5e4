//! Builds a provider for a resource: endpoint and version to a surface, key or credentials to authentication.

use std::sync::Arc;

use http::HeaderName;
use router_core::{Error, ErrorKind, Provider, ProviderId, Result, Secret};
use router_http::{Auth, HttpProvider, ProviderSettings, TokenAuth};
use router_wire::vendor::VendorCodec as _;

use crate::Azure;
use crate::codec::AzureCodec;
use crate::credentials::{Credentials, EntraTokens};
use crate::surface::Surface;

/// Names of the settings that only this vendor has, in a configuration.
const OPTIONS: &[&str] = &[
    "api_version",
    "tenant",
    "client_id",
    "client_secret",
    "scope",
    "authority",
    "credentials",
];

/// Builds an [`Azure`] for a resource.
#[derive(Clone, Debug, Default)]
pub struct AzureBuilder {
    endpoint: Option<String>,
    surface: Option<Surface>,
    key: Option<Secret>,
    token: Option<Secret>,
    credentials: Option<Credentials>,
    scope: Option<String>,
    authority: Option<String>,
    settings: ProviderSettings,
}

impl AzureBuilder {
    /// Nothing set yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the address of the resource, `https://RESOURCE.openai.azure.com`. Paths and an `api-version` that were pasted with it
    /// are understood.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// With a surface; v1 unless said otherwise.
    #[must_use]
    pub fn surface(mut self, surface: Surface) -> Self {
        self.surface = Some(surface);
        self
    }

    /// With a key.
    #[must_use]
    pub fn key(mut self, key: impl Into<Secret>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With an access token that somebody else renews.
    #[must_use]
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// With credentials of Entra ID.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// With another scope of tokens than the surface's.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// With another authority for tokens: another cloud, or a test.
    #[must_use]
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = Some(authority.into());
        self
    }

    /// With the settings that every vendor has: id, headers, transport, dialect.
    #[must_use]
    pub fn settings(mut self, settings: ProviderSettings) -> Self {
        self.settings = settings;
        self
    }

    /// With what the environment names, where nothing was given: endpoint (`AZURE_OPENAI_ENDPOINT`), version
    /// (`OPENAI_API_VERSION`; without one it is the v1 surface), a token (`AZURE_OPENAI_AD_TOKEN`), a key (`AZURE_OPENAI_API_KEY`),
    /// and an application (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET` or `AZURE_FEDERATED_TOKEN_FILE`), with
    /// `AZURE_AUTHORITY_HOST` and `AZURE_SCOPE`. A token goes before a key, and a key before an application.
    #[must_use]
    pub fn from_env(self) -> Self {
        self.from_variables(&|name| std::env::var(name).ok())
    }

    /// As [`AzureBuilder::from_env`], with variables from elsewhere.
    #[must_use]
    pub fn from_variables(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| set(name));
        self.endpoint = self.endpoint.or_else(|| first(AzureCodec::VENDOR.base_url_env));
        self.surface = self
            .surface
            .or_else(|| set("OPENAI_API_VERSION").map(|version| surface_of(&version)));
        self.authority = self.authority.or_else(|| set("AZURE_AUTHORITY_HOST"));
        self.scope = self.scope.or_else(|| set("AZURE_SCOPE"));
        if self.key.is_some() || self.token.is_some() || self.credentials.is_some() {
            return self;
        }
        self.token = set("AZURE_OPENAI_AD_TOKEN").map(Secret::from);
        self.key = first(&["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"]).map(Secret::from);
        self.credentials =
            set("AZURE_TENANT_ID")
                .zip(set("AZURE_CLIENT_ID"))
                .and_then(|(tenant, client_id)| {
                    let secret = set("AZURE_CLIENT_SECRET").map(Secret::from);
                    application(tenant, client_id, secret, set("AZURE_FEDERATED_TOKEN_FILE"))
                });
        self
    }

    /// The provider.
    ///
    /// # Errors
    /// `Config` without an endpoint, or without a key, a token or credentials.
    pub fn build(self) -> Result<Azure> {
        let id = self.settings.id.clone();
        let id = id.unwrap_or_else(|| ProviderId::from_static(AzureCodec::VENDOR.id));
        let config = |message: &str| Error::new(ErrorKind::Config, message).with_provider(&id);
        let endpoint = self
            .endpoint
            .or_else(|| self.settings.base_url.clone())
            .ok_or_else(|| {
                config(
                    "no endpoint for Azure OpenAI: set AZURE_OPENAI_ENDPOINT, or pass the resource's address",
                )
            })?;
        let surface = self.surface.or_else(|| pasted(&endpoint)).unwrap_or_default();
        let mut settings = self.settings;
        let transport = match settings.transport.take() {
            Some(transport) => transport,
            None => router_http::transport::make(&settings.http)?,
        };
        let key = self.key.or(settings.api_key.take());
        let auth = match (self.token, key, self.credentials) {
            (Some(token), ..) => Auth::Bearer(token),
            (None, Some(key), _) => Auth::Header(HeaderName::from_static("api-key"), key),
            (None, None, Some(credentials)) => {
                let scope = self.scope.unwrap_or_else(|| surface.scope().to_owned());
                let mut tokens = EntraTokens::new(credentials, scope, Arc::clone(&transport));
                if let Some(authority) = &self.authority {
                    tokens = tokens.with_authority(authority);
                }
                Auth::Custom(Arc::new(TokenAuth::new(tokens)))
            }
            (None, None, None) => settings.auth.take().ok_or_else(|| {
                config("no key for Azure OpenAI: set AZURE_OPENAI_API_KEY, or pass a key or credentials")
            })?,
        };
        let address = surface.address(&endpoint);
        let mut codec = AzureCodec::at(id, surface);
        if let Some(differences) = &settings.dialect {
            codec = codec.with_dialect(differences)?;
        }
        settings.from_env = false;
        HttpProvider::builder_with(codec)
            .settings(&settings)
            .base_url(address)
            .auth(auth)
            .transport(transport)
            .build()
    }
}

/// The surface of a version. `v1` and `preview` are words of the undated one.
fn surface_of(version: &str) -> Surface {
    match version.trim() {
        "v1" | "preview" | "latest" => Surface::V1,
        dated => Surface::deployments(dated),
    }
}

/// The surface of an address that names a version.
fn pasted(endpoint: &str) -> Option<Surface> {
    let (_, query) = endpoint.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, version) = pairs.find(|(name, _)| *name == "api-version")?;
    Some(surface_of(version))
}

fn application(
    tenant: String,
    client_id: String,
    client_secret: Option<Secret>,
    file: Option<String>,
) -> Option<Credentials> {
    match (client_secret, file) {
        (Some(client_secret), _) => Some(Credentials::ClientSecret {
            tenant,
            client_id,
            client_secret,
        }),
        (None, Some(file)) => Some(Credentials::FederatedToken {
            tenant,
            client_id,
            file,
        }),
        (None, None) => None,
    }
}

/// The provider of settings that were read from somewhere. Options are `api_version` (without one it is the v1 surface),
/// `tenant`, `client_id` and `client_secret` of an application, `credentials = "managed"` for the identity of the machine, `scope`
/// and `authority`.
///
/// # Errors
/// As [`AzureBuilder::build`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    settings.check_options(AzureCodec::VENDOR.id, OPTIONS)?;
    let option = |name: &str| settings.options.get(name).cloned();
    let mut builder = AzureBuilder {
        endpoint: settings.base_url.clone(),
        surface: option("api_version").map(|version| surface_of(&version)),
        scope: option("scope"),
        authority: option("authority"),
        key: settings.api_key.clone(),
        ..AzureBuilder::new()
    };
    if option("credentials").as_deref() == Some("managed") {
        builder.credentials = Some(Credentials::ManagedIdentity {
            client_id: option("client_id"),
            endpoint: None,
        });
    } else if let (Some(tenant), Some(client_id)) = (option("tenant"), option("client_id")) {
        let secret = option("client_secret").map(Secret::from);
        let file = std::env::var("AZURE_FEDERATED_TOKEN_FILE").ok();
        builder.credentials = application(tenant, client_id, secret, file);
    }
    let from_env = settings.from_env;
    builder.settings = settings.clone();
    builder.settings.options.clear();
    if from_env {
        builder = builder.from_env();
    }
    Ok(Arc::new(builder.build()?))
}
