//! `llm-router sim`: the simulated vendor on a socket.

use clap::Args;
use llm_api_router::sim::{SimModel, SimService};

use crate::failure::Failure;
use crate::serve::{keys, run};

/// The simulated vendor.
#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    listen: String,
    /// A key that callers must present; may be repeated.
    #[arg(long = "key", value_delimiter = ',', value_name = "KEY")]
    keys: Vec<String>,
}

impl Sim {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let service = SimService::new(SimModel::new()).with_keys(keys(self.keys)?);
        run(&self.listen, service).await
    }
}
