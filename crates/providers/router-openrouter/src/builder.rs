//! From settings to a provider: who calls is told in headers.

use std::sync::Arc;

use router_core::{Provider, Result};
use router_http::ProviderSettings;
use router_wire_openai::DialectVendor as _;

use crate::{OpenRouter, OpenRouterDialect};

/// Names of the settings that only this vendor has, and the headers that they go in
/// (<https://openrouter.ai/docs/app-attribution>, read 2026-11).
const OPTIONS: [(&str, &str); 2] = [("site", "HTTP-Referer"), ("app", "X-Title")];

/// The provider of settings that were read from somewhere. Options are `site` and `app`: the address and the name under which
/// the vendor lists who calls.
///
/// # Errors
/// As [`OpenRouter::from_settings`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    settings.check_options(OpenRouterDialect::VENDOR.id, &OPTIONS.map(|(name, _)| name))?;
    let mut settings = settings.clone();
    for (name, header) in OPTIONS {
        if let Some(value) = settings.options.remove(name) {
            settings.headers.push((header.to_owned(), value));
        }
    }
    Ok(Arc::new(OpenRouter::from_settings(&settings)?))
}
