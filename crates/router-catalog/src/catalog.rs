//! The models of a price list, found by provider and name.

use std::collections::HashMap;
use std::sync::OnceLock;

use router_core::model::ModelInfo;
use router_core::tokens::{ModelCatalog, PriceBook};
use router_core::{Error, ErrorKind, ModelId, ProviderId, Result, Usage};

use crate::cost::Cost;
use crate::model::Model;

/// The day that the data in this crate was made.
pub const SNAPSHOT: &str = "2026-11-23";

const BUILTIN: &str = include_str!("../data/models.jsonl");

/// Where Bedrock's copies of a model run. <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>
const BEDROCK_REGIONS: [&str; 7] = ["us.", "eu.", "apac.", "au.", "jp.", "global.", "us-gov."];

/// Facts about models. Cheap to ask; the builtin one is read when it is first asked for.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    models: HashMap<ProviderId, HashMap<ModelId, Model>>,
}

impl Catalog {
    /// A catalog that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What this crate's data says.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| {
            Self::new()
                .with_jsonl(BUILTIN)
                .expect("the data of this crate is read by its tests")
        })
    }

    /// With the records of a file, one JSON object a line, in the place of those that were known before.
    ///
    /// # Errors
    /// `Config` naming the line that is no record.
    pub fn with_jsonl(mut self, text: &str) -> Result<Self> {
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let model: Model = serde_json::from_str(line).map_err(|error| {
                Error::new(
                    ErrorKind::Config,
                    format!("model catalog, line {}: {error}", number + 1),
                )
            })?;
            self.insert(model);
        }
        Ok(self)
    }

    /// Adds a model, or replaces what was known of it.
    pub fn insert(&mut self, model: Model) {
        self.models
            .entry(model.provider.clone())
            .or_default()
            .insert(model.id.clone(), model);
    }

    /// What is known of a model, found by its exact name.
    #[must_use]
    pub fn get(&self, provider: &ProviderId, model: &ModelId) -> Option<&Model> {
        let models = self.models.get(provider)?;
        models.get(model).or_else(|| {
            let region = BEDROCK_REGIONS
                .iter()
                .find_map(|region| model.as_str().strip_prefix(region))?;
            (*provider == *"bedrock").then(|| models.get(&ModelId::from(region)))?
        })
    }

    /// What a call cost, by part; `None` when the model, or a price it needs, is not known.
    #[must_use]
    pub fn cost(&self, provider: &ProviderId, model: &ModelId, usage: &Usage) -> Option<Cost> {
        self.get(provider, model)?.price.as_ref()?.cost(usage)
    }

    /// All models, in no order.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.values().flat_map(HashMap::values)
    }
}

impl ModelCatalog for Catalog {
    fn model(&self, provider: &ProviderId, model: &ModelId) -> Option<ModelInfo> {
        self.get(provider, model).map(Model::info)
    }
}

impl PriceBook for Catalog {
    fn price(&self, provider: &ProviderId, model: &ModelId, usage: &Usage) -> Option<f64> {
        Some(self.cost(provider, model, usage)?.total())
    }
}
