//! Rerank, as Cohere began it and Jina, vLLM, llama.cpp, OpenRouter and others speak it beside OpenAI's wire.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "rerank";

/// The differences of one vendor where documents are ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RerankDialect {
    /// Path of rerank.
    pub path: Cow<'static, str>,
    /// The field for how many of the best are given.
    pub top_field: Cow<'static, str>,
    /// The field for whether documents are repeated; absent: the vendor has none.
    pub return_documents_field: Option<Cow<'static, str>>,
    /// What is said of repeating documents where a request says nothing; absent: nothing.
    pub return_documents: Option<bool>,
    /// Whether documents may be pictures, as `{"image": "…"}`.
    pub images: bool,
}

impl Default for RerankDialect {
    fn default() -> Self {
        Self {
            path: Cow::Borrowed("/rerank"),
            top_field: Cow::Borrowed("top_n"),
            return_documents_field: Some(Cow::Borrowed("return_documents")),
            return_documents: None,
            images: false,
        }
    }
}
