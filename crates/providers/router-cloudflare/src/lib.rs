#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
mod builder;

use router_core::error::TimeoutKind;
use router_core::{Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::dialect::ResponsesUse;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

#[cfg(feature = "client")]
pub use builder::{address, build};

/// Cloudflare Workers AI over HTTP, at the [`address`] of an account.
#[cfg(feature = "client")]
pub type Cloudflare = router_http::HttpProvider<CloudflareCodec>;

/// Cloudflare's wire.
pub type CloudflareCodec = CompatibleCodec<CloudflareDialect>;

/// What Cloudflare does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct CloudflareDialect;

impl DialectVendor for CloudflareDialect {
    const VENDOR: Vendor = Vendor::new("cloudflare", "Cloudflare Workers AI", "")
        .with_key_env(&["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"])
        .with_base_url_env(&["CLOUDFLARE_BASE_URL"])
        .with_default_model("@cf/openai/gpt-oss-120b")
        .with_reference("https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/");

    /// Numbers of Workers AI and of its gateway (<https://developers.cloudflare.com/workers-ai/platform/errors/>, read 2026-11).
    const CODES: CodeTable = &[
        ("2003", ErrorKind::RateLimited),
        ("2009", ErrorKind::Authentication),
        ("2016", ErrorKind::ContentFiltered),
        ("2017", ErrorKind::ContentFiltered),
        ("3006", ErrorKind::InvalidRequest),
        ("3007", ErrorKind::Timeout(TimeoutKind::Vendor)),
        ("3036", ErrorKind::QuotaExceeded),
        ("3040", ErrorKind::Overloaded),
        ("3046", ErrorKind::Timeout(TimeoutKind::Vendor)),
        ("5007", ErrorKind::NotFound),
        ("5018", ErrorKind::NotFound),
        ("9109", ErrorKind::Authentication),
        ("10000", ErrorKind::Authentication),
        ("10013", ErrorKind::RateLimited),
    ];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default().without(&["logprobs", "n", "top_logprobs"]);
        dialect.responses = ResponsesUse::Asked;
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
