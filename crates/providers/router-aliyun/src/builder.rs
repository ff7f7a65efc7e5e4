//! Builds a provider for a region and a workspace.

use std::sync::Arc;

use router_core::{Error, ErrorKind, Provider, ProviderId, Result};
use router_http::{HttpProvider, ProviderSettings};
use router_wire::vendor::VendorCodec as _;

use crate::codec::AliyunCodec;
use crate::region::Region;

/// Names of the settings that only this vendor has, in a configuration.
const OPTIONS: &[&str] = &["region", "workspace"];

/// The provider of settings that were read from somewhere. Options are `region` (`cn-beijing`, which is the default, `ap-southeast-1`,
/// `us-east-1`, `cn-hongkong`) and `workspace` (the id of one).
///
/// # Errors
/// As [`router_http::Builder::build`], for options that the vendor does not have, and for a region or workspace that is none.
pub fn build(settings: &ProviderSettings) -> Result<Arc<dyn Provider>> {
    let vendor = AliyunCodec::VENDOR;
    settings.check_options(vendor.id, OPTIONS)?;
    let mut settings = settings.clone();
    let options = std::mem::take(&mut settings.options);
    if let Some(region) = options.get("region").filter(|_| settings.base_url.is_none()) {
        settings.base_url = Some(Region::parse(region)?.address().to_owned());
    }
    if let Some(workspace) = options.get("workspace") {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if workspace.is_empty() || workspace.len() > 64 || !workspace.bytes().all(plain) {
            let message = format!("aliyun: workspace {workspace:?} is no id of one");
            return Err(Error::new(ErrorKind::Config, message));
        }
        let header = ("x-dashscope-workspace".to_owned(), workspace.clone());
        settings.headers.push(header);
    }
    let id = settings.id.clone();
    let mut codec = AliyunCodec::new(id.unwrap_or_else(|| ProviderId::from_static(vendor.id)));
    if let Some(dialect) = &settings.dialect {
        codec = codec.with_dialect(dialect)?;
    }
    let provider = HttpProvider::<AliyunCodec>::builder()
        .codec(codec)
        .settings(&settings)
        .build()?;
    Ok(Arc::new(provider))
}
