//! What a vendor does differently where pictures are made.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

type Word = Cow<'static, str>;

/// The differences of one vendor from OpenAI's images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ImageDialect {
    /// Path of pictures from text.
    pub path: Word,
    /// Path of pictures from pictures.
    pub edits_path: Word,
    /// How pictures to start from are given.
    pub edits: EditForm,
    /// Whether pictures come by value or by address.
    pub delivery: DeliveryForm,
    /// The word of `response_format` for pictures by value.
    pub base64_word: Word,
    /// The field for how many pictures.
    pub count_field: Word,
    /// The field for the size.
    pub size_field: Word,
    /// Whether the size is sent as `width` and `height`.
    pub sides: bool,
    /// Whether pictures can be streamed, with previews.
    pub streams: bool,
    /// Settings that the vendor does not have, by their names in this library: `seed`, `size`, `aspect_ratio`, …
    /// They are dropped with a warning.
    pub unsupported: Vec<Word>,
}

/// How pictures to start from are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EditForm {
    /// They cannot be given.
    None,
    /// As files of a form; as JSON, `images: [{"image_url": "…"}]`, when one of them is given by address or as a file of the
    /// vendor's.
    #[default]
    Files,
    /// `image: {"type": "image_url", "url": "…"}`, `images` and a list when there are several.
    Urls,
    /// `input_references: [{"type": "image_url", "image_url": {"url": "…"}}]`.
    References,
    /// `image: "…"`, a list when there are several.
    Image,
    /// `image_url: "…"`, and one only.
    ImageUrl,
}

/// Whether pictures come by value or by address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryForm {
    /// As `response_format` asks.
    #[default]
    Asked,
    /// By value, and it cannot be asked.
    Base64,
    /// By address, and it cannot be asked.
    Url,
}

impl Default for ImageDialect {
    fn default() -> Self {
        Self {
            path: Word::Borrowed("/images/generations"),
            edits_path: Word::Borrowed("/images/edits"),
            edits: EditForm::Files,
            delivery: DeliveryForm::Asked,
            base64_word: Word::Borrowed("b64_json"),
            count_field: Word::Borrowed("n"),
            size_field: Word::Borrowed("size"),
            sides: false,
            streams: false,
            unsupported: Vec::new(),
        }
    }
}

impl ImageDialect {
    /// Whether the vendor has a setting.
    #[must_use]
    pub fn supports(&self, setting: &str) -> bool {
        !self.unsupported.iter().any(|name| name == setting)
    }

    /// Without these settings.
    #[must_use]
    pub fn without(mut self, settings: &[&'static str]) -> Self {
        self.unsupported
            .extend(settings.iter().copied().map(Word::Borrowed));
        self
    }
}
