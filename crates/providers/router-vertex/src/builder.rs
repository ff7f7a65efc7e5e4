//! Builds a provider for a project: credentials to tokens, location to address.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, ProviderId, Result, Secret};
use router_http::{Auth, HttpProvider, ProviderSettings, TokenAuth};
use router_wire::vendor::{VendorCodec as _, check_place};

use crate::Vertex;
use crate::codec::VertexCodec;
use crate::credentials::{Credentials, GoogleTokens};
use crate::place::Place;

/// The location that has most models.
const LOCATION: &str = "global";

/// Names of the settings that only this vendor has, in a configuration.
const OPTIONS: &[&str] = &["project", "location", "credentials"];

/// Builds a [`Vertex`] for a project.
#[derive(Clone, Debug, Default)]
pub struct VertexBuilder {
    project: Option<String>,
    location: Option<String>,
    credentials: Option<Credentials>,
    token: Option<Secret>,
    settings: ProviderSettings,
}

impl VertexBuilder {
    /// Nothing set yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a project; else that of the credentials.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// With a location: a region, `us`, `eu`, or `global`, which is the default.
    #[must_use]
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// With credentials.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// With an access token that somebody else renews.
    #[must_use]
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// With the settings that every vendor has: id, address, headers, transport.
    #[must_use]
    pub fn settings(mut self, settings: ProviderSettings) -> Self {
        self.settings = settings;
        self
    }

    /// With what the environment names, where nothing was given: `GOOGLE_APPLICATION_CREDENTIALS` (a file), project
    /// (`GOOGLE_CLOUD_PROJECT`, `ANTHROPIC_VERTEX_PROJECT_ID`) and location (`GOOGLE_CLOUD_LOCATION`, `CLOUD_ML_REGION`).
    ///
    /// # Errors
    /// `Config` for a file that cannot be read.
    pub fn from_env(mut self) -> Result<Self> {
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        };
        self.project = self
            .project
            .or_else(|| first(&["GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"]));
        self.location = self
            .location
            .or_else(|| first(&["GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION"]));
        if self.credentials.is_none()
            && self.token.is_none()
            && let Some(file) = first(&["GOOGLE_APPLICATION_CREDENTIALS"])
        {
            self.credentials = Some(read(&file)?);
        }
        self.settings.base_url = self
            .settings
            .base_url
            .or_else(|| first(VertexCodec::VENDOR.base_url_env));
        Ok(self)
    }

    /// The provider.
    ///
    /// # Errors
    /// `Config` without credentials or project, and for names that Google Cloud does not have.
    pub fn build(self) -> Result<Vertex> {
        let config = |message: &str| Error::new(ErrorKind::Config, message);
        let Self {
            project,
            location,
            credentials,
            token,
            mut settings,
        } = self;
        let own = credentials
            .as_ref()
            .and_then(Credentials::project)
            .map(str::to_owned);
        let project = project
            .or(own)
            .ok_or_else(|| config("no project for Vertex AI: set GOOGLE_CLOUD_PROJECT, or pass one"))?;
        let place = Place::new(project, location.unwrap_or_else(|| LOCATION.to_owned()))?;
        let transport = match settings.transport.take() {
            Some(transport) => transport,
            None => router_http::transport::make(&settings.http)?,
        };
        let auth = match (token, credentials) {
            (Some(token), _) => Auth::Bearer(token),
            (None, Some(credentials)) => {
                let tokens = GoogleTokens::new(credentials, Arc::clone(&transport));
                Auth::Custom(Arc::new(TokenAuth::new(tokens)))
            }
            (None, None) => settings.auth.take().ok_or_else(|| {
                config("no credentials for Vertex AI: set GOOGLE_APPLICATION_CREDENTIALS, or pass some")
            })?,
        };
        let id = settings
            .id
            .clone()
            .unwrap_or_else(|| ProviderId::from_static(VertexCodec::VENDOR.id));
        let address = settings.base_url.clone().unwrap_or_else(|| place.host());
        settings.from_env = false;
        HttpProvider::builder_with(VertexCodec::at(id, place))
            .settings(&settings)
            .base_url(address)
            .auth(auth)
            .transport(transport)
            .build()
    }
}

fn read(file: &str) -> Result<Credentials> {
    let json = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("credentials of Google Cloud in {file} cannot be read: {error}");
        Error::new(ErrorKind::Config, message)
    })?;
    Credentials::parse(&json)
}

/// The provider of settings that were read from somewhere. A key that is a JSON object is a file of credentials, any other is that
/// of the express mode; options are `project`, `location`, and `credentials` (a file, or `metadata`).
///
/// # Errors
/// As [`VertexBuilder::build`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    settings.check_options(VertexCodec::VENDOR.id, OPTIONS)?;
    let option = |name: &str| settings.options.get(name).cloned();
    let mut builder = VertexBuilder {
        project: option("project"),
        location: option("location"),
        ..VertexBuilder::new()
    };
    if let Some(location) = &builder.location {
        check_place(VertexCodec::VENDOR.id, "location", location, "us-central1")?;
    }
    match (option("credentials").as_deref(), &settings.api_key) {
        (Some("metadata"), _) => {
            let host = std::env::var("GCE_METADATA_HOST").ok();
            let host = host.unwrap_or_else(|| "metadata.google.internal".to_owned());
            builder.credentials = Some(Credentials::Metadata(host));
        }
        (Some(file), _) => builder.credentials = Some(read(file)?),
        (None, Some(key)) if key.expose().trim_start().starts_with('{') => {
            builder.credentials = Some(Credentials::parse(key.expose())?);
        }
        _ => {}
    }
    let express = |settings: &ProviderSettings| -> Result<Arc<dyn Provider>> {
        Ok(Arc::new(Vertex::builder().settings(settings).build()?))
    };
    let mut settings = settings.clone();
    if builder.credentials.is_none() {
        if settings.from_env && settings.api_key.is_none() {
            let set = |name: &str| std::env::var(name).ok().filter(|key| !key.trim().is_empty());
            if set("GOOGLE_APPLICATION_CREDENTIALS").is_none() {
                settings.api_key = set("GOOGLE_VERTEX_API_KEY").map(Secret::from);
            }
        }
        if settings.api_key.is_some() {
            if let Some(name) = settings.options.keys().next() {
                let message = format!(
                    "vertex: {name} is for credentials; a key of the express mode is good everywhere"
                );
                return Err(Error::new(ErrorKind::Config, message));
            }
            return express(&settings);
        }
    }
    settings.api_key = None;
    let from_env = settings.from_env;
    builder.settings = settings;
    if from_env {
        builder = builder.from_env()?;
    }
    Ok(Arc::new(builder.build()?))
}
