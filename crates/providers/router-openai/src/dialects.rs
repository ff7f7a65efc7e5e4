//! Which dialect a call is written in: by its operation, and by what its model takes.

use std::borrow::Cow;
use std::sync::Arc;

use router_core::{Call, ChatRequest, Operation, ReasoningEffort};
use router_wire_openai::dialect::{Dialect, ReasoningReplay};
use router_wire_openai::images::DeliveryForm;

use crate::models::ModelFamily;

/// OpenAI's dialects.
#[derive(Clone, Debug)]
pub(crate) struct Dialects {
    /// For models without reasoning, and for everything that is told apart nowhere below.
    plain: Arc<Dialect>,
    reasoning: Arc<Dialect>,
    /// For reasoning models with the effort `none`, which sample like plain ones.
    not_thinking: Arc<Dialect>,
    /// Pictures of DALL·E, which come by address or by value, and not in streams.
    dall_e: Arc<Dialect>,
    /// Voices that speak bytes and no events.
    tts_1: Arc<Dialect>,
    /// Transcripts with times, which are not streamed.
    whisper: Arc<Dialect>,
    /// Transcripts that tell speakers apart.
    diarizing: Arc<Dialect>,
}

impl Dialects {
    pub(crate) fn new() -> Self {
        let plain = plain();
        let mut not_thinking = plain.clone();
        not_thinking.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        not_thinking.system_role = Cow::Borrowed("developer");
        let reasoning = not_thinking.clone().without(&[
            "temperature",
            "top_p",
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "stop_sequences",
        ]);
        let not_thinking = not_thinking.without(&[
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "stop_sequences",
        ]);
        let mut dall_e = plain.clone();
        dall_e.images.delivery = DeliveryForm::Asked;
        dall_e.images.streams = false;
        let mut tts_1 = plain.clone();
        tts_1.speech.events = false;
        tts_1.speech.unsupported.push(Cow::Borrowed("instructions"));
        let mut whisper = plain.clone();
        whisper.transcription.timed_format = Some(Cow::Borrowed("verbose_json"));
        whisper.transcription.streams = false;
        let mut diarizing = plain.clone();
        diarizing.transcription.timed_format = Some(Cow::Borrowed("diarized_json"));
        diarizing.transcription.unsupported.push(Cow::Borrowed("prompt"));
        Self {
            plain: Arc::new(plain),
            reasoning: Arc::new(reasoning),
            not_thinking: Arc::new(not_thinking),
            dall_e: Arc::new(dall_e),
            tts_1: Arc::new(tts_1),
            whisper: Arc::new(whisper),
            diarizing: Arc::new(diarizing),
        }
    }

    /// For a chat with a model of a family.
    pub(crate) fn of_chat(&self, request: &ChatRequest, family: ModelFamily) -> &Dialect {
        match family {
            ModelFamily::Plain | ModelFamily::TextOnly => &self.plain,
            _ if thinks_not(request) => &self.not_thinking,
            _ => &self.reasoning,
        }
    }

    /// For anything else.
    pub(crate) fn of(&self, call: &Call) -> &Dialect {
        let model = call.model.as_str();
        match &call.operation {
            Operation::GenerateImage(_) if model.starts_with("dall-e") => &self.dall_e,
            Operation::Speak(_) if model.starts_with("tts-1") => &self.tts_1,
            Operation::Transcribe(_) if model.starts_with("whisper") => &self.whisper,
            Operation::Transcribe(_) if model.contains("diarize") => &self.diarizing,
            _ => &self.plain,
        }
    }
}

fn plain() -> Dialect {
    let mut plain = Dialect::default().without(&["top_k"]);
    plain.stop_max = Some(4);
    // Chat completions neither give nor take reasoning text.
    plain.reasoning_replay = ReasoningReplay::Never;
    plain.video = false;
    plain.tokens.path = Some(Cow::Borrowed("/responses/input_tokens"));
    plain.images.unsupported = ["negative_prompt", "aspect_ratio", "seed"]
        .map(Cow::Borrowed)
        .to_vec();
    // The image models of now refuse to be asked (https://platform.openai.com/docs/guides/image-generation, read 2026-11).
    plain.images.delivery = DeliveryForm::Base64;
    plain.images.streams = true;
    plain.speech.events = true;
    plain.transcription.timed_format = None;
    plain.transcription.streams = true;
    plain
}

/// Whether the request asks a reasoning model not to reason.
pub(crate) fn thinks_not(request: &ChatRequest) -> bool {
    request
        .settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| reasoning.effort == Some(ReasoningEffort::None))
}
