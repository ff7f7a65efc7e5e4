//! Images from text, and images from images.

use serde::{Deserialize, Serialize};

use crate::chat::Usage;
use crate::content::Media;
use crate::error::{Error, ErrorKind, Result};
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
    /// What not to show, where the vendor takes that apart.
    pub negative_prompt: Option<Text>,
    /// Pictures to start from; with any, this is an edit.
    pub images: Vec<Media>,
    /// Where to change: transparent where new.
    pub mask: Option<Media>,
    /// How many.
    pub n: Option<u32>,
    /// Size in the vendor's words: `1024x1024`, `auto`.
    pub size: Option<Text>,
    /// Width to height, where the vendor takes that instead of a size: `16:9`.
    pub aspect_ratio: Option<Text>,
    /// Quality in the vendor's words.
    pub quality: Option<Text>,
    /// What is behind the picture, in the vendor's words: `transparent`, `opaque`.
    pub background: Option<Text>,
    /// File format: `png`, `jpeg`, `webp`.
    pub output_format: Option<Text>,
    /// Whether pictures come by value or by address; the vendor's choice when absent.
    pub delivery: Option<Delivery>,
    /// How many previews a stream gives before each picture; none when absent.
    pub previews: Option<u32>,
    /// Seed, where the vendor takes one.
    pub seed: Option<i64>,
    /// An id of the end user.
    pub user: Option<Text>,
    /// Settings of single vendors.
    pub provider_options: ProviderOptions,
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    pub strict: bool,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// How pictures come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Delivery {
    /// By value.
    Base64,
    /// By an address, which most vendors keep for an hour.
    Url,
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

    /// With a picture to start from.
    #[must_use]
    pub fn with_image(mut self, image: Media) -> Self {
        self.images.push(image);
        self
    }

    /// Width and height in pixels, where a size is asked for: `auto` asks for none.
    ///
    /// # Errors
    /// `InvalidRequest` naming the size, when it is not in pixels.
    pub fn sides(&self) -> Result<Option<(u32, u32)>> {
        let Some(size) = self.size.as_deref().filter(|size| *size != "auto") else {
            return Ok(None);
        };
        let why = "size: must be WIDTHxHEIGHT in pixels, such as 1024x768, at this vendor";
        sides_of(size)
            .map(Some)
            .ok_or_else(|| Error::new(ErrorKind::InvalidRequest, why))
    }
}

/// Width and height of a size in pixels: `1024x768`, or with `*` between. Neither is zero or beyond what a picture has.
#[must_use]
pub fn sides_of(size: &str) -> Option<(u32, u32)> {
    let (width, height) = size.split_once(['x', 'X', '*'])?;
    let side = |text: &str| {
        let side = text.trim().parse::<u32>().ok()?;
        (1..=65_536).contains(&side).then_some(side)
    };
    side(width).zip(side(height))
}

/// Pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ImageResponse {
    /// The pictures, in the vendor's order.
    pub images: Vec<GeneratedImage>,
    /// How many the vendor's filter removed.
    pub filtered: u32,
    /// When, in seconds since 1970.
    pub created: Option<i64>,
    /// The model that answered, in the vendor's words.
    pub model: Option<Text>,
    /// Tokens used; absent when the vendor gave none.
    pub usage: Option<Usage>,
    /// Fields of the wire that are not named here.
    pub extra: Extra,
}

/// One picture that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GeneratedImage {
    /// The picture, by value or by address.
    pub media: Media,
    /// The prompt as the vendor rewrote it for this picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revised_prompt: Option<Text>,
}

impl From<Media> for GeneratedImage {
    fn from(media: Media) -> Self {
        Self {
            media,
            revised_prompt: None,
        }
    }
}

impl ImageResponse {
    /// Pictures.
    #[must_use]
    pub fn new<T: Into<GeneratedImage>>(images: impl IntoIterator<Item = T>) -> Self {
        Self {
            images: images.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}
