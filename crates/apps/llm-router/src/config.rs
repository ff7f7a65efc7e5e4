//! `llm-router config`: what a configuration file says, without serving it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use llm_api_router::{Client, Config, Registry};

use crate::failure::Failure;

/// Looks at a configuration file.
#[derive(Debug, Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell whether it could be served, and what is wrong with it. No vendor is asked.
    Check {
        /// The file: TOML, or JSON when its name ends so.
        file: PathBuf,
    },
}

impl ConfigCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let Action::Check { file } = self.action;
        let (config, client) = read(&file)?;
        config.gateway_keys()?;
        let list = |names: Vec<&str>| match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        println!("{}: well", file.display());
        println!(
            "providers: {}",
            list(client.providers().map(|id| id.as_str()).collect())
        );
        println!(
            "routes: {}",
            list(client.routes().map(|(name, _)| name).collect())
        );
        Ok(())
    }
}

/// A configuration, and the client that it describes.
pub(crate) fn read(file: &Path) -> Result<(Config, Client), Failure> {
    let config = Config::from_file(file)?;
    let client = config.client(&Registry::builtin())?;
    Ok((config, client))
}
