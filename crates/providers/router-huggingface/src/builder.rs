//! From settings to a provider: who pays is told in a header.

use std::sync::Arc;

use router_core::{Provider, Result};
use router_http::ProviderSettings;
use router_wire_openai::DialectVendor as _;

use crate::{HuggingFace, HuggingFaceDialect};

/// The provider of settings that were read from somewhere. The one option is `bill_to`: the organisation that pays.
///
/// # Errors
/// As [`HuggingFace::from_settings`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    settings.check_options(HuggingFaceDialect::VENDOR.id, &["bill_to"])?;
    let mut settings = settings.clone();
    if let Some(organisation) = settings.options.remove("bill_to") {
        settings.headers.push(("X-HF-Bill-To".to_owned(), organisation));
    }
    Ok(Arc::new(HuggingFace::from_settings(&settings)?))
}
