//! One target: a provider, the model to ask there, and how much of the traffic it is to get.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use router_core::capability::Lacks;
use router_core::{Call, Capabilities, Feature, ModelId, Needs, OperationKind, Provider, ProviderId, Text};

use crate::health::HealthConfig;
use crate::stats::Stats;

/// A provider that a balancer may choose, and how. Clones share what is known of it: its health, its latency, the calls
/// under way.
#[derive(Clone)]
pub struct Target {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) name: Text,
    pub(crate) model: Option<ModelId>,
    pub(crate) weight: u32,
    pub(crate) priority: u32,
    pub(crate) price: Option<f64>,
    pub(crate) context_window: Option<u64>,
    pub(crate) cooldown: Option<Duration>,
    pub(crate) makers: Vec<ProviderId>,
    pub(crate) stats: Arc<Stats>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("weight", &self.weight)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// A provider, asked for the model that the caller names. Its name is the provider's id.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        let id = provider.id().clone();
        Self {
            provider: Arc::new(provider),
            name: id.text().clone(),
            model: None,
            weight: 1,
            priority: 0,
            price: None,
            context_window: None,
            cooldown: None,
            makers: vec![id],
            stats: Arc::default(),
        }
    }

    /// Asked for one model, whatever the caller names. Its name becomes `provider/model`.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<ModelId>) -> Self {
        let model = model.into();
        self.name = Text::from(format!("{}/{model}", self.provider.id()));
        self.model = Some(model);
        self
    }

    /// With another name, for states, trails and callers that ask for it. Names are unique in a balancer.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Text>) -> Self {
        self.name = name.into();
        self
    }

    /// With a share of the traffic, by proportion: 1 unless said otherwise. Zero: only when asked for by name.
    #[must_use]
    pub fn with_weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// With a tier: targets of a higher number are asked when none of a lower one can be. 0 unless said otherwise.
    #[must_use]
    pub fn with_priority(mut self, priority: u32) -> Self {
        self.priority = priority;
        self
    }

    /// With a price in US dollars for a million tokens, for the lowest cost; before what a price book says.
    #[must_use]
    pub fn with_price(mut self, price: f64) -> Self {
        self.price = Some(price);
        self
    }

    /// With the most tokens of a prompt; before what the provider or a catalog says.
    #[must_use]
    pub fn with_context_window(mut self, tokens: u64) -> Self {
        self.context_window = Some(tokens);
        self
    }

    /// With a cooldown of its own in the place of the balancer's; zero: it is never left alone.
    #[must_use]
    pub fn with_cooldown(mut self, cooldown: Duration) -> Self {
        self.cooldown = Some(cooldown);
        self
    }

    /// Also taking back what this provider or wire made: its files, opaque parts and the answers it keeps. What its own
    /// provider made it takes back anyway.
    #[must_use]
    pub fn with_maker(mut self, maker: impl Into<ProviderId>) -> Self {
        self.makers.push(maker.into());
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// Its provider.
    #[must_use]
    pub fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    /// The model it is asked for; `None` for the one that the caller names.
    #[must_use]
    pub fn model(&self) -> Option<&ModelId> {
        self.model.as_ref()
    }

    /// Whether it takes back what `maker` made.
    pub(crate) fn takes_back(&self, maker: &ProviderId) -> bool {
        self.makers.contains(maker)
    }

    /// The rules of health, with what is its own.
    pub(crate) fn rules(&self, rules: &HealthConfig) -> HealthConfig {
        HealthConfig {
            cooldown: self.cooldown.unwrap_or(rules.cooldown),
            ..*rules
        }
    }

    /// The model that a call asks for here.
    pub(crate) fn model_of<'a>(&'a self, call: &'a Call) -> &'a ModelId {
        self.model.as_ref().unwrap_or(&call.model)
    }

    /// The most tokens of a prompt, where known.
    pub(crate) fn window(&self, call: &Call) -> Option<u64> {
        self.context_window.or_else(|| {
            let capabilities = self.provider.capabilities();
            capabilities.models.get(self.model_of(call))?.info.context_window
        })
    }

    /// What it lacks for a call.
    pub(crate) fn lacks(&self, call: &Call, needs: &Needs) -> Lacks {
        let mut lacks = self.provider.capabilities().lacks(self.model_of(call), needs);
        if let Some(window) = self.context_window {
            lacks.context = (needs.tokens > window).then_some((needs.tokens, window));
        }
        lacks
    }
}

/// What any of the targets can do. One target's are its own; of several, models are listed only where callers name them.
pub(crate) fn joined(targets: &[Arc<Target>]) -> Arc<Capabilities> {
    if let [only] = targets
        && only.model.is_none()
    {
        return only.provider.capabilities();
    }
    let mut operations: Vec<OperationKind> = Vec::new();
    let mut features: Vec<Feature> = Vec::new();
    let mut models = std::collections::BTreeMap::new();
    for target in targets {
        let capabilities = target.provider.capabilities();
        operations.extend(&capabilities.operations);
        match &target.model {
            Some(model) => features.extend(capabilities.features_of(model).iter()),
            None => {
                features.extend(capabilities.features.iter());
                for (model, known) in &capabilities.models {
                    models.entry(model.clone()).or_insert_with(|| known.clone());
                }
            }
        }
    }
    operations.sort_unstable();
    operations.dedup();
    let mut joined = Capabilities::new(operations, &features);
    joined.models = models;
    Arc::new(joined)
}
