//! What is known of configured providers without asking them: their models, keys and addresses.

use std::path::Path;

use llm_api_router::catalog::{Catalog, Mode, Model};
use llm_api_router::config::ProviderConfig;
use llm_api_router::wire::vendor::Vendor;
use llm_api_router::{Client, Config, ModelId, ModelRef, OperationKind, Provider, Registry};

use crate::config::read;
use crate::failure::Failure;
use crate::select::{SIM, bare};

/// Vendors, and a configuration if there is one.
pub(crate) struct Known {
    registry: Registry,
    config: Option<Config>,
}

/// A client of these models, for calls that are looked at one by one: of a configuration, or of the environment with nothing around
/// its providers. The simulated vendor is there when it is named.
pub(crate) fn open(config: Option<&Path>, names: &[String]) -> Result<(Client, Known), Failure> {
    let registry = Registry::builtin();
    let (client, config) = match config {
        Some(file) => {
            let (config, client) = read(file)?;
            (client, Some(config))
        }
        None => (bare(&registry, names)?, None),
    };
    Ok((client, Known { registry, config }))
}

impl Known {
    /// The vendors alone.
    pub(crate) fn of_environment() -> Self {
        Self {
            registry: Registry::builtin(),
            config: None,
        }
    }

    pub(crate) fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    fn settings(&self, provider: &str) -> Option<&ProviderConfig> {
        self.config.as_ref()?.providers.get(provider)
    }

    /// The vendor behind a provider.
    pub(crate) fn vendor(&self, provider: &str) -> Option<&Vendor> {
        let kind = self
            .settings(provider)
            .and_then(|settings| settings.kind.as_deref());
        Some(self.registry.get(kind.unwrap_or(provider))?.vendor())
    }

    /// What to say of a provider that is not there.
    pub(crate) fn missing(&self, provider: &str, client: &Client) -> String {
        let next = match self.registry.get(provider) {
            Some(entry) => entry.remedy(),
            None => {
                let names: Vec<&str> = client.providers().map(|id| id.as_str()).collect();
                format!("there are: {}", names.join(", "))
            }
        };
        format!("provider {provider} is not configured; {next}")
    }

    /// What the catalog has of a provider's models.
    pub(crate) fn model(&self, provider: &str, model: &ModelId) -> Option<&'static Model> {
        Catalog::builtin().get(&self.vendor(provider)?.id.into(), model)
    }

    /// A model to chat with: the first that a route names, or the vendor's default.
    pub(crate) fn chat_model(&self, provider: &str) -> Option<ModelId> {
        let routes = self.config.iter().flat_map(|config| config.routes.values());
        let mut targets = routes.flat_map(|route| &route.targets).filter_map(|target| {
            let named = ModelRef::parse(&target.model, |word| word == provider);
            named.provider.map(|_| named.model)
        });
        targets
            .next()
            .or_else(|| Some(ModelId::from(self.vendor(provider)?.default_model?)))
    }

    /// A model to embed with: that of a vendor that does nothing else, or the cheapest in the catalog.
    pub(crate) fn embedding_model(&self, name: &str, provider: &dyn Provider) -> Option<ModelId> {
        let vendor = self.vendor(name)?;
        if vendor.id == SIM {
            return Some("sim-embed".into());
        }
        if !provider.capabilities().has(OperationKind::Chat)
            && let Some(model) = vendor.default_model
        {
            return Some(model.into());
        }
        let price = |model: &Model| model.price.as_ref().and_then(|price| price.input);
        let models = Catalog::builtin().models().filter(|model| {
            model.provider == *vendor.id && model.mode == Some(Mode::Embedding) && !model.retired
        });
        let cheapest = models.min_by(|one, other| {
            let price = |model| price(model).unwrap_or(f64::INFINITY);
            price(one)
                .total_cmp(&price(other))
                .then_with(|| one.id.cmp(&other.id))
        })?;
        Some(cheapest.id.clone())
    }

    /// Where a provider's key comes from.
    pub(crate) fn key(&self, provider: &str) -> Option<String> {
        let settings = self.settings(provider);
        let field = settings.and_then(|settings| match settings {
            _ if settings.api_key.is_some() => Some("api_key"),
            _ if settings.api_key_file.is_some() => Some("api_key_file"),
            _ if !settings.api_keys.is_empty() => Some("api_keys"),
            _ => None,
        });
        match field {
            Some(field) => Some(format!("providers.{provider}.{field}")),
            None => Some(self.vendor(provider)?.key_env)
                .filter(|names| !names.is_empty())
                .map(|names| names.join(" or ")),
        }
    }

    /// Where its address comes from.
    pub(crate) fn address(&self, provider: &str) -> Option<String> {
        if self
            .settings(provider)
            .is_some_and(|settings| settings.base_url.is_some())
        {
            return Some(format!("providers.{provider}.base_url and the network"));
        }
        let variable = *self.vendor(provider)?.base_url_env.first()?;
        Some(
            match std::env::var(variable).is_ok_and(|value| !value.trim().is_empty()) {
                true => format!("{variable} and the network"),
                false => format!("the network, or set another address in {variable}"),
            },
        )
    }
}
