//! From settings to a provider: which server it is, and who pays.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, Result};
use router_http::ProviderSettings;
use router_wire::vendor::VendorCodec as _;

use crate::{HuggingFace, HuggingFaceCodec, Tei, Tgi};

/// The provider of settings that were read from somewhere. Options are `bill_to`, the organisation that pays, and `server`: `router`,
/// which is the default, `tgi` or `tei` for servers of one's own.
///
/// # Errors
/// As [`HuggingFace::from_settings`], for options that the vendor does not have, and for a server that is not known.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    let vendor = HuggingFaceCodec::VENDOR;
    settings.check_options(vendor.id, &["bill_to", "server"])?;
    let mut settings = settings.clone();
    let mut options = std::mem::take(&mut settings.options);
    if let Some(organisation) = options.remove("bill_to") {
        settings.headers.push(("X-HF-Bill-To".to_owned(), organisation));
    }
    let server = options.remove("server");
    match server.as_deref() {
        None | Some("router") => Ok(Arc::new(HuggingFace::from_settings(&settings)?)),
        Some("tgi") => Ok(Arc::new(Tgi::from_settings(&settings)?)),
        Some("tei") => Ok(Arc::new(Tei::from_settings(&settings)?)),
        Some(other) => {
            let message =
                format!("huggingface: server {other:?} is not known; it is one of router, tgi, tei");
            Err(Error::new(ErrorKind::Config, message))
        }
    }
}
