//! Embeddings: texts to vectors.

use serde::{Deserialize, Serialize};

use crate::chat::Usage;
use crate::check::empty;
use crate::content::{ContentPart, Media};
use crate::error::{Error, Result};
use crate::extra::Extra;
use crate::options::ProviderOptions;
use crate::text::Text;

/// Texts to embed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EmbeddingRequest {
    /// The inputs, in order.
    pub inputs: Vec<EmbeddingInput>,
    /// Length of the vectors, where the model can shorten them.
    pub dimensions: Option<u32>,
    /// What the vectors are for, in the vendor's words: `search_query`, `RETRIEVAL_DOCUMENT`, …
    pub input_type: Option<Text>,
    /// Whether the vendor may cut inputs that are too long.
    pub truncate: Option<bool>,
    /// How the wire carries vectors: `float` or `base64`; the codec's choice when absent.
    pub encoding_format: Option<Text>,
    /// An id of the end user.
    pub user: Option<Text>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    pub strict: bool,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// One thing to embed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmbeddingInput {
    /// A text.
    Text(Text),
    /// A text as tokens of the model's vocabulary.
    Tokens(Vec<u32>),
    /// Texts and pictures that become one vector together.
    Parts(Vec<ContentPart>),
}

impl From<Media> for EmbeddingInput {
    fn from(media: Media) -> Self {
        Self::Parts(vec![media.into()])
    }
}

impl From<&str> for EmbeddingInput {
    fn from(text: &str) -> Self {
        Self::Text(Text::from(text))
    }
}

impl From<String> for EmbeddingInput {
    fn from(text: String) -> Self {
        Self::Text(Text::from(text))
    }
}

impl From<Text> for EmbeddingInput {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl EmbeddingRequest {
    /// Texts to embed.
    #[must_use]
    pub fn new<T: Into<EmbeddingInput>>(inputs: impl IntoIterator<Item = T>) -> Self {
        Self {
            inputs: inputs.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The inputs, for vendors that take texts alone.
    ///
    /// # Errors
    /// `InvalidRequest` without any, `Unsupported` for one that is no text.
    pub fn texts(&self) -> Result<Vec<&str>> {
        if self.inputs.is_empty() {
            return Err(empty("inputs"));
        }
        let inputs = self.inputs.iter();
        inputs
            .map(|input| match input {
                EmbeddingInput::Text(text) => Ok(text.as_str()),
                _ => Err(Error::unsupported("embeddings of anything but texts")),
            })
            .collect()
    }

    /// With a length of the vectors.
    #[must_use]
    pub fn with_dimensions(mut self, dimensions: u32) -> Self {
        self.dimensions = Some(dimensions);
        self
    }
}

/// Vectors, in the order of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EmbeddingResponse {
    /// One vector per input.
    pub embeddings: Vec<Vec<f32>>,
    /// The model that answered, in the vendor's words.
    pub model: Option<Text>,
    /// Tokens used; absent when the vendor gave none.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl EmbeddingResponse {
    /// Vectors.
    #[must_use]
    pub fn new(embeddings: Vec<Vec<f32>>) -> Self {
        Self {
            embeddings,
            ..Self::default()
        }
    }
}
