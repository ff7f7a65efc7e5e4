//! Builds a provider for one of the vendor's two sites, with a key as it stands or with tokens signed by it.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, ProviderId, Result, Secret};
use router_http::{Auth, HttpProvider, ProviderSettings, TokenAuth};
use router_wire::vendor::VendorCodec as _;

use crate::codec::ZhipuCodec;
use crate::token::SignedTokens;

/// Z.ai, the vendor's site outside of China.
pub const INTERNATIONAL: &str = "https://api.z.ai/api/paas/v4";

/// Names of the settings that only this vendor has, in a configuration.
const OPTIONS: &[&str] = &["site", "plan", "auth"];

/// The provider of settings that were read from somewhere. Options are `site` (`china`, `international`), `plan` (`coding` for keys
/// of a coding plan) and `auth` (`token` to sign tokens with the key). Without `site` it is China's, unless the only key in the
/// environment is `ZAI_API_KEY`.
///
/// # Errors
/// As [`router_http::Builder::build`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    let vendor = ZhipuCodec::VENDOR;
    settings.check_options(vendor.id, OPTIONS)?;
    let mut settings = settings.clone();
    let options = std::mem::take(&mut settings.options);
    let option = |name: &str| options.get(name).map(String::as_str);
    let unknown = |name: &str, value: &str, known: &str| {
        let message = format!("zhipu: {name} {value:?} is not known; it is one of {known}");
        Err(Error::new(ErrorKind::Config, message))
    };
    let set = |name: &&&str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
    let found = |names: &[&'static str]| names.iter().find(set).copied();
    let mut international = false;
    if settings.from_env {
        if settings.api_key.is_none()
            && let Some(name) = found(vendor.key_env)
        {
            settings.api_key = std::env::var(name).ok().map(Secret::from);
            international = name == "ZAI_API_KEY";
        }
        if settings.base_url.is_none()
            && let Some(name) = found(vendor.base_url_env)
        {
            settings.base_url = std::env::var(name).ok();
        }
    }
    let international = match option("site") {
        None => international,
        Some("china") => false,
        Some("international") => true,
        Some(other) => return unknown("site", other, "china, international"),
    };
    let address = if international {
        INTERNATIONAL
    } else {
        vendor.base_url
    };
    let address = match option("plan") {
        None | Some("usage") => address.to_owned(),
        Some("coding") => address.replace("/api/paas/", "/api/coding/paas/"),
        Some(other) => return unknown("plan", other, "usage, coding"),
    };
    settings.base_url.get_or_insert(address);
    if international {
        // Messages of errors are in Chinese otherwise.
        let language = ("accept-language".to_owned(), "en-US,en".to_owned());
        settings.headers.push(language);
    }
    match (option("auth"), &settings.api_key) {
        (Some("token"), Some(key)) if settings.auth.is_none() => {
            let tokens = TokenAuth::new(SignedTokens::new(key)?);
            settings.auth = Some(Auth::Custom(Arc::new(tokens)));
        }
        (None | Some("key" | "token"), _) => {}
        (Some(other), _) => return unknown("auth", other, "key, token"),
    }
    let id = settings.id.clone();
    let mut codec = ZhipuCodec::new(id.unwrap_or_else(|| ProviderId::from_static(vendor.id)));
    if let Some(dialect) = &settings.dialect {
        codec = codec.with_dialect(dialect)?;
    }
    let provider = HttpProvider::<ZhipuCodec>::builder()
        .codec(codec)
        .settings(&settings)
        .build()?;
    Ok(Arc::new(provider))
}
