//! Configuration to client: each provider with what stands around it, each route, and what stands in front.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use router_balance::{Balance, KeyPool, RedisCooldowns, Target};
use router_cache::{CacheHandle, CacheLayer, CachePolicy};
use router_core::{
    BoxFuture, Call, Capabilities, Json, Layer as _, ModelId, Provider, ProviderId, Reply, Result, Scripted,
    Secret, Text,
};
use router_http::{HttpConfig, ProviderSettings};
use router_ratelimit::{Dimension, KeyName, Limit, Limiter, RateLimitLayer};
use router_redis::Redis;
use router_retry::BreakerHandle;
use router_telemetry::TelemetryLayer;

use super::http::HttpSettings;
use super::provider::ProviderConfig;
use super::read::{nearest_of, wrong};
use super::route::RouteConfig;
use super::variables::{Variables, filled, secret, secret_in};
use super::{Config, Setting};
use crate::callers::{Caller, CallerLimits};
use crate::client::{Client, ClientBuilder};
use crate::registry::{Entry, Registry};
use crate::stack::{Front, Stack, told_apart};

/// A route of a client.
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) balance: Balance,
    /// The balancer behind retry, limits and cache.
    pub(crate) front: Arc<dyn Provider>,
}

/// What of a configuration a client shows.
#[derive(Default)]
pub(crate) struct Parts {
    /// Names that models may be asked for by, and what answers there: in the order of the names.
    pub(crate) routes: Vec<Route>,
    pub(crate) limiters: Vec<(String, Arc<Limiter>)>,
    pub(crate) caches: Vec<(String, CacheHandle)>,
    /// Callers that may ask for some routes only.
    pub(crate) callers: HashMap<Text, Caller>,
}

/// What a builder takes over from a configuration.
#[derive(Default)]
pub(crate) struct Extra {
    /// Providers that have everything around them already.
    pub(crate) are_whole: bool,
    pub(crate) breakers: Vec<BreakerHandle>,
    pub(crate) front: Option<Front>,
}

impl Config {
    /// The client, with the variables of the process's environment.
    ///
    /// # Errors
    /// `Config` naming the file and every field that is wrong.
    pub fn client(&self, registry: &Registry) -> Result<Client> {
        self.client_with(registry, &|name| std::env::var(name).ok())
    }

    /// The client, with the variables of something else: of a test.
    ///
    /// # Errors
    /// `Config` naming the file and every field that is wrong.
    pub fn client_with(&self, registry: &Registry, variables: &Variables<'_>) -> Result<Client> {
        let mut build = Building {
            config: self,
            registry,
            variables,
            wrong: Vec::new(),
            redis: None,
            breakers: Vec::new(),
            parts: Parts::default(),
            wires: Vec::new(),
            print: DefaultHasher::new(),
        };
        let client = build.client();
        let told: Vec<String> = build.wrong.iter().map(|line| self.source.told(line)).collect();
        match client {
            Some(client) if told.is_empty() => Ok(client),
            _ => Err(wrong(told.join("\n"))),
        }
    }

    /// The layers of all calls. Clients that are made of this configuration and its clones have one, with one budget of retries.
    fn stack(&self) -> &Stack {
        self.stack.get_or_init(|| {
            Stack::none()
                .with_retry(self.retry.policy())
                .with_breaker(self.breaker.policy())
                .with_timeouts(self.timeouts.policy())
                .with_limits(self.limits.iter().cloned())
                .with_cache(self.cache.clone())
                .with_telemetry(
                    self.telemetry
                        .as_ref()
                        .map(|set| TelemetryLayer::new(set.policy())),
                )
        })
    }
}

/// A client that is being built. What is wrong is gathered, so that all of it is told at once.
struct Building<'a> {
    config: &'a Config,
    registry: &'a Registry,
    variables: &'a Variables<'a>,
    wrong: Vec<String>,
    redis: Option<Redis>,
    breakers: Vec<BreakerHandle>,
    parts: Parts,
    /// The wires that each provider speaks.
    wires: Vec<(ProviderId, &'static [&'static str])>,
    /// What answers: caches that are shared must not mix up addresses.
    print: DefaultHasher,
}

impl Building<'_> {
    fn client(&mut self) -> Option<Client> {
        self.redis = self.redis();
        let mut builder = Client::builder();
        for (name, provider) in &self.config.providers {
            // One that cannot be made has told why. It is stood in for, so that what names it is not called wrong as well.
            let provider = self.provider(name, provider);
            builder =
                builder.provider(provider.unwrap_or_else(|| Arc::new(Scripted::new().with_id(name.clone()))));
        }
        builder = self.with_environment(builder);
        if let Some(name) = &self.config.default_provider {
            builder = builder.default_provider(name.as_str());
        }
        if self.config.gateway.max_in_flight == 0 {
            self.wrong
                .push("gateway.max_in_flight: 0 lets nobody in".to_owned());
        }
        if let Some(telemetry) = &self.config.telemetry {
            self.wrong
                .extend(telemetry.wrong(self.config.gateway.listen.as_deref()));
        }
        let limits = self.limits("limits", &self.config.limits, "all");
        let callers = self.callers();
        let cache = self.cache("cache", self.config.cache.as_ref(), "direct");
        builder = builder.stack(self.config.stack().clone());
        builder.extra = Extra {
            are_whole: true,
            breakers: std::mem::take(&mut self.breakers),
            front: Some(Front {
                cache,
                limits: limits.iter().cloned().collect(),
                callers: Arc::clone(&callers),
            }),
        };
        let client = builder
            .build()
            .map_err(|error| self.wrong.push(error.message().to_owned()))
            .ok()?;
        for (name, route) in &self.config.routes {
            let route = self.route(name, route, &client, limits.as_ref(), &callers);
            self.parts.routes.extend(route);
        }
        let client = client.with_parts(std::mem::take(&mut self.parts));
        #[cfg(feature = "conversation")]
        if let Some(conversations) = &self.config.conversations {
            let around = conversations
                .around(client.clone(), self.redis.as_ref(), &self.config.routes)
                .map_err(|error| error.message().to_owned());
            return Some(client.with_conversations(self.note("conversations", around)?));
        }
        Some(client)
    }

    fn note<T>(&mut self, field: &str, result: Result<T, String>) -> Option<T> {
        result
            .map_err(|error| self.wrong.push(format!("{field}: {error}")))
            .ok()
    }

    fn redis(&mut self) -> Option<Redis> {
        let mut config = self.config.redis.clone()?;
        let url = config.url.expose().to_owned();
        let url = match url.contains('@') {
            true => secret(&url, self.variables),
            false => filled(&url, self.variables).map(Secret::new),
        };
        config.url = self.note("redis.url", url)?;
        let redis = Redis::new(&config).map_err(|error| error.message().to_owned());
        redis.map_err(|error| self.wrong.push(error)).ok()
    }

    /// A provider, in what stands around it: timeouts, breaker, limits; for each of its keys.
    fn provider(&mut self, name: &str, config: &ProviderConfig) -> Option<Arc<dyn Provider>> {
        let field = |what: &str| format!("providers.{name}.{what}");
        let kind = config.kind.as_deref().unwrap_or(name);
        let Some(entry) = self.registry.get(kind).copied() else {
            let known: Vec<&str> = self.registry.entries().map(|entry| entry.vendor().id).collect();
            let meant = nearest_of(kind, known.iter().copied());
            let meant = meant.map_or_else(String::new, |word| format!("; did you mean {word:?}?"));
            let known = known.join(", ");
            self.wrong.push(format!(
                "{}: no vendor is called {kind:?}, compiled in are: {known}{meant}",
                field("type")
            ));
            return None;
        };
        let settings = self.settings(name, config, &entry)?;
        let stack = self.stack_of(config);
        let limits = self.limits(&field("limits"), &config.limits, &format!("provider:{name}"));
        let counts_keys = config
            .limits
            .iter()
            .any(|limit| limit.per.dimensions().contains(&Dimension::Key));
        let keys = self.keys(name, config)?;
        self.wires
            .push((ProviderId::from(name.to_owned()), entry.wires()));
        let mut built: Vec<Arc<dyn Provider>> = Vec::new();
        let several = keys.len() > 1;
        for (place, key) in keys.into_iter().enumerate() {
            let mut settings = settings.clone();
            settings.api_key = key;
            let provider = self.registry.build(kind, &settings);
            let provider = provider.map_err(|error| error.message().to_owned());
            let provider = self.note(&format!("providers.{name}"), provider)?;
            let (mut provider, breaker) = stack.around(provider);
            self.breakers.extend(breaker);
            if let Some(limits) = &limits {
                provider = Arc::new(limits.layer(provider));
            }
            if counts_keys {
                let name = if several {
                    format!("{name}/key-{}", place + 1)
                } else {
                    name.to_owned()
                };
                provider = Arc::new(WithKeyName {
                    inner: provider,
                    name: KeyName(name.into()),
                });
            }
            built.push(provider);
        }
        if !several {
            return built.pop();
        }
        let pool = KeyPool::new(built).map_err(|error| error.message().to_owned());
        let pool = self.note(&field("api_keys"), pool)?;
        Some(Arc::new(pool))
    }

    fn settings(&mut self, name: &str, config: &ProviderConfig, entry: &Entry) -> Option<ProviderSettings> {
        let field = |what: &str| format!("providers.{name}.{what}");
        let mut settings = ProviderSettings::from_env().with_id(name.to_owned());
        if let Some(url) = &config.base_url {
            let url = filled(url, self.variables);
            settings.base_url = Some(self.note(&field("base_url"), url)?);
        }
        for (header, value) in &config.headers {
            let value = filled(value, self.variables);
            let value = self.note(&field(&format!("headers.{header}")), value)?;
            settings.headers.push((header.clone(), value));
        }
        for (option, value) in &config.options {
            let value = filled(value, self.variables);
            let value = self.note(&field(&format!("options.{option}")), value)?;
            settings.options.insert(option.clone(), value);
        }
        if let Some(dialect) = &config.dialect {
            let dialect = Json::of(dialect).map_err(|error| error.message().to_owned());
            settings.dialect = Some(self.note(&field("dialect"), dialect)?);
        }
        settings.http = self.http(&field("http"), &config.http)?;
        let connect = config.timeouts.as_ref().and_then(|timeouts| timeouts.connect);
        settings.http.connect_timeout = connect.unwrap_or(settings.http.connect_timeout);
        let variables = entry.vendor().base_url_env;
        let from_env = variables.iter().find_map(|name| (self.variables)(name));
        let address = settings.base_url.clone().or(from_env);
        let dialect = settings.dialect.as_ref().map(Json::as_str);
        (name, entry.vendor().id, address, &settings.options, dialect).hash(&mut self.print);
        Some(settings)
    }

    /// How connections are made, with the variables of a proxy's address.
    fn http(&mut self, field: &str, settings: &HttpSettings) -> Option<HttpConfig> {
        let config = settings.over(&self.config.http);
        let mut config = self.note(field, config)?;
        if let Some(proxy) = &mut config.proxy {
            let address = filled(proxy, self.variables);
            *proxy = self.note(&format!("{field}.proxy"), address)?;
        }
        Some(config)
    }

    /// Its keys; one that is none where the environment's is meant.
    fn keys(&mut self, name: &str, config: &ProviderConfig) -> Option<Vec<Option<Secret>>> {
        let field = |what: &str| format!("providers.{name}.{what}");
        let ways = [
            config.api_key.is_some(),
            config.api_key_file.is_some(),
            !config.api_keys.is_empty(),
        ];
        if ways.iter().filter(|way| **way).count() > 1 {
            self.wrong.push(format!(
                "providers.{name}: only one of api_key, api_key_file and api_keys can be set"
            ));
            return None;
        }
        if let Some(path) = &config.api_key_file {
            let key = filled(path, self.variables).and_then(|path| secret_in(&path));
            return Some(vec![Some(self.note(&field("api_key_file"), key)?)]);
        }
        let mut keys = Vec::new();
        for (place, key) in config.api_keys.iter().enumerate() {
            let key = secret(key, self.variables);
            keys.push(Some(self.note(&field(&format!("api_keys[{place}]")), key)?));
        }
        if let Some(key) = &config.api_key {
            let key = secret(key, self.variables);
            keys.push(Some(self.note(&field("api_key"), key)?));
        }
        if keys.is_empty() {
            keys.push(None);
        }
        Some(keys)
    }

    fn stack_of(&self, config: &ProviderConfig) -> Stack {
        let all = self.config.stack();
        let breaker = config
            .breaker
            .as_ref()
            .map_or_else(|| all.breaker.clone(), Setting::policy);
        let timeouts = match &config.timeouts {
            Some(timeouts) => timeouts.over(all.timeouts.clone()),
            None => all.timeouts.clone(),
        };
        Stack::none().with_breaker(breaker).with_timeouts(timeouts)
    }

    /// Vendors that the environment has what they need for, and the names of those that it has not.
    fn with_environment(&mut self, mut builder: ClientBuilder) -> ClientBuilder {
        let stack = self.stack_of(&ProviderConfig::default());
        let mut settings = ProviderSettings::from_env();
        if let Some(http) = self.http("http", &HttpSettings::default()) {
            settings.http = http;
        }
        let entries: Vec<Entry> = self.registry.entries().copied().collect();
        for entry in entries {
            let id = entry.vendor().id;
            for alias in entry.vendor().aliases {
                builder = builder.alias(*alias, id);
            }
            if self.config.providers.contains_key(id) {
                continue;
            }
            if !self.config.environment.0 || !entry.is_configured() {
                builder = builder.missing(id, entry.remedy());
                continue;
            }
            match self.registry.build(id, &settings) {
                Ok(provider) => {
                    let (provider, breaker) = stack.around(provider);
                    self.breakers.extend(breaker);
                    self.wires.push((ProviderId::from_static(id), entry.wires()));
                    builder = builder.provider(provider);
                }
                Err(error) => builder = builder.missing(id, error.message().to_owned()),
            }
        }
        builder
    }

    /// Callers by their keys: what they may ask for, and their limits.
    fn callers(&mut self) -> CallerLimits {
        let config = self.config;
        let mut limits = HashMap::new();
        let mut known = HashSet::new();
        for (place, key) in config.gateway.keys.iter().enumerate() {
            let Some(key) = key.named() else { continue };
            let field = |what: &str| format!("gateway.keys[{place}].{what}");
            if key.name.trim().is_empty() {
                self.wrong
                    .push(format!("{}: a caller needs a name", field("name")));
            } else if !known.insert(key.name.as_str()) {
                self.wrong.push(format!(
                    "{}: two callers have the name {:?}",
                    field("name"),
                    key.name
                ));
            }
            for (number, route) in key.routes.iter().enumerate() {
                if config.routes.contains_key(route) {
                    continue;
                }
                let meant = nearest_of(route, config.routes.keys().map(String::as_str));
                let meant = meant.map_or_else(String::new, |word| format!("; did you mean {word:?}?"));
                let field = field(&format!("routes[{number}]"));
                self.wrong
                    .push(format!("{field}: there is no route {route:?}{meant}"));
            }
            let name = Text::from(key.name.as_str());
            if !key.routes.is_empty() {
                let routes = key.routes.clone();
                let caller = Caller {
                    name: name.clone(),
                    routes,
                };
                self.parts.callers.insert(name.clone(), caller);
            }
            if let Some(layer) = self.limits(&field("limits"), &key.limits, &format!("caller:{name}")) {
                limits.insert(name, Arc::clone(layer.limiter()));
            }
        }
        Arc::new(limits)
    }

    fn limits(&mut self, field: &str, limits: &[Limit], name: &str) -> Option<RateLimitLayer> {
        if limits.is_empty() {
            return None;
        }
        let limits = limits.iter().cloned();
        let layer = match &self.redis {
            Some(redis) => RateLimitLayer::with_redis(limits, redis, name),
            None => RateLimitLayer::new(limits),
        };
        let layer = layer.map_err(|error| {
            let message = error.message().trim_start_matches("limits");
            self.wrong.push(format!("{field}{message}"));
        });
        let layer = layer.ok()?;
        let limiter = Arc::clone(layer.limiter());
        self.parts.limiters.push((name.to_owned(), limiter));
        Some(layer)
    }

    /// A cache. In Redis its name says what answers behind it.
    fn cache(&mut self, field: &str, policy: Option<&CachePolicy>, name: &str) -> Option<CacheLayer> {
        let policy = policy?.clone();
        let layer = match &self.redis {
            Some(redis) => {
                let name = format!("{name}:{:016x}", self.print.finish());
                CacheLayer::with_redis(policy, redis, &name)
            }
            None => CacheLayer::new(policy),
        };
        let layer = layer.map_err(|error| {
            let message = error.message().trim_start_matches("cache");
            self.wrong.push(format!("{field}{message}"));
        });
        let layer = told_apart(layer.ok()?);
        self.parts.caches.push((name.to_owned(), layer.handle()));
        Some(layer)
    }

    /// A route: a balancer over providers that are not tried again by themselves, behind retry, limits and cache.
    fn route(
        &mut self,
        name: &str,
        config: &RouteConfig,
        client: &Client,
        all: Option<&RateLimitLayer>,
        callers: &CallerLimits,
    ) -> Option<Route> {
        let field = format!("routes.{name}");
        let (routes, wires) = (&self.config.routes, &self.wires);
        let resolve = |model: &ModelId| -> Result<Target> {
            if routes.contains_key(model.as_str()) {
                return Err(wrong(format!(
                    "{model:?} is a route: targets are models, as provider/model"
                )));
            }
            let (provider, model) = client.route(model)?;
            let mut target = Target::new(Arc::clone(provider)).with_model(model);
            let spoken = wires.iter().find(|(id, _)| id == provider.id());
            for wire in spoken.map_or(&[][..], |(_, wires)| wires) {
                target = target.with_maker(*wire);
            }
            Ok(target)
        };
        let balance = config
            .balance()
            .builder_of(name.to_owned(), resolve)
            .and_then(|builder| {
                #[cfg(feature = "catalog")]
                let builder = builder
                    .catalog(router_catalog::Catalog::builtin())
                    .prices(router_catalog::Catalog::builtin());
                match &self.redis {
                    Some(redis) => builder.store(RedisCooldowns::new(redis.clone())),
                    None => builder,
                }
                .build()
            });
        let balance = balance
            .map_err(|error| self.wrong.push(format!("{field}.{}", error.message())))
            .ok()?;
        let own = self.limits(
            &format!("{field}.limits"),
            &config.limits,
            &format!("route:{name}"),
        );
        format!("{:?}", config.balance()).hash(&mut self.print);
        let (cache_field, policy) = match &config.cache {
            Some(policy) => (format!("{field}.cache"), Some(policy)),
            None => ("cache".to_owned(), self.config.cache.as_ref()),
        };
        let cache = self.cache(&cache_field, policy, &format!("route:{name}"));
        let front = Front {
            cache,
            limits: all.cloned().into_iter().chain(own).collect(),
            callers: Arc::clone(callers),
        };
        Some(Route {
            name: name.to_owned(),
            front: self.config.stack().in_front(Arc::new(balance.clone()), &front),
            balance,
        })
    }
}

/// Puts the name of a key into the calls that use it, for limits that count by it.
struct WithKeyName {
    inner: Arc<dyn Provider>,
    name: KeyName,
}

impl Provider for WithKeyName {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let context = call.context.clone().with_extension(self.name.clone());
            self.inner.call(&call.with_context(context)).await
        })
    }
}
