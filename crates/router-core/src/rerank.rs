//! Rerank: documents by how well they answer a query.

use serde::{Deserialize, Serialize};

use crate::chat::Usage;
use crate::check::empty;
use crate::content::ContentPart;
use crate::error::{Error, Result};
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
    /// Where to look: texts, pictures, or objects that only their vendor knows.
    pub documents: Vec<ContentPart>,
    /// How many of the best to give; all when absent.
    pub top_n: Option<u32>,
    /// Whether the answer repeats the documents; the vendor's choice when absent.
    pub return_documents: Option<bool>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    pub strict: bool,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl RerankRequest {
    /// A query over documents.
    #[must_use]
    pub fn new<T: Into<ContentPart>>(query: impl Into<Text>, documents: impl IntoIterator<Item = T>) -> Self {
        Self {
            query: query.into(),
            documents: documents.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The documents, for vendors that take texts alone.
    ///
    /// # Errors
    /// `InvalidRequest` without any, `Unsupported` for one that is no text.
    pub fn texts(&self) -> Result<Vec<&str>> {
        if self.documents.is_empty() {
            return Err(empty("documents"));
        }
        let documents = self.documents.iter();
        documents
            .map(|document| match document {
                ContentPart::Text(part) => Ok(part.text.as_str()),
                _ => Err(Error::unsupported("documents that are no text")),
            })
            .collect()
    }

    /// With a limit on how many of the best are given.
    #[must_use]
    pub fn with_top_n(mut self, top_n: u32) -> Self {
        self.top_n = Some(top_n);
        self
    }
}

/// Documents, best first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RerankResponse {
    /// The vendor's id.
    pub id: Option<Text>,
    /// In the vendor's order, which is best first.
    pub results: Vec<RankedDocument>,
    /// The model that answered.
    pub model: Option<Text>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// One document of a ranking.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RankedDocument {
    /// Its place in the request, from 0.
    pub index: u32,
    /// How well it fits; the scale is the vendor's.
    pub score: f64,
    /// The document itself, where the vendor repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<ContentPart>,
}

impl RankedDocument {
    /// A document and its score.
    #[must_use]
    pub fn new(index: u32, score: f64) -> Self {
        Self {
            index,
            score,
            document: None,
        }
    }
}
