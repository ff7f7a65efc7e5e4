//! Images from text, and images from images.

use serde::{Deserialize, Serialize};

use crate::chat::Usage;
use crate::content::Media;
use crate::extra::Extra;
use crate::options::ProviderOptions;
use crate::text::Text;

/// A picture to make, or to change when `images` are given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ImageRequest {
    /// What to show.
    pub prompt: Text,
    /// Pictures to start from; with any, this is an edit.
    pub images: Vec<Media>,
    /// Where to change: transparent where new.
    pub mask: Option<Media>,
    /// How many.
    pub n: Option<u32>,
    /// Size in the vendor's words: `1024x1024`, `auto`.
    pub size: Option<Text>,
    /// Quality in the vendor's words.
    pub quality: Option<Text>,
    /// File format: `png`, `jpeg`, `webp`.
    pub output_format: Option<Text>,
    /// Seed, where the vendor takes one.
    pub seed: Option<i64>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    pub strict: bool,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl ImageRequest {
    /// A picture of `prompt`.
    #[must_use]
    pub fn new(prompt: impl Into<Text>) -> Self {
        Self {
            prompt: prompt.into(),
            ..Self::default()
        }
    }
}

/// Pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ImageResponse {
    /// The pictures, by value or by address.
    pub images: Vec<Media>,
    /// How many the vendor's filter removed.
    pub filtered: u32,
    /// The prompt as the vendor rewrote it.
    pub revised_prompt: Option<Text>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

impl ImageResponse {
    /// Pictures.
    #[must_use]
    pub fn new(images: Vec<Media>) -> Self {
        Self {
            images,
            ..Self::default()
        }
    }
}
