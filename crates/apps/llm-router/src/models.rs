//! `llm-router models`: what the configured vendors have.

use clap::Args;
use llm_api_router::ProviderExt as _;

use crate::failure::Failure;
use crate::select::configured;
use crate::telling::Told;

/// Which models.
#[derive(Debug, Args)]
pub(crate) struct Models {
    /// Only those of this provider.
    provider: Option<String>,
    /// Print everything that the vendors tell, as JSON lines.
    #[arg(long)]
    json: bool,
}

impl Models {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let client = configured(None, &Told::default())?;
        let mut found = 0;
        let mut failure = None;
        let providers: Vec<_> = client.providers().cloned().collect();
        for id in providers {
            if self
                .provider
                .as_ref()
                .is_some_and(|wanted| id != *wanted.as_str())
            {
                continue;
            }
            found += 1;
            let Some(provider) = client.get(id.as_str()) else {
                continue;
            };
            let list = match provider.list_models().await {
                Ok(list) => list,
                Err(error) => {
                    eprintln!("warning: {error}");
                    failure.get_or_insert(error);
                    continue;
                }
            };
            for model in &list.models {
                if self.json {
                    let line = serde_json::json!({"provider": id, "model": model});
                    println!("{line}");
                } else {
                    println!("{id}/{}", model.id);
                }
            }
        }
        match (found, failure, self.provider) {
            (0, _, Some(provider)) => {
                let names: Vec<&str> = client.providers().map(|id| id.as_str()).collect();
                Err(Failure::Usage(format!(
                    "provider {provider} is not configured; there are: {}",
                    names.join(", ")
                )))
            }
            (1, Some(error), _) => Err(error.into()),
            _ => Ok(()),
        }
    }
}
