//! One model's facts, as a line of the data holds them.

use router_core::model::ModelInfo;
use router_core::{Feature, Features, ModelId, ProviderId, Text};
use serde::{Deserialize, Serialize};

/// What is known of one model at one provider. What is absent is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Model {
    /// The provider's id.
    pub provider: ProviderId,
    /// The model's id at that provider.
    pub id: ModelId,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Most input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    /// Most output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// What it costs. With prices by time of day, in the expensive hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// What it costs in the cheap hours, where there are such.
    #[serde(default, rename = "price_offpeak", skip_serializing_if = "Option::is_none")]
    pub off_peak: Option<Price>,
    /// What it can do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Ability>,
    /// What it takes, where the vendor declares it: `text`, `image`, `audio`, `video`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_mod: Vec<Text>,
    /// What it gives, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_mod: Vec<Text>,
    /// Length of its vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dims: Option<u32>,
    /// When it is withdrawn, as `2027-09-02`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecation: Option<Text>,
    /// Whether that day had passed when the data was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

impl Model {
    /// Its sizes, in the form of a vendor's list.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        let mut info = ModelInfo::new(self.id.clone());
        info.context_window = self.context;
        info.max_output_tokens = self.max_output;
        info
    }

    /// What it can do, as far as it is among the features that providers are chosen by.
    #[must_use]
    pub fn features(&self) -> Features {
        let mut features = Features::NONE;
        for ability in &self.caps {
            for feature in ability.features() {
                features.insert(*feature);
            }
        }
        for kind in &self.in_mod {
            match kind.as_str() {
                "image" => features.insert(Feature::ImageInput),
                "audio" => features.insert(Feature::AudioInput),
                "video" => features.insert(Feature::VideoInput),
                _ => {}
            }
        }
        for kind in &self.out_mod {
            match kind.as_str() {
                "image" => features.insert(Feature::ImageOutput),
                "audio" => features.insert(Feature::AudioOutput),
                _ => {}
            }
        }
        features
    }
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mode {
    /// Chat.
    Chat,
    /// Chat over the Responses API alone.
    Responses,
    /// Text completion.
    Completion,
    /// Vectors.
    Embedding,
    /// Documents by relevance.
    Rerank,
    /// Images from text.
    ImageGeneration,
    /// Images from images.
    ImageEdit,
    /// Speech to text.
    AudioTranscription,
    /// Text to speech.
    AudioSpeech,
    /// Speech in both directions at once.
    Realtime,
    /// Video from text.
    VideoGeneration,
    /// Harm checks.
    Moderation,
    /// Text from pictures of it.
    Ocr,
    /// A word that this version does not know.
    #[serde(other)]
    Other,
}

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ability {
    /// Calls tools.
    Tools,
    /// Calls several at once.
    ParallelTools,
    /// Can be made to call one.
    ToolChoice,
    /// Sees images.
    Vision,
    /// Reads PDF.
    Pdf,
    /// Hears.
    AudioIn,
    /// Speaks.
    AudioOut,
    /// Sees video.
    VideoIn,
    /// Answers in JSON that fits a schema.
    JsonSchema,
    /// Thinks before it answers.
    Reasoning,
    /// Its vendor keeps prompts in a cache.
    PromptCache,
    /// Its vendor searches the web for it.
    WebSearch,
    /// Goes on from the beginning of an answer.
    Prefill,
    /// A word that this version does not know.
    #[serde(other)]
    Other,
}

impl Ability {
    fn features(self) -> &'static [Feature] {
        match self {
            Self::Tools => &[Feature::Tools],
            Self::ParallelTools => &[Feature::ParallelToolCalls],
            Self::ToolChoice => &[Feature::ToolChoice],
            Self::Vision => &[Feature::ImageInput],
            Self::Pdf => &[Feature::DocumentInput],
            Self::AudioIn => &[Feature::AudioInput],
            Self::AudioOut => &[Feature::AudioOutput],
            Self::VideoIn => &[Feature::VideoInput],
            Self::JsonSchema => &[Feature::JsonSchema],
            Self::Reasoning => &[Feature::Reasoning],
            Self::WebSearch => &[Feature::ServerTools],
            Self::PromptCache | Self::Prefill | Self::Other => &[],
        }
    }
}

/// Prices in US dollars: per million tokens, unless the name says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Price {
    /// Input.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    /// Output.
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    pub output: Option<f64>,
    /// Input read from the vendor's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    /// Input written to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    /// Input written to it for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<f64>,
    /// Reasoning, where it differs from other output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_out: Option<f64>,
    /// Input that is sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_in: Option<f64>,
    /// Output that is sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_out: Option<f64>,
    /// Input that is pictures, by token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_tok_in: Option<f64>,
    /// Output that is pictures, by token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_tok_out: Option<f64>,
    /// One image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_image: Option<f64>,
    /// One query, of rerankers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_query: Option<f64>,
    /// One second of sound or video that goes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second_in: Option<f64>,
    /// One second of sound or video that comes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second_out: Option<f64>,
    /// One character of text that is spoken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_char: Option<f64>,
    /// One page that is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_page: Option<f64>,
    /// Prices of calls with a longer input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
}

/// Prices of calls whose input is above a bound. What is absent costs as below it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tier {
    /// The bound, in input tokens.
    pub above: u64,
    /// The prices.
    #[serde(flatten)]
    pub price: Price,
}
