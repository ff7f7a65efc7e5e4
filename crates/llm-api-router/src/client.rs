//! One provider made of several: `provider/model` names choose among them.

use std::sync::Arc;

use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, ModelId, Provider, ProviderId, Reply, Result,
};

use crate::directory::{Directory, Entries, joined, names};

/// Providers under their names, as one provider. Clones share them.
///
/// A model is named `provider/model`. A name without a provider goes to the default provider: the one that was named as
/// such, or the only one.
///
/// With the feature `retry`, calls are tried again, providers that keep failing are left alone, and what takes too long is
/// cut off, unless the builder is told otherwise.
#[derive(Clone)]
pub struct Client {
    directory: Directory,
    /// The directory behind what stands in front of all providers.
    #[cfg(feature = "retry")]
    front: Arc<dyn Provider>,
    #[cfg(feature = "config")]
    parts: Arc<crate::config::Parts>,
    #[cfg(feature = "retry")]
    breakers: Arc<[router_retry::BreakerHandle]>,
    #[cfg(all(feature = "retry", feature = "telemetry"))]
    telemetry: Option<router_telemetry::TelemetryLayer>,
    /// All of it, behind the layer that remembers.
    #[cfg(all(feature = "config", feature = "conversation"))]
    conversations: Option<Arc<dyn Provider>>,
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
    #[cfg(feature = "retry")]
    stack: crate::Stack,
    #[cfg(feature = "config")]
    pub(crate) extra: crate::config::Extra,
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

    /// With other layers than the default ones.
    #[cfg(feature = "retry")]
    #[must_use]
    pub fn stack(mut self, stack: crate::Stack) -> Self {
        self.stack = stack;
        self
    }

    /// With the providers as they are: nothing is tried again, left alone or cut off.
    #[must_use]
    pub fn bare(self) -> Self {
        #[cfg(feature = "retry")]
        let this = self.stack(crate::Stack::none());
        #[cfg(not(feature = "retry"))]
        let this = self;
        this
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
        let capabilities = Arc::new(joined(&self.providers));
        #[cfg(feature = "retry")]
        let (providers, breakers) = {
            let (mut providers, mut breakers) = (Vec::new(), Vec::new());
            for provider in self.providers {
                // One that a configuration has set up has its own around it.
                #[cfg(feature = "config")]
                if self.extra.are_whole {
                    providers.push(provider);
                    continue;
                }
                let (provider, breaker) = self.stack.around(provider);
                providers.push(provider);
                breakers.extend(breaker);
            }
            (providers, breakers)
        };
        #[cfg(feature = "config")]
        let breakers: Vec<_> = breakers.into_iter().chain(self.extra.breakers).collect();
        #[cfg(not(feature = "retry"))]
        let providers = self.providers;
        let directory = Directory::new(Entries {
            default,
            prefixes,
            aliases: self.aliases,
            missing: self.missing,
            capabilities,
            providers,
        });
        #[cfg(feature = "config")]
        let front = match self.extra.front {
            Some(front) => front,
            None => self.stack.front()?,
        };
        #[cfg(all(feature = "retry", not(feature = "config")))]
        let front = self.stack.front()?;
        Ok(Client {
            #[cfg(all(feature = "retry", feature = "telemetry"))]
            telemetry: self.stack.telemetry.clone(),
            #[cfg(feature = "retry")]
            front: self.stack.in_front(Arc::new(directory.clone()), &front),
            #[cfg(feature = "config")]
            parts: Arc::default(),
            #[cfg(feature = "retry")]
            breakers: breakers.into(),
            #[cfg(all(feature = "config", feature = "conversation"))]
            conversations: None,
            directory,
        })
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
        self.directory.providers().iter().map(|provider| provider.id())
    }

    /// The provider that names without one go to.
    #[must_use]
    pub fn default_provider(&self) -> Option<&ProviderId> {
        self.directory.default().map(|provider| provider.id())
    }

    /// A provider by its name, or by another name for it. Calls to it are not tried again, so that balancers are built over these: there is
    /// one retry loop in a stack, and it stands around the balancer.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Provider>> {
        self.directory.get(id)
    }

    /// The provider that a model's name goes to, and the model's name there.
    ///
    /// # Errors
    /// `NotFound` naming what to set or write, when no provider is meant.
    pub fn route(&self, model: &ModelId) -> Result<(&Arc<dyn Provider>, ModelId)> {
        #[cfg(feature = "config")]
        if let Some(route) = self.named_route(model) {
            return Ok((&route.front, model.clone()));
        }
        self.directory.route(model)
    }

    /// The routes of its configuration, by their names, with what balances each.
    #[cfg(feature = "config")]
    pub fn routes(&self) -> impl Iterator<Item = (&str, &router_balance::Balance)> {
        let routes = self.parts.routes.iter();
        routes.map(|route| (route.name.as_str(), &route.balance))
    }

    /// The limits of its configuration, by where they stand: `all`, `caller:NAME`, `route:NAME`, `provider:NAME`.
    #[cfg(feature = "config")]
    pub fn limiters(&self) -> impl Iterator<Item = (&str, &Arc<router_ratelimit::Limiter>)> {
        let limiters = self.parts.limiters.iter();
        limiters.map(|(name, limiter)| (name.as_str(), limiter))
    }

    /// The caches of its configuration, by where they stand: `direct` for models by their provider, `route:NAME`.
    #[cfg(feature = "config")]
    pub fn caches(&self) -> impl Iterator<Item = (&str, &router_cache::CacheHandle)> {
        let caches = self.parts.caches.iter();
        caches.map(|(name, cache)| (name.as_str(), cache))
    }

    #[cfg(feature = "config")]
    pub(crate) fn with_parts(mut self, parts: crate::config::Parts) -> Self {
        self.parts = Arc::new(parts);
        self
    }

    #[cfg(all(feature = "config", feature = "conversation"))]
    pub(crate) fn with_conversations(mut self, conversations: Arc<dyn Provider>) -> Self {
        self.conversations = Some(conversations);
        self
    }

    /// Whether calls that name a conversation go on with it.
    #[must_use]
    pub fn remembers(&self) -> bool {
        #[cfg(all(feature = "config", feature = "conversation"))]
        return self.conversations.is_some();
        #[cfg(not(all(feature = "config", feature = "conversation")))]
        false
    }

    #[cfg(feature = "config")]
    fn named_route(&self, model: &ModelId) -> Option<&crate::config::Route> {
        let routes = &self.parts.routes;
        let place = routes.binary_search_by(|route| route.name.as_str().cmp(model.as_str()));
        place.ok().map(|place| &routes[place])
    }

    /// The caller, if it has a key that is good for some routes only.
    #[cfg(feature = "config")]
    fn restricted(&self, call: &Call) -> Option<&crate::callers::Caller> {
        let caller = call.context.caller()?;
        self.parts.callers.get(caller)
    }

    /// What its calls came to, where it counts them.
    #[cfg(all(feature = "retry", feature = "telemetry"))]
    #[must_use]
    pub fn metrics(&self) -> Option<&router_telemetry::Metrics> {
        self.telemetry
            .as_ref()
            .map(router_telemetry::TelemetryLayer::metrics)
    }

    /// What is let through to the providers, where they have breakers.
    #[cfg(feature = "retry")]
    pub fn breakers(&self) -> impl Iterator<Item = &router_retry::BreakerHandle> {
        self.breakers.iter()
    }
}

impl Provider for Client {
    fn id(&self) -> &ProviderId {
        self.directory.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.directory.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        #[cfg(all(feature = "config", feature = "conversation"))]
        if let Some(conversations) = &self.conversations {
            return conversations.call(call);
        }
        #[cfg(feature = "config")]
        if let Some(answer) = self.restricted(call).and_then(|caller| caller.answer(call)) {
            if let (Some(telemetry), Err(error)) = (&self.telemetry, &answer) {
                telemetry.refused(call, error);
            }
            return Box::pin(std::future::ready(answer));
        }
        #[cfg(feature = "config")]
        if let Some(route) = self.named_route(&call.model) {
            return route.front.call(call);
        }
        #[cfg(feature = "config")]
        if !self.parts.routes.is_empty() && crate::callers::lists_models(call) {
            return Box::pin(async move {
                let reply = self.front.call(call).await?;
                Ok(crate::callers::with_routes(
                    reply,
                    self.routes().map(|(name, _)| name),
                ))
            });
        }
        #[cfg(feature = "retry")]
        return self.front.call(call);
        #[cfg(not(feature = "retry"))]
        self.directory.call(call)
    }
}
