#![doc = include_str!("../README.md")]

use router_core::{Capabilities, Feature};
use router_wire::vendor::{AuthScheme, Vendor};
use router_wire_openai::compatible::{GENERAL, OPERATIONS};
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// A server of one's own over HTTP.
#[cfg(feature = "client")]
pub type Custom = router_http::HttpProvider<CustomCodec>;

/// Its wire.
pub type CustomCodec = CompatibleCodec<CustomDialect>;

/// What nearly every compatible server takes.
#[derive(Clone, Copy, Debug)]
pub struct CustomDialect;

impl DialectVendor for CustomDialect {
    const VENDOR: Vendor = Vendor::new("custom", "a server of one's own", "")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["CUSTOM_API_KEY"])
        .with_base_url_env(&["CUSTOM_BASE_URL"])
        .with_reference("https://platform.openai.com/docs/api-reference/chat");

    fn dialect() -> Dialect {
        Dialect::default()
    }

    fn capabilities() -> Capabilities {
        let features: Vec<Feature> = GENERAL.iter().copied().chain([Feature::VideoInput]).collect();
        Capabilities::new(OPERATIONS, &features)
    }
}
