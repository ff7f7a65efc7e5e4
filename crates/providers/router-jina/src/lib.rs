#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use router_core::{BatchLimits, Capabilities, Feature, OperationKind};
use router_wire::vendor::Vendor;
use router_wire_openai::{CompatibleCodec, Dialect, DialectVendor};

/// Jina AI over HTTP.
#[cfg(feature = "client")]
pub type Jina = router_http::HttpProvider<JinaCodec>;

/// Jina AI's wire.
pub type JinaCodec = CompatibleCodec<JinaDialect>;

/// What Jina AI does differently from OpenAI.
#[derive(Clone, Copy, Debug)]
pub struct JinaDialect;

impl DialectVendor for JinaDialect {
    const VENDOR: Vendor = Vendor::new("jina", "Jina AI", "https://api.jina.ai/v1")
        .with_key_env(&["JINA_API_KEY", "JINA_AI_API_KEY"])
        .with_base_url_env(&["JINA_BASE_URL"])
        .with_default_model("jina-embeddings-v4")
        .with_reference("https://jina.ai/embeddings");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default();
        let vectors = &mut dialect.embeddings;
        vectors.input_type_field = Some(Cow::Borrowed("task"));
        vectors.purposes = [
            ("query", "retrieval.query"),
            ("search_query", "retrieval.query"),
            ("document", "retrieval.passage"),
            ("search_document", "retrieval.passage"),
            ("clustering", "separation"),
        ]
        .map(|(ours, theirs)| (Cow::Borrowed(ours), Cow::Borrowed(theirs)))
        .to_vec();
        vectors.truncate_field = Some(Cow::Borrowed("truncate"));
        vectors.encoding_field = Some(Cow::Borrowed("embedding_type"));
        vectors.user = false;
        vectors.tokens = false;
        vectors.pictures = true;
        vectors.limits = Some(BatchLimits::inputs(2048));
        // Its own default has been told both ways.
        dialect.rerank.return_documents = Some(false);
        dialect.rerank.images = true;
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            [OperationKind::Embed, OperationKind::Rerank],
            &[Feature::Dimensions, Feature::ImageInput, Feature::ImageUrlInput],
        )
    }
}
