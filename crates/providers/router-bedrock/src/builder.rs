//! Builds a provider: region to address, credentials to signatures.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, ProviderId, Result, Secret};
use router_http::{Auth, HttpProvider, ProviderSettings};
use router_wire::vendor::{Vendor, VendorCodec as _, check_place};

use crate::Bedrock;
use crate::codec::BedrockCodec;
use crate::credentials::{Credentials, CredentialsSource};
use crate::profile::Profile;
use crate::signature::Signer;

/// The vendor with the variables that say that it is configured: one of them is enough.
pub const VENDOR: Vendor =
    BedrockCodec::VENDOR.with_key_env(&["AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"]);

/// Names of the settings that only this vendor has, in a configuration.
const OPTIONS: &[&str] = &["region", "profile"];

/// Builds a [`Bedrock`] for a region.
#[derive(Clone, Debug, Default)]
pub struct BedrockBuilder {
    region: Option<String>,
    profile: Option<String>,
    credentials: Option<Arc<dyn CredentialsSource>>,
    token: Option<Secret>,
    settings: ProviderSettings,
}

impl BedrockBuilder {
    /// Nothing set yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a region: `us-east-1`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// With credentials that stay as they are.
    #[must_use]
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.credentials_from(Arc::new(credentials))
    }

    /// With credentials that are asked for before each request: those of a role or a machine.
    #[must_use]
    pub fn credentials_from(mut self, source: Arc<dyn CredentialsSource>) -> Self {
        self.credentials = Some(source);
        self
    }

    /// With a profile of AWS's own tools: its keys, and its region where no other is given.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// With a bearer key; nothing is signed then.
    #[must_use]
    pub fn bearer_key(mut self, key: impl Into<Secret>) -> Self {
        self.token = Some(key.into());
        self
    }

    /// With the settings that every vendor has: id, address, headers, transport.
    #[must_use]
    pub fn settings(mut self, settings: ProviderSettings) -> Self {
        self.settings = settings;
        self
    }

    /// With what the environment names, where nothing was given: `AWS_BEARER_TOKEN_BEDROCK`, else `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, else the profile `AWS_PROFILE` or `default`; the region in `AWS_REGION` or
    /// `AWS_DEFAULT_REGION`, else the profile's.
    ///
    /// # Errors
    /// `Config` for half a key pair, and for a profile that is named and not there.
    pub fn from_env(self) -> Result<Self> {
        self.from_variables(&|name| std::env::var(name).ok())
    }

    /// The same, with variables from elsewhere.
    ///
    /// # Errors
    /// As [`BedrockBuilder::from_env`].
    pub fn from_variables(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let first = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variable(name));
            values.find(|value| !value.trim().is_empty())
        };
        self.region = self
            .region
            .or_else(|| first(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        let address = &mut self.settings.base_url;
        *address = address
            .take()
            .or_else(|| first(BedrockCodec::VENDOR.base_url_env));
        let given = self.token.is_some() || self.credentials.is_some();
        if !given && self.profile.is_none() {
            self.token = first(BedrockCodec::VENDOR.key_env).map(Secret::from);
            if self.token.is_none() {
                self = self.with_keys(
                    first(&["AWS_ACCESS_KEY_ID"]),
                    first(&["AWS_SECRET_ACCESS_KEY"]),
                    || first(&["AWS_SESSION_TOKEN"]),
                )?;
            }
        }
        let wants_keys = self.token.is_none() && self.credentials.is_none();
        if wants_keys || self.region.is_none() {
            let named = self.profile.clone().or_else(|| first(&["AWS_PROFILE"]));
            self = self.with_profile(named, wants_keys, variable)?;
        }
        Ok(self)
    }

    fn with_keys(
        self,
        id: Option<String>,
        secret: Option<String>,
        token: impl FnOnce() -> Option<String>,
    ) -> Result<Self> {
        match (id, secret) {
            (None, None) => Ok(self),
            (Some(id), Some(secret)) => {
                let credentials = Credentials::new(id, secret);
                Ok(self.credentials(match token() {
                    Some(token) => credentials.with_session_token(token),
                    None => credentials,
                }))
            }
            _ => Err(config(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and only one is set",
            )),
        }
    }

    fn with_profile(
        mut self,
        named: Option<String>,
        wants_keys: bool,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let name = named.as_deref().unwrap_or("default");
        let profile = match &named {
            Some(name) if wants_keys => Some(Profile::read(name, variable)?),
            _ => Profile::find(name, variable)?,
        };
        let Some(mut profile) = profile else {
            return Ok(self);
        };
        self.region = self.region.or(profile.region.take());
        if wants_keys {
            self = self.credentials(profile.keys(name)?);
        }
        Ok(self)
    }

    /// The provider.
    ///
    /// # Errors
    /// `Config` without credentials or region, and for a region that is none.
    pub fn build(mut self) -> Result<Bedrock> {
        if let Some(name) = self
            .profile
            .take()
            .filter(|_| self.credentials.is_none() && self.token.is_none())
        {
            self = self.with_profile(Some(name), true, &|name| std::env::var(name).ok())?;
        }
        let Self {
            region,
            credentials,
            token,
            mut settings,
            ..
        } = self;
        let region = region.or_else(|| {
            settings
                .base_url
                .as_deref()
                .and_then(region_in)
                .map(str::to_owned)
        });
        if let Some(region) = &region {
            check_place(BedrockCodec::VENDOR.id, "region", region, "us-east-1")?;
        }
        let no_region = || config("no region for AWS Bedrock: set AWS_REGION, or pass one");
        let auth = match (token, credentials) {
            (Some(token), _) => Auth::Bearer(token),
            (None, Some(credentials)) => {
                let region = region.clone().ok_or_else(no_region)?;
                Auth::Custom(Arc::new(Signer::new(credentials, region)))
            }
            (None, None) => settings.auth.take().ok_or_else(|| {
                config(
                    "no credentials for AWS Bedrock: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and \
                     AWS_SECRET_ACCESS_KEY, or name a profile",
                )
            })?,
        };
        let id = settings.id.clone();
        let id = id.unwrap_or_else(|| ProviderId::from_static(BedrockCodec::VENDOR.id));
        let (address, codec) = match (settings.base_url.take(), region) {
            (Some(address), Some(region)) => (address, BedrockCodec::in_region(id, region, "")),
            (Some(address), None) => (address, BedrockCodec::new(id)),
            (None, Some(region)) => {
                let control = address_of("bedrock", &region);
                (
                    address_of("bedrock-runtime", &region),
                    BedrockCodec::in_region(id, region, control),
                )
            }
            (None, None) => return Err(no_region()),
        };
        settings.from_env = false;
        HttpProvider::builder_with(codec)
            .settings(&settings)
            .base_url(address)
            .auth(auth)
            .build()
    }
}

fn config(message: &'static str) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// The address of a service in a region.
fn address_of(service: &str, region: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://{service}.{region}.amazonaws.com{china}")
}

/// The region in an address of the vendor.
fn region_in(address: &str) -> Option<&str> {
    let host = address.split("://").nth(1)?.split(['/', ':']).next()?;
    let rest = host
        .strip_prefix("bedrock-runtime.")
        .or_else(|| host.strip_prefix("bedrock-runtime-fips."))?;
    let region = rest.split('.').next()?;
    rest.contains("amazonaws.").then_some(region)
}

/// The provider of settings that were read from somewhere. A key is a bearer key, or a pair `ID:SECRET` or `ID:SECRET:TOKEN`;
/// options are `region` and `profile`.
///
/// # Errors
/// As [`BedrockBuilder::build`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    settings.check_options(BedrockCodec::VENDOR.id, OPTIONS)?;
    let mut settings = settings.clone();
    let key = settings.api_key.take().filter(|key| !key.is_blank());
    let from_env = settings.from_env;
    let mut builder = BedrockBuilder {
        region: settings.options.get("region").cloned(),
        profile: settings.options.get("profile").cloned(),
        ..BedrockBuilder::new()
    };
    if let Some(key) = key {
        match Credentials::of_key(&key) {
            Some(credentials) => builder = builder.credentials(credentials),
            None => builder.token = Some(key),
        }
    }
    let has_auth = settings.auth.is_some();
    builder.settings = settings;
    if from_env && !has_auth {
        builder = builder.from_env()?;
    }
    Ok(Arc::new(builder.build()?))
}
