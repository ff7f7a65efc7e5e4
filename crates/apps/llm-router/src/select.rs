//! Which providers there are, by the environment, and which of them answers.

use llm_api_router::sim::SimVendor;
use llm_api_router::{Client, ClientBuilder, Config, Entry, ModelRef, Registry};

use crate::failure::Failure;
use crate::telling::Told;

/// The simulated vendor's name.
pub(crate) const SIM: &str = "sim";

/// A client and the model to call it with.
pub(crate) struct Selected {
    pub(crate) client: Client,
    pub(crate) model: String,
}

/// The provider and model for one call.
pub(crate) fn select(named: Option<&str>, told: &Told) -> Result<Selected, Failure> {
    let registry = Registry::builtin();
    let first = registry.entries().find(|entry| entry.is_configured());
    let provider = named.and_then(|name| ModelRef::parse(name, |word| registry.get(word).is_some()).provider);
    let wants_sim = match (named, &provider) {
        (None, _) => first.is_none(),
        (Some(_), Some(provider)) => provider == SIM,
        (Some(name), None) => name.starts_with("sim-"),
    };
    if wants_sim && !is_configured(&registry, SIM) {
        if named.is_none() {
            let why = no_key(&registry);
            told.note(format_args!("note: {why}; the simulated vendor answers"));
        }
        let model = named.map_or("sim-model", |name| name.strip_prefix("sim/").unwrap_or(name));
        let client = Client::builder()
            .provider(SimVendor::in_process()?)
            .stack(told.stack())
            .build()?;
        return Ok(Selected {
            client,
            model: model.to_owned(),
        });
    }
    let model = match (named, first) {
        (Some(name), _) => name.to_owned(),
        (None, Some(entry)) => {
            let vendor = entry.vendor();
            let Some(model) = vendor.default_model else {
                return Err(Failure::Usage(format!(
                    "{} has no default model: name one with -m {}/MODEL",
                    vendor.name, vendor.id
                )));
            };
            format!("{}/{model}", vendor.id)
        }
        (None, None) => return Err(Failure::Usage(no_key(&registry))),
    };
    if provider.is_none() && first.is_none() {
        return Err(Failure::Usage(format!(
            "model {model:?} names no provider and {}; write provider/model, with one of {}",
            no_key(&registry),
            names(&registry)
        )));
    }
    let builder = with_sim_prefix(registry.client_from_env()?, &registry).stack(told.stack());
    let client = match first {
        Some(entry) => builder.default_provider(entry.vendor().id).build()?,
        None => builder.build()?,
    };
    // Asked now, so that a vendor without key is an error of usage and not of the call.
    if let Err(error) = client.route(&model.as_str().into()) {
        return Err(Failure::Usage(error.message().to_owned()));
    }
    Ok(Selected { client, model })
}

/// The client of a configuration, and a model of it: the one that is named, or its only route.
pub(crate) fn select_of(mut config: Config, named: Option<&str>, told: &Told) -> Result<Selected, Failure> {
    config.telemetry.clone_from(&told.set);
    let client = config.client(&Registry::builtin())?;
    let mut routes = client.routes().map(|(name, _)| name.to_owned());
    let model = match (named, routes.next(), routes.next()) {
        (Some(name), ..) => name.to_owned(),
        (None, Some(route), None) => route,
        _ => {
            return Err(Failure::Usage(
                "no model: name one with -m, a route or provider/model".to_owned(),
            ));
        }
    };
    drop(routes);
    if let Err(error) = client.route(&model.as_str().into()) {
        return Err(Failure::Usage(error.message().to_owned()));
    }
    Ok(Selected { client, model })
}

/// All configured providers; the simulated one inside the process when there are none.
pub(crate) fn configured(default: Option<&str>, told: &Told) -> Result<Client, Failure> {
    let registry = Registry::builtin();
    if !registry.entries().any(|entry| entry.is_configured()) {
        if let Some(name) = default.filter(|name| *name != SIM) {
            let remedy = registry.get(name).map_or_else(
                || format!("there are: {}", names(&registry)),
                |entry| entry.remedy(),
            );
            return Err(Failure::Usage(format!(
                "provider {name} is not configured: {remedy}"
            )));
        }
        let why = no_key(&registry);
        told.note(format_args!("note: {why}; the simulated vendor answers"));
        let builder = Client::builder().provider(SimVendor::in_process()?);
        return Ok(builder.stack(told.stack()).build()?);
    }
    let builder = with_sim_prefix(registry.client_from_env()?, &registry).stack(told.stack());
    Ok(match default {
        Some(name) => builder
            .default_provider(registry.get(name).map_or(name, |entry| entry.vendor().id))
            .build()?,
        None => builder.build()?,
    })
}

/// All configured providers with nothing around them, and the simulated one inside the process if it is among the names.
pub(crate) fn bare(registry: &Registry, names: &[String]) -> Result<Client, Failure> {
    let wants_sim = names
        .iter()
        .any(|name| name == SIM || name.starts_with("sim/") || name.starts_with("sim-"));
    if !wants_sim && !registry.entries().any(Entry::is_configured) {
        return Err(Failure::Usage(format!(
            "{}; the simulated vendor is there as {SIM}",
            no_key(registry)
        )));
    }
    let mut builder = registry.client_from_env()?.bare();
    if wants_sim && !is_configured(registry, SIM) {
        builder = builder.provider(SimVendor::in_process()?).prefix("sim-", SIM);
    }
    Ok(with_sim_prefix(builder, registry).build()?)
}

/// Names that begin with `sim-` go to the simulated vendor, whatever else there is.
fn with_sim_prefix(builder: ClientBuilder, registry: &Registry) -> ClientBuilder {
    if is_configured(registry, SIM) {
        builder.prefix("sim-", SIM)
    } else {
        builder
    }
}

fn is_configured(registry: &Registry, name: &str) -> bool {
    registry.get(name).is_some_and(|entry| entry.is_configured())
}

/// Variables that a message names; `--help` lists all.
const NAMED: usize = 3;

fn no_key(registry: &Registry) -> String {
    let keys: Vec<&str> = keys(registry).map(|(_, key)| key).collect();
    let (named, others) = keys.split_at(NAMED.min(keys.len()));
    format!(
        "no key is set ({}, or one of {} others: llm-router --help lists them)",
        named.join(", "),
        others.len()
    )
}

/// Vendors by name, and the variable of each one's key.
fn keys(registry: &Registry) -> impl Iterator<Item = (&'static str, &'static str)> {
    registry
        .entries()
        .map(|entry| entry.vendor())
        .filter(|vendor| vendor.id != SIM)
        .filter_map(|vendor| Some((vendor.name, *vendor.key_env.first()?)))
}

/// All vendors' variables, for `--help`.
pub(crate) fn variables() -> String {
    let mut text = String::from("Keys are read from the environment:\n");
    for (name, key) in keys(&Registry::builtin()) {
        text.push_str(&format!("  {key:<24} {name}\n"));
    }
    text
}

fn names(registry: &Registry) -> String {
    let names: Vec<&str> = registry.entries().map(|entry| entry.vendor().id).collect();
    names.join(", ")
}
