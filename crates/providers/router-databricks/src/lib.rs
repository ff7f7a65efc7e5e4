#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;

use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ReasoningReplay;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

#[cfg(feature = "client")]
pub use builder::{PrincipalTokens, build};

/// Databricks over HTTP.
#[cfg(feature = "client")]
pub type Databricks = router_http::HttpProvider<DatabricksCodec>;

/// Databricks's wire.
pub type DatabricksCodec = CompatibleCodec<DatabricksDialect>;

/// What Databricks does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct DatabricksDialect;

impl DialectVendor for DatabricksDialect {
    const VENDOR: Vendor = Vendor::new("databricks", "Databricks", "")
        .with_key_env(&["DATABRICKS_TOKEN", "DATABRICKS_API_KEY"])
        .with_base_url_env(&["DATABRICKS_BASE_URL", "DATABRICKS_HOST"])
        .with_address_reader(serving_endpoints)
        .with_default_model("databricks-claude-sonnet-5")
        .with_reference(
            "https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference",
        );

    const CODES: CodeTable = &[
        ("bad_request", ErrorKind::InvalidRequest),
        ("request_limit_exceeded", ErrorKind::RateLimited),
        ("resource_does_not_exist", ErrorKind::NotFound),
        ("endpoint_not_found", ErrorKind::NotFound),
        ("temporarily_unavailable", ErrorKind::Overloaded),
        ("permission_denied", ErrorKind::PermissionDenied),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&[
            "audio",
            "logit_bias",
            "metadata",
            "modalities",
            "prompt_cache_key",
            "service_tier",
            "store",
            "verbosity",
        ]);
        dialect.user_field = None;
        dialect.reasoning_replay = ReasoningReplay::Never;
        dialect.files = false;
        dialect.audio = false;
        dialect.video = false;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [OperationKind::Chat, OperationKind::Embed],
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ParallelToolCalls,
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
            ],
        )
    }
}

/// The serving endpoints of a workspace, which Databricks' own tools name by its host alone.
fn serving_endpoints(address: &str) -> String {
    let address = address.trim().trim_end_matches('/');
    let scheme = if address.contains("://") { "" } else { "https://" };
    let host = address.split_once("://").map_or(address, |(_, host)| host);
    let path = if host.contains('/') {
        ""
    } else {
        "/serving-endpoints"
    };
    format!("{scheme}{address}{path}")
}
