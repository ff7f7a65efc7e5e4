//! Builds a provider for a project or a space: region to address, key to tokens.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use router_core::{Error, ErrorKind, Provider, ProviderId, Result, Secret};
use router_http::{Auth, HttpProvider, ProviderSettings, TokenAuth};
use router_wire::vendor::VendorCodec as _;

use crate::Watsonx;
use crate::codec::WatsonxCodec;
use crate::credentials::IamTokens;
use crate::place::{Holder, Place, address};

/// Names of the settings that only this vendor has, in a configuration.
const OPTIONS: &[&str] = &["region", "project", "space", "version", "credentials", "iam_url"];

/// Builds a [`Watsonx`].
#[derive(Clone, Debug, Default)]
pub struct WatsonxBuilder {
    region: Option<String>,
    project: Option<String>,
    space: Option<String>,
    version: Option<String>,
    iam_url: Option<String>,
    key: Option<Secret>,
    token: Option<Secret>,
    zen_key: Option<Secret>,
    settings: ProviderSettings,
}

impl WatsonxBuilder {
    /// Nothing set yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a region: `us-south`, which is the default, `eu-de`, `eu-gb`, `jp-tok`, `au-syd`, `ca-tor`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// With a project, by its id.
    #[must_use]
    pub fn project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }

    /// With a deployment space, by its id.
    #[must_use]
    pub fn space(mut self, id: impl Into<String>) -> Self {
        self.space = Some(id.into());
        self
    }

    /// With another version of the API, a day such as `2024-03-13`.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// With another place for tokens: another cloud, or a test.
    #[must_use]
    pub fn iam_url(mut self, url: impl Into<String>) -> Self {
        self.iam_url = Some(url.into());
        self
    }

    /// With an API key of IBM Cloud, which is exchanged for tokens.
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

    /// With a key of Cloud Pak for Data: `user:key` in base64.
    #[must_use]
    pub fn zen_key(mut self, key: impl Into<Secret>) -> Self {
        self.zen_key = Some(key.into());
        self
    }

    /// With the settings that every vendor has: id, address, headers, transport, dialect.
    #[must_use]
    pub fn settings(mut self, settings: ProviderSettings) -> Self {
        self.settings = settings;
        self
    }

    /// With what the environment names, where nothing was given: address (`WATSONX_URL`, `WATSONX_API_BASE`), project
    /// (`WATSONX_PROJECT_ID`, `WX_PROJECT_ID`) or space (`WATSONX_DEPLOYMENT_SPACE_ID`, `WATSONX_SPACE_ID`), and a token
    /// (`WATSONX_TOKEN`), an API key (`WATSONX_APIKEY`, `WATSONX_API_KEY`, `WX_API_KEY`, with `WATSONX_IAM_URL`) or one of Cloud Pak
    /// (`WATSONX_ZENAPIKEY`), the first of these that is there.
    #[must_use]
    pub fn from_env(self) -> Self {
        self.from_variables(&|name| std::env::var(name).ok())
    }

    /// As [`WatsonxBuilder::from_env`], with variables from elsewhere.
    #[must_use]
    pub fn from_variables(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| set(name));
        if self.settings.base_url.is_none() && self.region.is_none() {
            self.settings.base_url = first(WatsonxCodec::VENDOR.base_url_env);
        }
        if self.project.is_none() && self.space.is_none() {
            self.project = first(&["WATSONX_PROJECT_ID", "WX_PROJECT_ID"]);
            if self.project.is_none() {
                self.space = first(&["WATSONX_DEPLOYMENT_SPACE_ID", "WATSONX_SPACE_ID"]);
            }
        }
        self.iam_url = self.iam_url.or_else(|| set("WATSONX_IAM_URL"));
        if self.key.is_none() && self.token.is_none() && self.zen_key.is_none() {
            self.token = set("WATSONX_TOKEN").map(Secret::from);
            self.key = first(&["WATSONX_APIKEY", "WATSONX_API_KEY", "WX_API_KEY"]).map(Secret::from);
            self.zen_key = set("WATSONX_ZENAPIKEY").map(Secret::from);
        }
        self
    }

    /// The provider.
    ///
    /// # Errors
    /// `Config` without a key or a token, with both a project and a space, and for a region that cannot be one.
    pub fn build(self) -> Result<Watsonx> {
        let mut settings = self.settings;
        let id = settings.id.clone();
        let id = id.unwrap_or_else(|| ProviderId::from_static(WatsonxCodec::VENDOR.id));
        let config = |message: &str| Error::new(ErrorKind::Config, message).with_provider(&id);
        let holder = match (self.project, self.space) {
            (Some(id), None) => Some(Holder::Project(id)),
            (None, Some(id)) => Some(Holder::Space(id)),
            (Some(_), Some(_)) => {
                return Err(config("a call to watsonx.ai has a project or a space, not both"));
            }
            // The options of a call may name it, and deployments need none.
            (None, None) => None,
        };
        let mut place = Place {
            holder,
            refuses_unnamed: true,
            ..Place::default()
        };
        if let Some(version) = self.version {
            place = place.with_version(version);
        }
        let address = match (settings.base_url.take(), &self.region) {
            (Some(address), _) => address,
            (None, Some(region)) => address(region)?,
            (None, None) => WatsonxCodec::VENDOR.base_url.to_owned(),
        };
        let transport = match settings.transport.take() {
            Some(transport) => transport,
            None => router_http::transport::make(&settings.http)?,
        };
        let key = self.key.or(settings.api_key.take());
        let auth = match (self.token, key, self.zen_key) {
            (Some(token), ..) => Auth::Bearer(token),
            (None, Some(key), _) => {
                let mut tokens = IamTokens::new(key, Arc::clone(&transport));
                if let Some(url) = &self.iam_url {
                    tokens = tokens.with_address(url);
                }
                Auth::Custom(Arc::new(TokenAuth::new(tokens)))
            }
            (None, None, Some(key)) => {
                let value = format!("ZenApiKey {}", key.expose().trim());
                Auth::Header(AUTHORIZATION, Secret::from(value))
            }
            (None, None, None) => settings.auth.take().ok_or_else(|| {
                config("no API key for watsonx.ai: set WATSONX_APIKEY, or pass a key or a token")
            })?,
        };
        let mut codec = WatsonxCodec::at(id, place);
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

/// The provider of settings that were read from somewhere. Options are `region`, `project` or `space`, `version`, `iam_url`, and
/// `credentials`: what the key is, `api_key` (the default), `token`, or `zen` for one of Cloud Pak.
///
/// # Errors
/// As [`WatsonxBuilder::build`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    settings.check_options(WatsonxCodec::VENDOR.id, OPTIONS)?;
    let option = |name: &str| settings.options.get(name).cloned();
    let mut builder = WatsonxBuilder {
        region: option("region"),
        project: option("project"),
        space: option("space"),
        version: option("version"),
        iam_url: option("iam_url"),
        ..WatsonxBuilder::new()
    };
    let key = settings.api_key.clone();
    match option("credentials").as_deref() {
        None | Some("api_key") => builder.key = key,
        Some("token") => builder.token = key,
        Some("zen") => builder.zen_key = key,
        Some(other) => {
            let message = format!("watsonx credentials {other:?}: it is api_key, token or zen");
            return Err(Error::new(ErrorKind::Config, message));
        }
    }
    builder.settings = settings.clone();
    builder.settings.api_key = None;
    builder.settings.options.clear();
    if settings.from_env {
        builder = builder.from_env();
    }
    Ok(Arc::new(builder.build()?))
}
