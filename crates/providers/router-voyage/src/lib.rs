#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{BatchLimits, Capabilities, ErrorKind, Feature, OperationKind};
use router_wire::classify::CodeTable;
use router_wire::vendor::Vendor;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Voyage AI over HTTP.
#[cfg(feature = "client")]
pub type Voyage = router_http::HttpProvider<VoyageCodec>;

/// Voyage AI's wire.
pub type VoyageCodec = CompatibleCodec<VoyageDialect>;

/// What Voyage AI does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct VoyageDialect;

impl DialectVendor for VoyageDialect {
    const VENDOR: Vendor = Vendor::new("voyage", "Voyage AI", "https://api.voyageai.com/v1")
        .with_key_env(&["VOYAGE_API_KEY", "VOYAGE_AI_API_KEY"])
        .with_base_url_env(&["VOYAGE_BASE_URL"])
        .with_default_model("voyage-4")
        .with_reference("https://docs.voyageai.com/reference");

    // An account without a card has lower limits, and hears of billing when it hits them.
    const CODES: CodeTable = &[("429", ErrorKind::RateLimited)];

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default();
        let vectors = &mut dialect.embeddings;
        vectors.dimensions_field = Cow::Borrowed("output_dimension");
        vectors.input_type_field = Some(Cow::Borrowed("input_type"));
        vectors.purposes = [("search_query", "query"), ("search_document", "document")]
            .map(|(ours, theirs)| (Cow::Borrowed(ours), Cow::Borrowed(theirs)))
            .to_vec();
        vectors.truncate_field = Some(Cow::Borrowed("truncation"));
        vectors.says_float = false;
        vectors.user = false;
        vectors.tokens = false;
        // Of large models, 120,000 tokens, by a count that is estimated.
        vectors.limits = Some(BatchLimits::inputs(1000).with_tokens(90_000));
        dialect.rerank.top_field = Cow::Borrowed("top_k");
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [OperationKind::Embed, OperationKind::Rerank],
            &[Feature::Dimensions],
        )
    }
}
