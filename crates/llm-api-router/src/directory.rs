//! Which provider the name of a model means, and the models of all.

use std::sync::Arc;

use router_core::model::ModelList;
use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, Feature, ModelId, ModelRef, Operation, OperationKind,
    Output, Provider, ProviderId, Reply, Result, Warning,
};

static ID: ProviderId = ProviderId::from_static("llm-api-router");

/// Providers under their names, as one provider: a client without what tries again. Clones share them.
#[derive(Clone)]
pub(crate) struct Directory(Arc<Entries>);

/// What a directory holds.
pub(crate) struct Entries {
    pub(crate) providers: Vec<Arc<dyn Provider>>,
    /// The place of the provider that names without one go to.
    pub(crate) default: Option<usize>,
    /// Beginnings of names, and the place of the provider that they go to.
    pub(crate) prefixes: Vec<(String, usize)>,
    pub(crate) aliases: Vec<(String, ProviderId)>,
    /// Providers that are known and not there, and what to do about it.
    pub(crate) missing: Vec<(ProviderId, String)>,
    pub(crate) capabilities: Arc<Capabilities>,
}

impl Directory {
    pub(crate) fn new(entries: Entries) -> Self {
        Self(Arc::new(entries))
    }

    pub(crate) fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.0.providers
    }

    pub(crate) fn default(&self) -> Option<&Arc<dyn Provider>> {
        self.0.default.map(|place| &self.0.providers[place])
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<dyn Provider>> {
        let find = |id: &str| self.0.providers.iter().find(|provider| *provider.id() == *id);
        // One that was given a name goes by it, also where a vendor has it as another name of its own.
        find(id).or_else(|| find(self.0.canonical(id)))
    }

    /// The provider that a model's name goes to, and the model's name there.
    ///
    /// # Errors
    /// `NotFound` naming what to set or write, when no provider is meant.
    pub(crate) fn route(&self, model: &ModelId) -> Result<(&Arc<dyn Provider>, ModelId)> {
        let inner = &*self.0;
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
        for (place, provider) in self.0.providers.iter().enumerate() {
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
                        if self.0.default != Some(place) {
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

impl Entries {
    fn canonical<'a>(&'a self, name: &'a str) -> &'a str {
        let found = self.aliases.iter().find(|(alias, _)| alias == name);
        found.map_or(name, |(_, id)| id.as_str())
    }
}

impl Provider for Directory {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.0.capabilities)
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

pub(crate) fn names(providers: &[Arc<dyn Provider>]) -> String {
    let names: Vec<&str> = providers.iter().map(|provider| provider.id().as_str()).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}

/// What any of the providers can do.
pub(crate) fn joined(providers: &[Arc<dyn Provider>]) -> Capabilities {
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
