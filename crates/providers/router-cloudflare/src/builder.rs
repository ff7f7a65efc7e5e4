//! From settings to a provider: the account is part of the address.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, ProviderId, Result};
use router_http::ProviderSettings;
use router_wire::message::percent_encoded;
use router_wire::vendor::VendorCodec as _;

use crate::codec::without_version;
use crate::{Cloudflare, CloudflareCodec};

/// The address of an account.
#[must_use]
pub fn address(account: &str) -> String {
    let account = percent_encoded(account.trim());
    format!("https://api.cloudflare.com/client/v4/accounts/{account}/ai")
}

/// The provider of settings that were read from somewhere. The one option is `account`, the account's id; without it and without
/// an address, `CLOUDFLARE_ACCOUNT_ID` counts where the environment does. An address may end in `/v1`, as clients of OpenAI's
/// family take it; one that ends in `/compat` is an AI Gateway.
///
/// # Errors
/// `Config` without an account, as [`Cloudflare::from_settings`], and for options that the vendor does not have.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    let vendor = CloudflareCodec::VENDOR;
    settings.check_options(vendor.id, &["account"])?;
    let mut settings = settings.clone();
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let from_env = |name: &str| settings.from_env.then(|| set(name)).flatten();
    let given = settings.options.get("account").cloned();
    let elsewhere = || vendor.base_url_env.iter().find_map(|name| from_env(name));
    let base_url = match (given, settings.base_url.clone()) {
        (_, Some(url)) => Some(url),
        (Some(account), None) => Some(address(&account)),
        (None, None) => {
            elsewhere().or_else(|| from_env("CLOUDFLARE_ACCOUNT_ID").map(|account| address(&account)))
        }
    };
    settings.options.clear();
    let base_url = base_url.ok_or_else(|| {
        let message = "no account for Cloudflare: set CLOUDFLARE_ACCOUNT_ID, or pass one";
        Error::new(ErrorKind::Config, message)
    })?;
    let base_url = without_version(&base_url);
    let id = settings.id.clone();
    let id = id.unwrap_or_else(|| ProviderId::from_static(vendor.id));
    let mut codec = match base_url.ends_with("/compat") {
        true => CloudflareCodec::of_gateway(id),
        false => CloudflareCodec::new(id),
    };
    if let Some(differences) = &settings.dialect {
        codec = codec.with_dialect(differences)?;
    }
    settings.base_url = Some(base_url);
    Ok(Arc::new(
        Cloudflare::builder().codec(codec).settings(&settings).build()?,
    ))
}
