//! Providers by name: the vendors that are compiled in, and the caller's own.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, Result};
use router_http::{HttpProvider, ProviderSettings};
use router_wire::vendor::{Vendor, VendorCodec};

use crate::client::{Client, ClientBuilder};

/// Builds a provider from settings.
pub type Build = fn(&ProviderSettings) -> Result<Arc<dyn Provider>>;

/// One vendor of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    vendor: Vendor,
    build: Build,
    takes_more: bool,
    wires: &'static [&'static str],
}

impl Entry {
    /// The entry of a vendor's codec.
    #[must_use]
    pub fn of<C: VendorCodec>() -> Self {
        Self {
            takes_more: false,
            ..Self::new(C::VENDOR, |settings| {
                Ok(Arc::new(HttpProvider::<C>::from_settings(settings)?))
            })
        }
    }

    /// The entry of a vendor that takes more than an address and a key.
    #[must_use]
    pub fn new(vendor: Vendor, build: Build) -> Self {
        Self {
            vendor,
            build,
            takes_more: true,
            wires: &["openai"],
        }
    }

    /// On other wires than OpenAI's: parts of answers that bear the name of one may be given back to the vendor.
    #[must_use]
    pub fn on_wires(mut self, wires: &'static [&'static str]) -> Self {
        self.wires = wires;
        self
    }

    /// The wires that it speaks.
    #[must_use]
    pub fn wires(&self) -> &'static [&'static str] {
        self.wires
    }

    /// The vendor.
    #[must_use]
    pub fn vendor(&self) -> &Vendor {
        &self.vendor
    }

    /// Whether the environment has what the vendor needs: a key, or an address for one that needs no key.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        let set = |names: &[&str]| {
            names
                .iter()
                .any(|name| std::env::var(name).is_ok_and(|value| !value.trim().is_empty()))
        };
        set(self.vendor.key_env) || (self.needs_no_key() && set(self.vendor.base_url_env))
    }

    /// What to set so that the vendor is configured.
    #[must_use]
    pub fn remedy(&self) -> String {
        let names = if self.needs_no_key() {
            self.vendor.base_url_env
        } else {
            self.vendor.key_env
        };
        format!("set {}", names.join(" or "))
    }

    fn needs_no_key(&self) -> bool {
        self.vendor.auth == router_wire::vendor::AuthScheme::OptionalBearer
    }
}

/// Providers by name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The vendors that are compiled in, in the order in which a default is looked for: OpenAI, Anthropic, Gemini, DeepSeek,
    /// Ollama, the others by name, a server of one's own, the simulated vendor.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            entries: crate::providers::entries(),
        }
    }

    /// Adds a vendor; one of the same name is replaced.
    pub fn add(&mut self, entry: Entry) {
        self.entries.retain(|known| known.vendor.id != entry.vendor.id);
        self.entries.push(entry);
    }

    /// The vendors, in order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// A vendor by its name or another name it is known under.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.vendor.id == name || entry.vendor.aliases.contains(&name))
    }

    /// Builds a provider by its vendor's name.
    ///
    /// # Errors
    /// `Config` for an unknown name, a missing key (naming the variable), or a wrong address.
    pub fn build(&self, name: &str, settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
        let Some(entry) = self.get(name) else {
            let names: Vec<&str> = self.entries.iter().map(|entry| entry.vendor.id).collect();
            return Err(Error::new(
                ErrorKind::Config,
                format!("unknown provider {name:?}; compiled in are: {}", names.join(", ")),
            ));
        };
        (entry.build)(settings)
    }

    /// A client of all vendors that the environment has a key or an address for; the default is the first of them when
    /// there is only one. Vendors without are known to it as missing, so that errors name the variable.
    ///
    /// # Errors
    /// `Config` for an address that is none.
    pub fn client_from_env(&self) -> Result<ClientBuilder> {
        let mut builder = Client::builder();
        for entry in &self.entries {
            for alias in entry.vendor.aliases {
                builder = builder.alias(*alias, entry.vendor.id);
            }
            if entry.is_configured() {
                builder = match (entry.build)(&ProviderSettings::from_env()) {
                    Ok(provider) => builder.provider(provider),
                    // A cloud's variables are there for other programs too, and may say too little for this one.
                    Err(error) if entry.takes_more => builder.missing(entry.vendor.id, error.to_string()),
                    Err(error) => return Err(error),
                };
            } else {
                builder = builder.missing(entry.vendor.id, entry.remedy());
            }
        }
        Ok(builder)
    }
}
