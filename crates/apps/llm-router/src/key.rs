//! `llm-router key`: keys that callers of the gateway present, of which the configuration keeps hashes only.

use clap::{Args, Subcommand};
use llm_api_router::serve::KeyHash;

use crate::failure::Failure;

/// Keys of callers.
#[derive(Debug, Args)]
pub(crate) struct KeyCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key: print it, this once, and the line for `[gateway]` that lets its holder in.
    New {
        /// The caller's name in limits, caches and logs.
        #[arg(long, value_parser = name)]
        name: String,
    },
}

impl KeyCommand {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let Action::New { name } = self.action;
        let mut random = [0; KeyHash::RANDOM];
        getrandom::fill(&mut random)
            .map_err(|error| Failure::Io(format!("the system gives no random bytes: {error}")))?;
        let (key, hash) = KeyHash::of_new_key(&random);
        // A basic string of TOML is written as one of JSON.
        let name = serde_json::Value::from(name);
        eprintln!(
            "The key is shown this once. Its holder gets the first line, `keys` of `[gateway]` the second."
        );
        crate::chat::print(&format!(
            "{}\n{{ name = {name}, hash = \"{hash}\" }}\n",
            key.expose()
        ))
    }
}

fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a caller needs a name".to_owned()),
        name => Ok(name.to_owned()),
    }
}
