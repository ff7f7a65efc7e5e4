//! What a provider is built from when its vendor is chosen by name: the same few settings for every vendor.

use std::collections::BTreeMap;
use std::sync::Arc;

use router_core::{Error, ErrorKind, Json, ProviderId, Result, Secret};
use router_wire::vendor::VendorCodec;

use crate::auth::Auth;
use crate::config::HttpConfig;
use crate::provider::HttpProvider;
use crate::transport::Transport;

/// How a provider is to be built. What is not set is the vendor's default.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ProviderSettings {
    /// Another id than the vendor's.
    pub id: Option<ProviderId>,
    /// Another address.
    pub base_url: Option<String>,
    /// The key.
    pub api_key: Option<Secret>,
    /// Another way to authenticate.
    pub auth: Option<Auth>,
    /// Headers on every request.
    pub headers: Vec<(String, String)>,
    /// What only some vendors have, by name: `project`, `location`, `region`, … A vendor refuses names it does not know.
    pub options: BTreeMap<String, String>,
    /// Differences from the vendor's dialect, for vendors of OpenAI's family.
    pub dialect: Option<Json>,
    /// The transport's settings and bounds.
    pub http: HttpConfig,
    /// A transport that is there already.
    pub transport: Option<Arc<dyn Transport>>,
    /// Whether key and address come from the vendor's environment variables where they are not set here.
    pub from_env: bool,
}

impl ProviderSettings {
    /// Everything from the vendor's environment variables.
    #[must_use]
    pub fn from_env() -> Self {
        Self {
            from_env: true,
            ..Self::default()
        }
    }

    /// With a key.
    #[must_use]
    pub fn with_api_key(mut self, key: impl Into<Secret>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// With an address.
    #[must_use]
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// With another id than the vendor's.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<ProviderId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// With differences from the vendor's dialect.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Json) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// With a setting that only some vendors have.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// With a transport that is there already.
    #[must_use]
    pub fn with_transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The settings, when there are no other options than `known`.
    ///
    /// # Errors
    /// `Config` naming an option that the vendor does not have, and those it has.
    pub fn check_options(&self, vendor: &str, known: &[&str]) -> Result<()> {
        let Some(unknown) = self.options.keys().find(|name| !known.contains(&name.as_str())) else {
            return Ok(());
        };
        let has = if known.is_empty() {
            "it has none of its own".to_owned()
        } else {
            format!("it has {}", known.join(", "))
        };
        let message = format!("{vendor} has no setting {unknown:?}: {has}");
        Err(Error::new(ErrorKind::Config, message))
    }
}

impl<C: VendorCodec> HttpProvider<C> {
    /// The vendor with settings that were read from somewhere, a file or a command line.
    ///
    /// # Errors
    /// As [`Builder::build`](crate::Builder::build), and `Config` for options: vendors that have some are built by their own
    /// crates.
    pub fn from_settings(settings: &ProviderSettings) -> Result<Self> {
        settings.check_options(C::VENDOR.id, &[])?;
        let mut builder = Self::builder();
        if let Some(dialect) = &settings.dialect {
            let id = settings.id.clone();
            let codec = C::new(id.unwrap_or_else(|| ProviderId::from_static(C::VENDOR.id)));
            builder = builder.codec(codec.with_dialect(dialect)?);
        }
        builder.settings(settings).build()
    }
}
