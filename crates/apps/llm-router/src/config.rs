//! `llm-router config` and `validate`: what a configuration file says, without serving it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use llm_api_router::secret::mask_secrets;
use llm_api_router::{Client, Config, Registry};

use crate::chat::print;
use crate::failure::Failure;
use crate::known::{Known, open};

/// Looks at a configuration file.
#[derive(Debug, Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell whether it could be served, and what is wrong with it. No vendor is asked.
    Check(Validate),
}

/// One file.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The file: TOML, or JSON or YAML when its name ends so.
    file: PathBuf,
    /// Tell of each provider where it is and where its key comes from, and of each route its targets. Keys are not shown.
    #[arg(short, long)]
    verbose: bool,
}

impl ConfigCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let Action::Check(validate) = self.action;
        validate.run()
    }
}

impl Validate {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (client, known) = open(Some(&self.file), &[])?;
        if let Some(config) = known.config() {
            config.gateway_keys()?;
        }
        let list = |names: Vec<&str>| match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        let providers = list(client.providers().map(|id| id.as_str()).collect());
        let routes = list(client.routes().map(|(name, _)| name).collect());
        let file = self.file.display();
        let mut text = format!("{file}: well\nproviders: {providers}\nroutes: {routes}\n");
        if self.verbose {
            text.push_str(&details(&client, &known));
        }
        print(&text)
    }
}

/// A line for each provider and each target of a route.
fn details(client: &Client, known: &Known) -> String {
    let mut text = String::new();
    for id in client.providers() {
        let vendor = known.vendor(id.as_str()).map_or("unknown", |vendor| vendor.name);
        let _ = write!(text, "provider {id}: {vendor}");
        let settings = known
            .config()
            .and_then(|config| config.providers.get(id.as_str()));
        if let Some(address) = settings.and_then(|settings| settings.base_url.as_deref()) {
            let _ = write!(text, ", at {}", without_login(address));
        }
        if let Some(key) = known.key(id.as_str()) {
            let _ = write!(text, ", key of {key}");
        }
        text.push('\n');
    }
    for (name, route) in known.config().into_iter().flat_map(|config| &config.routes) {
        for target in &route.targets {
            let _ = writeln!(text, "route {name}: {}", mask_secrets(&target.model));
        }
    }
    text
}

/// An address without user, password and query, where keys may stand.
fn without_login(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let shown = match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => address.to_owned(),
    };
    mask_secrets(&shown).into_owned()
}

/// A configuration, and the client that it describes.
pub(crate) fn read(file: &Path) -> Result<(Config, Client), Failure> {
    let config = Config::from_file(file)?;
    let client = config.client(&Registry::builtin())?;
    Ok((config, client))
}
