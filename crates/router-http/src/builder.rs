//! Builds a provider: address, key, headers, transport.

use std::fmt;
use std::sync::Arc;

use http::header::{HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use router_core::{Error, ErrorKind, ProviderId, Result, Secret};
use router_wire::vendor::{AuthScheme, Vendor, VendorCodec};
use router_wire::{Codec, FrameLimits};

use crate::auth::Auth;
use crate::config::HttpConfig;
use crate::provider::HttpProvider;
use crate::settings::ProviderSettings;
use crate::transport::Transport;
use crate::urls::Urls;

/// Builds an [`HttpProvider`]. Nothing is read from the environment unless [`Builder::from_env`] asks for it.
pub struct Builder<C> {
    codec: CodecSource<C>,
    vendor: Option<Vendor>,
    id: Option<ProviderId>,
    base_url: Option<String>,
    api_key: Option<Secret>,
    auth: Option<Auth>,
    headers: Vec<(String, String)>,
    config: HttpConfig,
    transport: Option<Arc<dyn Transport>>,
    skip_malformed: bool,
}

enum CodecSource<C> {
    Made(C),
    ById(fn(ProviderId) -> C),
}

impl<C> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("id", &self.id)
            .field("base_url", &self.base_url)
            .field("api_key", &self.api_key)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl<C: VendorCodec> Builder<C> {
    pub(crate) fn for_vendor() -> Self {
        Self {
            vendor: Some(C::VENDOR),
            ..Self::of(CodecSource::ById(C::new))
        }
    }

    /// With a codec that was set up before. The provider's id is the codec's.
    #[must_use]
    pub fn codec(mut self, codec: C) -> Self {
        self.codec = CodecSource::Made(codec);
        self
    }
}

impl<C: Codec> Builder<C> {
    pub(crate) fn for_codec(codec: C) -> Self {
        Self::of(CodecSource::Made(codec))
    }

    fn of(codec: CodecSource<C>) -> Self {
        Self {
            codec,
            vendor: None,
            id: None,
            base_url: None,
            api_key: None,
            auth: None,
            headers: Vec::new(),
            config: HttpConfig::default(),
            transport: None,
            skip_malformed: false,
        }
    }

    /// With settings that were read from somewhere, their address as the vendor reads those of its variables. Their `options` are for
    /// the crates of single vendors.
    #[must_use]
    pub fn settings(mut self, settings: &ProviderSettings) -> Self {
        self.id = settings.id.clone().or(self.id);
        let read = self.vendor.map(|vendor| vendor.read_address);
        let given = settings.base_url.clone().map(|address| match read {
            Some(read) if !address.trim().is_empty() => read(&address),
            _ => address,
        });
        self.base_url = given.or(self.base_url);
        self.api_key = settings.api_key.clone().or(self.api_key);
        self.auth = settings.auth.clone().or(self.auth);
        self.headers.extend(settings.headers.iter().cloned());
        self.config = settings.http.clone();
        self.transport = settings.transport.clone().or(self.transport);
        if settings.from_env { self.from_env() } else { self }
    }

    /// With another id than the vendor's: several accounts or regions of one vendor.
    #[must_use]
    pub fn id(mut self, id: impl Into<ProviderId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// With an address, everything in front of the wire's paths. One slash at its end is taken off.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// With a key, sent as the vendor wants it.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<Secret>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// With another way to authenticate.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// With a header on every request.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With settings of the transport and its bounds.
    #[must_use]
    pub fn config(mut self, config: HttpConfig) -> Self {
        self.config = config;
        self
    }

    /// With a transport, shared with other providers or of one's own making.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Skipping frames of a stream that cannot be read, instead of ending it with an error.
    #[must_use]
    pub fn skip_malformed_frames(mut self) -> Self {
        self.skip_malformed = true;
        self
    }

    /// With address and key from the vendor's environment variables, where they are set and nothing was given.
    #[must_use]
    pub fn from_env(mut self) -> Self {
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        };
        if let Some(vendor) = &self.vendor {
            self.base_url = self
                .base_url
                .take()
                .or_else(|| first(vendor.base_url_env).map(|address| (vendor.read_address)(&address)));
            self.api_key = self
                .api_key
                .take()
                .or_else(|| first(vendor.key_env).map(Secret::from));
        }
        self
    }

    /// The provider.
    ///
    /// # Errors
    /// `Config` without a key where the vendor needs one (naming the variable), for an address that is none, a header that
    /// cannot be sent, or a transport that is not compiled in.
    pub fn build(self) -> Result<HttpProvider<C>> {
        let vendor = self.vendor;
        let id = self
            .id
            .clone()
            .unwrap_or_else(|| ProviderId::from_static(vendor.map_or("custom", |vendor| vendor.id)));
        let base_url = self
            .base_url
            .clone()
            .or_else(|| vendor.map(|vendor| vendor.base_url.to_owned()))
            .unwrap_or_default();
        let base_url = match (base_url.trim(), vendor) {
            ("", Some(vendor)) if !vendor.base_url_env.is_empty() => {
                let names = vendor.base_url_env.join(" or ");
                let message = format!("no address for {}: set {names}, or pass a base URL", vendor.name);
                Err(Error::new(ErrorKind::Config, message))
            }
            (url, _) => checked_url(url),
        };
        let base_url = base_url.map_err(|error| error.with_provider(&id))?;
        let auth = self.authentication().map_err(|error| error.with_provider(&id))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let bad = |_| {
                Error::new(
                    ErrorKind::Config,
                    format!("header {name} cannot be sent as given"),
                )
            };
            let value = HeaderValue::from_str(value).map_err(|_| bad(()))?;
            headers.insert(
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?,
                value,
            );
        }
        if let Ok(agent) = HeaderValue::from_str(&self.config.user_agent) {
            headers.entry(USER_AGENT).or_insert(agent);
        }
        auth.write(&mut headers)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => crate::transport::make(&self.config)?,
        };
        let codec = match self.codec {
            CodecSource::Made(codec) => codec,
            CodecSource::ById(new) => new(id),
        };
        Ok(HttpProvider {
            limits: FrameLimits::new(self.config.max_frame_bytes),
            max_response_bytes: self.config.max_response_bytes,
            max_error_bytes: self.config.max_error_bytes,
            job_timeout: self.config.job_timeout,
            skip_malformed: self.skip_malformed,
            codec: Arc::new(codec),
            base_url,
            urls: Urls::default(),
            headers,
            auth,
            transport,
        })
    }

    fn authentication(&self) -> Result<Auth> {
        if let Some(auth) = &self.auth {
            return Ok(auth.clone());
        }
        let key = self.api_key.clone().filter(|key| !key.is_blank());
        let Some(vendor) = &self.vendor else {
            return Ok(key.map_or(Auth::None, Auth::Bearer));
        };
        match (vendor.auth, key) {
            (AuthScheme::Bearer | AuthScheme::OptionalBearer, Some(key)) => Ok(Auth::Bearer(key)),
            (AuthScheme::Header(name), Some(key)) => Ok(Auth::Header(HeaderName::from_static(name), key)),
            (AuthScheme::OptionalBearer, None) => Ok(Auth::None),
            _ => {
                let names = vendor.key_env.join(" or ");
                let message = format!("no API key for {}: set {names}, or pass a key", vendor.name);
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }
}

fn checked_url(url: &str) -> Result<String> {
    let trimmed = url.trim();
    let bad = |why: &str| {
        let shown = trimmed.split('?').next().unwrap_or_default();
        Err(Error::new(
            ErrorKind::Config,
            format!("base URL {shown:?}: {why}"),
        ))
    };
    if trimmed.is_empty() {
        return Err(Error::new(ErrorKind::Config, "a base URL is needed"));
    }
    if !trimmed.starts_with("http://") && !trimmed.starts_with("https://") {
        return bad("must begin with http:// or https://");
    }
    match trimmed.parse::<http::Uri>() {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => {
            Ok(trimmed.strip_suffix('/').unwrap_or(trimmed).to_owned())
        }
        Ok(_) => bad("has no host"),
        Err(error) => bad(&error.to_string()),
    }
}
