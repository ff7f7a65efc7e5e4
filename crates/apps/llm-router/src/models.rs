//! `llm-router models`: what the configured vendors have, with sizes and prices where they are known.

use std::path::PathBuf;

use clap::Args;
use llm_api_router::catalog::Price;
use llm_api_router::model::ModelInfo;
use llm_api_router::{OperationKind, ProviderExt as _};
use serde_json::json;
use tokio::task::JoinSet;

use crate::chat::print;
use crate::failure::Failure;
use crate::known::Known;
use crate::select::configured;
use crate::table::table;
use crate::telling::Told;

/// Which models.
#[derive(Debug, Args)]
pub(crate) struct Models {
    /// Only those of this provider.
    provider: Option<String>,
    /// The providers of a configuration; see docs/configuration.md. Without one: every vendor that the environment has a key for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print everything that the vendors tell, and what is known besides, as JSON lines.
    #[arg(long)]
    json: bool,
}

impl Models {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (client, known) = match &self.config {
            Some(file) => crate::known::open(Some(file), &[])?,
            None => (configured(None, &Told::default())?, Known::of_environment()),
        };
        let wanted = match &self.provider {
            Some(name) => match client.get(name) {
                Some(provider) => vec![provider.id().clone()],
                None => return Err(Failure::Usage(known.missing(name, &client))),
            },
            None => client.providers().cloned().collect(),
        };
        let mut asked = JoinSet::new();
        for (place, id) in wanted.iter().enumerate() {
            let Some(provider) = client.get(id.as_str()).cloned() else {
                continue;
            };
            // One that is named is asked anyway, and says what it has not.
            if wanted.len() == 1 || provider.capabilities().has(OperationKind::ListModels) {
                asked.spawn(async move { (place, provider.list_models().await) });
            }
        }
        let asked_for = asked.len();
        let mut lists = asked.join_all().await;
        lists.sort_by_key(|(place, _)| *place);
        let mut lines = String::new();
        let mut rows = Vec::new();
        let mut failures = Vec::new();
        for (place, list) in lists {
            let id = &wanted[place];
            match list {
                Ok(list) => {
                    for model in &list.models {
                        if self.json {
                            let of_catalog = known.model(id.as_str(), &model.id);
                            let line = json!({"provider": id, "model": model, "catalog": of_catalog});
                            lines.push_str(&format!("{line}\n"));
                        } else {
                            rows.push(row(&known, id.as_str(), model));
                        }
                    }
                }
                Err(error) => failures.push(error),
            }
        }
        if !rows.is_empty() {
            let names = ["MODEL", "CONTEXT", "OUTPUT", "$/M IN", "$/M OUT"];
            lines.push_str(&table(names, &rows));
        }
        print(&lines)?;
        // Of those that nobody answered for, the last is the error.
        let error = if failures.len() == asked_for {
            failures.pop()
        } else {
            None
        };
        for error in &failures {
            eprintln!("warning: {error}");
        }
        error.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// A model by the name that it is called by here, its sizes in tokens, and prices in dollars for a million tokens.
fn row(known: &Known, provider: &str, model: &ModelInfo) -> [String; 5] {
    let of_catalog = known.model(provider, &model.id);
    let shown = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let price = |of: fn(&Price) -> Option<f64>| {
        let price = of_catalog.and_then(|model| of(model.price.as_ref()?));
        price.map_or_else(String::new, |price| price.to_string())
    };
    [
        format!("{provider}/{}", model.id),
        shown(
            model
                .context_window
                .or_else(|| of_catalog.and_then(|model| model.context)),
        ),
        shown(
            model
                .max_output_tokens
                .or_else(|| of_catalog.and_then(|model| model.max_output)),
        ),
        price(|price| price.input),
        price(|price| price.output),
    ]
}
