//! What a vendor of the OpenAI family does differently, as data.

use std::borrow::Cow;

use router_core::{Error, ErrorKind, Json, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::embeddings::EmbeddingDialect;
use crate::images::ImageDialect;
use crate::rerank::RerankDialect;
use crate::speech::SpeechDialect;
use crate::tokens::TokensDialect;
use crate::transcription::TranscriptionDialect;

type Word = Cow<'static, str>;

/// The differences of one vendor from OpenAI's chat completions. The default is what nearly every compatible server takes.
///
/// Reading needs no dialect: every shape that a vendor of the family was seen to send is read for all of them. The fields
/// here say what to send, and what some words mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Dialect {
    /// Path of chat completions behind the base URL.
    pub chat_path: Word,
    /// Path of text completions, for chats that came as such; absent: they go as chats.
    pub completions_path: Option<Word>,
    /// Path of the Responses API.
    pub responses_path: Word,
    /// Which chats go to the Responses API.
    pub responses: ResponsesUse,
    /// Path of embeddings.
    pub embeddings_path: Word,
    /// Path of moderation.
    pub moderations_path: Word,
    /// Path of the model list.
    pub models_path: Word,
    /// The field for the limit on the answer: `max_tokens` or `max_completion_tokens`.
    pub max_tokens_field: Word,
    /// The field for the end user's id; absent: there is none.
    pub user_field: Option<Word>,
    /// The field for the seed.
    pub seed_field: Word,
    /// The role of instructions: `system` or `developer`.
    pub system_role: Word,
    /// Settings that the vendor does not have, by their names in this library: `top_k`, `seed`, `logit_bias`, `n`, …
    /// They are dropped with a warning.
    pub unsupported: Vec<Word>,
    /// Most stop sequences.
    pub stop_max: Option<usize>,
    /// Lowest and highest temperature; others are moved to the nearest with a warning.
    pub temperature: Option<(f64, f64)>,
    /// Lowest and highest `top_p`; others are moved to the nearest with a warning.
    pub top_p: Option<(f64, f64)>,
    /// Words of `tool_choice` that the vendor takes: `auto`, `none`, `required`, `named`.
    pub tool_choices: Vec<Word>,
    /// The word of `tool_choice` that asks for a call, whichever.
    pub required_choice: Word,
    /// Whether tools may say `strict`.
    pub strict_tools: bool,
    /// Whether `logprobs` is the number of alternatives instead of a yes.
    pub logprobs_count: bool,
    /// Whether the answer can be any JSON object.
    pub json_object: bool,
    /// Whether the answer can be held to a schema.
    pub json_schema: bool,
    /// How reasoning is asked for.
    pub reasoning_request: ReasoningRequest,
    /// Reasoning levels that the vendor has other words for, ours first.
    pub efforts: Vec<(Word, Word)>,
    /// When earlier reasoning is sent back.
    pub reasoning_replay: ReasoningReplay,
    /// The field that earlier reasoning is sent back in, where it did not come from this vendor's own field.
    pub reasoning_field: Word,
    /// Whether instructions must be one message in front, as the templates of some models on servers of one's own want it.
    pub one_system_message: bool,
    /// Whether messages may bear the name of who speaks.
    pub names: bool,
    /// Whether content must be one string; text parts are joined then.
    pub text_as_string: bool,
    /// Whether images may be given by address.
    pub image_urls: bool,
    /// Whether documents may be given as `file` parts.
    pub files: bool,
    /// Whether documents may be given by address, too.
    pub file_urls: bool,
    /// Whether sound may be given as `input_audio` parts.
    pub audio: bool,
    /// Whether the data of sound is an address that holds it, `data:…`, and not bare base64.
    pub audio_data_urls: bool,
    /// Whether moving pictures may be given as `video_url` parts.
    pub video: bool,
    /// Whether parts may carry `cache_control`.
    pub cache_control: bool,
    /// Whether parts may carry `prompt_cache_breakpoint`.
    pub cache_breakpoints: bool,
    /// Whether a stream has to be asked for its usage.
    pub stream_options: bool,
    /// Where vectors are made.
    pub embeddings: EmbeddingDialect,
    /// Where pictures are made.
    pub images: ImageDialect,
    /// Where text is spoken.
    pub speech: SpeechDialect,
    /// Where speech is written down.
    pub transcription: TranscriptionDialect,
    /// Where documents are ordered.
    pub rerank: RerankDialect,
    /// Where tokens are counted.
    pub tokens: TokensDialect,
}

/// Which chats go to the Responses API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponsesUse {
    /// None: the vendor has no such API.
    #[default]
    Never,
    /// Those whose options for the vendor say `api: "responses"`, and those that go on from an answer that the vendor keeps.
    Asked,
    /// Those too whose tools the vendor runs itself.
    ServerTools,
    /// All whose options do not say `api: "chat_completions"`.
    Always,
}

/// How reasoning is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningRequest {
    /// `reasoning_effort: "high"`.
    #[default]
    Effort,
    /// `thinking: {type: "enabled" | "disabled"}`, and `reasoning_effort` beside it.
    Thinking,
    /// `thinking: {type: "enabled" | "disabled"}` alone: there are no levels.
    ThinkingSwitch,
    /// `enable_thinking: bool`, and `thinking_budget`.
    EnableThinking,
    /// `reasoning: {effort, max_tokens, summary}`, of effort and tokens only one.
    Reasoning,
    /// `chat_template_kwargs: {enable_thinking: bool}`: servers that hand it to the model's template.
    ChatTemplate,
    /// `reasoning_split: true`, so that it does not stand in the text.
    ReasoningSplit,
    /// It cannot be asked for.
    None,
}

/// When earlier reasoning is sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Never.
    Never,
    /// In the field it came in, to the vendor it came from.
    #[default]
    SameField,
    /// As `SameField`, and the field is there on every assistant message, empty if need be.
    AlwaysKey,
    /// As `SameField`, but what came with `reasoning_details` goes back as these alone.
    Details,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            chat_path: Word::Borrowed("/chat/completions"),
            completions_path: None,
            responses_path: Word::Borrowed("/responses"),
            responses: ResponsesUse::Never,
            embeddings_path: Word::Borrowed("/embeddings"),
            moderations_path: Word::Borrowed("/moderations"),
            models_path: Word::Borrowed("/models"),
            max_tokens_field: Word::Borrowed("max_tokens"),
            user_field: Some(Word::Borrowed("user")),
            seed_field: Word::Borrowed("seed"),
            system_role: Word::Borrowed("system"),
            unsupported: Vec::new(),
            stop_max: None,
            temperature: None,
            top_p: None,
            tool_choices: ["auto", "none", "required", "named"].map(Word::Borrowed).to_vec(),
            required_choice: Word::Borrowed("required"),
            strict_tools: true,
            logprobs_count: false,
            json_object: true,
            json_schema: true,
            reasoning_request: ReasoningRequest::Effort,
            efforts: Vec::new(),
            reasoning_replay: ReasoningReplay::SameField,
            reasoning_field: Word::Borrowed("reasoning_content"),
            one_system_message: false,
            names: true,
            text_as_string: false,
            image_urls: true,
            files: true,
            file_urls: false,
            audio: true,
            audio_data_urls: false,
            video: true,
            cache_control: false,
            cache_breakpoints: false,
            stream_options: true,
            embeddings: EmbeddingDialect::default(),
            images: ImageDialect::default(),
            speech: SpeechDialect::default(),
            transcription: TranscriptionDialect::default(),
            rerank: RerankDialect::default(),
            tokens: TokensDialect::default(),
        }
    }
}

impl Dialect {
    /// Whether the vendor has a setting.
    #[must_use]
    pub fn supports(&self, setting: &str) -> bool {
        !self.unsupported.iter().any(|name| name == setting)
    }

    /// Whether the vendor takes a word of `tool_choice`.
    #[must_use]
    pub fn takes_choice(&self, word: &str) -> bool {
        self.tool_choices.iter().any(|known| known == word)
    }

    /// The vendor's word for a reasoning level.
    #[must_use]
    pub fn effort<'a>(&'a self, word: &'a str) -> &'a str {
        self.efforts
            .iter()
            .find(|(ours, _)| ours == word)
            .map_or(word, |(_, theirs)| theirs)
    }

    /// Without these settings.
    #[must_use]
    pub fn without(mut self, settings: &[&'static str]) -> Self {
        self.unsupported
            .extend(settings.iter().copied().map(Word::Borrowed));
        self
    }

    /// With these differences in the place of its own: a JSON object with fields of a dialect. Of an object in it, such as
    /// `images`, only what it names is replaced.
    ///
    /// # Errors
    /// `Config` for what is no field of a dialect, or has another type.
    pub fn with(&self, differences: &Json) -> Result<Self> {
        let wrong = |error: serde_json::Error| {
            Error::new(ErrorKind::Config, format!("not a dialect: {error}")).with_source(error)
        };
        // Read as a dialect once, so that an unknown field is named before anything is merged.
        serde_json::from_str::<Self>(differences.as_str()).map_err(wrong)?;
        let mut merged: Map<String, Value> = Json::of(self)?.to()?;
        merge(&mut merged, differences.to()?);
        serde_json::from_value(Value::Object(merged)).map_err(wrong)
    }
}

fn merge(fields: &mut Map<String, Value>, differences: Map<String, Value>) {
    for (name, value) in differences {
        match (fields.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}
