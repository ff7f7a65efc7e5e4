//! One provider made of several: `provider/model` names choose among them.

use std::sync::Arc;

use router_core::model::ModelList;
use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, Feature, ModelId, ModelRef, Operation, OperationKind,
    Output, Provider, ProviderId, Reply, Result, Warning,
};

static ID: ProviderId = ProviderId::from_static("llm-api-router");

/// Providers under their names, as one provider. Clones share them.
///
/// A model is named `provider/model`. A name without a provider goes to the default provider: the one that was named as
/// such, or the only one.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    providers: Vec<Arc<dyn Provider>>,
    default: Option<usize>,
    prefixes: Vec<(String, usize)>,
    aliases: Vec<(String, ProviderId)>,
    missing: Vec<(ProviderId, String)>,
    capabilities: Arc<Capabilities>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("providers", &self.providers().collect::<Vec<_>>())
            .field("default", &self.default_provider())
            .finish_non_exhaustive()
    }
}

/// Builds a [`Client`].
#[derive(Default)]
pub struct ClientBuilder {
    providers: Vec<Arc<dyn Provider>>,
    default: Option<ProviderId>,
    prefixes: Vec<(String, ProviderId)>,
    aliases: Vec<(String, ProviderId)>,
    missing: Vec<(ProviderId, String)>,
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.providers.iter().map(|provider| provider.id()).collect();
        f.debug_struct("ClientBuilder")
            .field("providers", &names)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// With a provider, under its id.
    #[must_use]
    pub fn provider(mut self, provider: impl Provider) -> Self {
        self.providers.push(Arc::new(provider));
        self
    }

    /// With the provider that names without one go to.
    #[must_use]
    pub fn default_provider(mut self, id: impl Into<ProviderId>) -> Self {
        self.default = Some(id.into());
        self
    }

    /// With names that begin so, and name no provider, going to a provider.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>, id: impl Into<ProviderId>) -> Self {
        self.prefixes.push((prefix.into(), id.into()));
        self
    }

    /// With another name for a provider.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>, id: impl Into<ProviderId>) -> Self {
        self.aliases.push((alias.into(), id.into()));
        self
    }

    /// With a provider that is known and not there, and what to do about it: the error for models that name it.
    #[must_use]
    pub fn missing(mut self, id: impl Into<ProviderId>, remedy: impl Into<String>) -> Self {
        self.missing.push((id.into(), remedy.into()));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// `Config` for two providers of one name, and for a default or a prefix that names none of them.
    pub fn build(self) -> Result<Client> {
        let config = |message: String| Error::new(ErrorKind::Config, message);
        for (place, provider) in self.providers.iter().enumerate() {
            if self.providers[..place]
                .iter()
                .any(|earlier| earlier.id() == provider.id())
            {
                return Err(config(format!("two providers have the name {}", provider.id())));
            }
        }
        let find = |id: &ProviderId| {
            let found = self.providers.iter().position(|provider| provider.id() == id);
            found.ok_or_else(|| match self.missing.iter().find(|(missing, _)| missing == id) {
                Some((id, remedy)) => config(format!("provider {id} is not configured: {remedy}")),
                None => config(format!(
                    "no provider has the name {id}; there are: {}",
                    names(&self.providers)
                )),
            })
        };
        let default = match &self.default {
            Some(id) => Some(find(id)?),
            None => (self.providers.len() == 1).then_some(0),
        };
        let prefixes = self
            .prefixes
            .iter()
            .map(|(prefix, id)| Ok((prefix.clone(), find(id)?)));
        let prefixes = prefixes.collect::<Result<_>>()?;
        Ok(Client {
            inner: Arc::new(Inner {
                default,
                prefixes,
                aliases: self.aliases,
                missing: self.missing,
                capabilities: Arc::new(joined(&self.providers)),
                providers: self.providers,
            }),
        })
    }
}

impl Inner {
    fn canonical<'a>(&'a self, name: &'a str) -> &'a str {
        let found = self.aliases.iter().find(|(alias, _)| alias == name);
        found.map_or(name, |(_, id)| id.as_str())
    }
}

impl Client {
    /// Builds a client.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The names of its providers.
    pub fn providers(&self) -> impl Iterator<Item = &ProviderId> {
        self.inner.providers.iter().map(|provider| provider.id())
    }

    /// The provider that names without one go to.
    #[must_use]
    pub fn default_provider(&self) -> Option<&ProviderId> {
        self.inner.default.map(|place| self.inner.providers[place].id())
    }

    /// A provider by its name, or by another name for it.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Provider>> {
        let id = self.inner.canonical(id);
        self.inner.providers.iter().find(|provider| *provider.id() == *id)
    }

    /// The provider that a model's name goes to, and the model's name there.
    ///
    /// # Errors
    /// `NotFound` naming what to set or write, when no provider is meant.
    pub fn route(&self, model: &ModelId) -> Result<(&Arc<dyn Provider>, ModelId)> {
        let inner = &*self.inner;
        let remedy = |name: &str| {
            let name = inner.canonical(name);
            inner.missing.iter().find(|(missing, _)| *missing == *name)
        };
        let known = |name: &str| self.get(name).is_some() || remedy(name).is_some();
        let named = ModelRef::parse(model.as_str(), known);
        let Some(id) = named.provider else {
            let prefixed = inner
                .prefixes
                .iter()
                .find(|(prefix, _)| model.as_str().starts_with(prefix));
            return match prefixed.map(|(_, place)| *place).or(inner.default) {
                Some(place) => Ok((&inner.providers[place], named.model)),
                None => Err(not_found(format!(
                    "model {model:?} names no provider: write provider/model, with one of {}",
                    names(&inner.providers)
                ))),
            };
        };
        match (self.get(id.as_str()), remedy(id.as_str())) {
            (Some(provider), _) => Ok((provider, named.model)),
            (None, Some((id, remedy))) => {
                Err(not_found(format!("provider {id} is not configured: {remedy}")))
            }
            // `known` found it in one of the two.
            (None, None) => Err(not_found(format!("no provider has the name {id}"))),
        }
    }

    /// The models of all providers: bare names of the default provider's, `provider/model` of the others. A provider that
    /// fails is named in a warning; when all fail, the first failure is the error.
    async fn list(&self, call: &Call) -> Result<Reply> {
        let mut models = Vec::new();
        let mut warnings = Vec::new();
        let mut failure = None;
        let mut answered = false;
        for (place, provider) in self.inner.providers.iter().enumerate() {
            if !provider.capabilities().has(OperationKind::ListModels) {
                continue;
            }
            let reply = match provider.call(call).await {
                Ok(reply) => reply.into_output().await,
                Err(error) => Err(error),
            };
            match reply {
                Ok(Output::ListModels(list)) => {
                    answered = true;
                    models.extend(list.models.into_iter().map(|mut model| {
                        if self.inner.default != Some(place) {
                            model.id = ModelId::from(format!("{}/{}", provider.id(), model.id));
                        }
                        model
                    }));
                }
                Ok(_) => {}
                Err(error) => {
                    warnings.push(Warning::dropped(
                        format!("models of {}", provider.id()),
                        error.to_string(),
                    ));
                    failure.get_or_insert(error);
                }
            }
        }
        match failure {
            Some(error) if !answered => Err(error),
            _ => {
                let mut reply = Reply::full(Output::ListModels(ModelList::new(models)));
                reply.head.provider = ID.clone();
                reply.head.warnings = warnings;
                Ok(reply)
            }
        }
    }
}

impl Provider for Client {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.inner.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            if matches!(call.operation, Operation::ListModels(_)) && call.model.as_str().is_empty() {
                return self.list(call).await;
            }
            let (provider, model) = self.route(&call.model)?;
            if model == call.model {
                return provider.call(call).await;
            }
            provider.call(&call.with_model(model)).await
        })
    }
}

fn not_found(message: String) -> Error {
    Error::new(ErrorKind::NotFound, message).with_code("model_not_found")
}

fn names(providers: &[Arc<dyn Provider>]) -> String {
    let names: Vec<&str> = providers.iter().map(|provider| provider.id().as_str()).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

/// What any of the providers can do.
fn joined(providers: &[Arc<dyn Provider>]) -> Capabilities {
    let all: Vec<_> = providers.iter().map(|provider| provider.capabilities()).collect();
    let operations: Vec<OperationKind> = OperationKind::ALL
        .iter()
        .copied()
        .filter(|operation| all.iter().any(|one| one.has(*operation)))
        .collect();
    let model = ModelId::default();
    let features: Vec<Feature> = Feature::ALL
        .iter()
        .copied()
        .filter(|feature| all.iter().any(|one| one.features_of(&model).contains(*feature)))
        .collect();
    Capabilities::new(operations, &features)
}
