//! Rerank: documents by how well they answer a query.

use serde::{Deserialize, Serialize};

use crate::chat::Usage;
use crate::extra::Extra;
use crate::options::ProviderOptions;
use crate::text::Text;

/// A query, and documents to order by it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RerankRequest {
    /// What is looked for.
    pub query: Text,
    /// Where to look.
    pub documents: Vec<Text>,
    /// How many of the best to give; all when absent.
    pub top_n: Option<u32>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl RerankRequest {
    /// A query over documents.
    #[must_use]
    pub fn new<T: Into<Text>>(query: impl Into<Text>, documents: impl IntoIterator<Item = T>) -> Self {
        Self {
            query: query.into(),
            documents: documents.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

/// Documents, best first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RerankResponse {
    /// Best first.
    pub results: Vec<RankedDocument>,
    /// The model that answered.
    pub model: Option<Text>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// One document of a ranking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RankedDocument {
    /// Its place in the request, from 0.
    pub index: u32,
    /// How well it fits; the scale is the vendor's.
    pub score: f64,
}

impl RankedDocument {
    /// A document and its score.
    #[must_use]
    pub fn new(index: u32, score: f64) -> Self {
        Self { index, score }
    }
}
