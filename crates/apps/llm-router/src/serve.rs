//! `llm-router serve`: the gateway.

use std::future::pending;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use llm_api_router::config::GatewayConfig;
use llm_api_router::serve::listener::{Limits, bind, listen};
use llm_api_router::serve::{Keys, Serve as Serves, Service};
use llm_api_router::{Client, Config, MetricsPage, Registry, Secret};

use crate::failure::Failure;
use crate::select::configured;
use crate::telling::{Telling, Told};

/// The gateway.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Providers, routes and layers; see docs/configuration.md. Without one: every vendor that the environment has a key for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one. 127.0.0.1:8080, unless the configuration says otherwise.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Most requests under way at once; further ones are refused with 503. 10000, unless the configuration says otherwise.
    #[arg(long, value_name = "COUNT")]
    max_in_flight: Option<NonZeroUsize>,
    /// Where to show metrics, as /metrics, without asking for a key: an address that callers do not reach. Nowhere, unless the
    /// configuration says otherwise.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
    #[command(flatten)]
    telling: Telling,
    /// A key that callers must present; may be repeated.
    #[arg(
        long = "key",
        env = "LLM_ROUTER_KEYS",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY"
    )]
    keys: Vec<String>,
    /// The provider that models without one go to.
    #[arg(long, value_name = "PROVIDER")]
    default: Option<String>,
}

impl Serve {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let mut keys = keys(self.keys)?;
        let mut listen = self.listen;
        let mut most = self.max_in_flight.map(NonZeroUsize::get);
        let config = self.config.as_ref().map(Config::from_file).transpose()?;
        let set = config.as_ref().and_then(|config| config.telemetry.clone());
        let told = self.telling.start(set.unwrap_or_default())?;
        let client = match config {
            None => configured(self.default.as_deref(), &told)?,
            Some(_) if self.default.is_some() => {
                return Err(Failure::Usage(
                    "--default and --config: write default_provider into the configuration".to_owned(),
                ));
            }
            Some(mut config) => {
                config.telemetry.clone_from(&told.set);
                let client = config.client(&Registry::builtin())?;
                keys = keys.and(config.gateway_keys()?);
                listen = listen.or(config.gateway.listen);
                most = most.or(Some(config.gateway.max_in_flight));
                client
            }
        };
        let names: Vec<&str> = client.providers().map(|id| id.as_str()).collect();
        told.note(format_args!("providers: {}", names.join(", ")));
        let routes: Vec<&str> = client.routes().map(|(name, _)| name).collect();
        if !routes.is_empty() {
            told.note(format_args!("routes: {}", routes.join(", ")));
        }
        told.count_dropped(&client);
        let metrics = self
            .metrics
            .or(told.set.as_ref().and_then(|set| set.metrics.clone()));
        if let Some(address) = &metrics {
            show_metrics(address, &client, &told).await?;
        }
        let address = listen.as_deref().unwrap_or("127.0.0.1:8080");
        let most = most.unwrap_or(GatewayConfig::default().max_in_flight);
        let service = Service::new(client.clone())
            .with_conversations(client.remembers())
            .with_max_in_flight(most);
        run(address, service.with_keys(keys)).await
    }
}

/// Shows metrics for as long as the process runs.
async fn show_metrics(address: &str, client: &Client, told: &Told) -> Result<(), Failure> {
    let Some(metrics) = client.metrics() else {
        return Ok(());
    };
    let (listener, bound) = bind(address)
        .await
        .map_err(|error| Failure::Usage(format!("cannot show metrics at {address}: {error}")))?;
    told.note(format_args!("metrics: http://{bound}/metrics"));
    let page = MetricsPage::new(metrics.clone());
    tokio::spawn(listen(listener, page, Limits::default(), pending()));
    Ok(())
}

/// The keys that are no blanks. None but blanks is a variable that was not filled in: nobody is to be let in by that.
pub(crate) fn keys(keys: Vec<String>) -> Result<Keys, Failure> {
    if !keys.is_empty() && keys.iter().all(|key| key.trim().is_empty()) {
        return Err(Failure::Usage(
            "--key (or LLM_ROUTER_KEYS) is blank: without it everybody may call, so leave it out if that is meant"
                .to_owned(),
        ));
    }
    Ok(Keys::of(keys.into_iter().map(|key| Secret::new(key.trim()))))
}

/// Serves until the process is told to stop, then lets open requests finish.
pub(crate) async fn run(address: &str, service: impl Serves) -> Result<(), Failure> {
    let (listener, bound) = bind(address)
        .await
        .map_err(|error| Failure::Usage(format!("cannot listen at {address}: {error}")))?;
    println!("listening on http://{bound}");
    listen(listener, service, Limits::default(), stopped())
        .await
        .map_err(|error| Failure::Io(format!("the listener failed: {error}")))
}

/// Resolves at Ctrl-C, or at the signal that service managers stop a process with.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
