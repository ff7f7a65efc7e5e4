//! A call and its reply: what layers pass on.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use serde::{Serialize, Serializer};

use crate::audio::{SpeechRequest, SpeechResponse, TranscriptionRequest, TranscriptionResponse};
use crate::capability::{Feature, Features, Needs, OperationKind};
use crate::chat::{ChatRequest, ChatResponse, FinishReason, ResponseFormat, Usage};
use crate::content::{ContentPart, Media, MediaKind, MediaSource};
use crate::context::Context;
use crate::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use crate::error::{RawReply, Result};
use crate::image::{ImageRequest, ImageResponse};
use crate::message::{Content, Message, Role};
use crate::model::{ListModelsRequest, ModelId, ModelList};
use crate::moderation::{ModerationRequest, ModerationResponse};
use crate::rerank::{RerankRequest, RerankResponse};
use crate::stream::{End, EventStream, StreamEvent};
use crate::text::Text;
use crate::tokens::{CountTokensRequest, EstimatingCounter, TokenCount, TokenCounter};
use crate::tool::ToolDefinition;
use crate::warning::Warning;

/// One call. Layers borrow it; a clone shares the request, so trying again never copies messages.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The model, as the provider called knows it.
    pub model: ModelId,
    /// What is asked.
    pub operation: Operation,
    /// Whether the answer is to come whole or in pieces.
    pub mode: Mode,
    /// What goes with the call.
    pub context: Context,
}

impl Call {
    /// A call for a whole answer, with an empty context.
    #[must_use]
    pub fn new(model: impl Into<ModelId>, operation: impl Into<Operation>) -> Self {
        Self {
            model: model.into(),
            operation: operation.into(),
            mode: Mode::Full,
            context: Context::new(),
        }
    }

    /// The call for another model.
    #[must_use]
    pub fn with_model(&self, model: ModelId) -> Self {
        Self {
            model,
            ..self.clone()
        }
    }

    /// The call with another context.
    #[must_use]
    pub fn with_context(&self, context: Context) -> Self {
        Self {
            context,
            ..self.clone()
        }
    }

    /// The call for an answer in pieces.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.mode = Mode::Stream;
        self
    }

    /// Whether the answer is to come in pieces.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.mode == Mode::Stream
    }

    /// What the call asks of a provider.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = self.operation.needs();
        // Anything else that is asked for in pieces may come whole.
        if self.is_stream() && self.operation.kind() == OperationKind::Chat {
            needs.features.insert(Feature::Streaming);
        }
        needs
    }
}

/// Whether an answer comes whole or in pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Whole.
    #[default]
    Full,
    /// In pieces.
    Stream,
}

/// What a call asks. Requests are shared.
///
/// Layers never match on it: what they need to know are the methods.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Chat.
    Chat(Arc<ChatRequest>),
    /// Embeddings.
    Embed(Arc<EmbeddingRequest>),
    /// Images.
    GenerateImage(Arc<ImageRequest>),
    /// Documents by relevance.
    Rerank(Arc<RerankRequest>),
    /// Speech from text.
    Speak(Arc<SpeechRequest>),
    /// Text from speech.
    Transcribe(Arc<TranscriptionRequest>),
    /// Harm checks.
    Moderate(Arc<ModerationRequest>),
    /// Token counts.
    CountTokens(Arc<CountTokensRequest>),
    /// Models.
    ListModels(Arc<ListModelsRequest>),
}

/// Its name and the request: equal operations give equal bytes in any format, which is what keys of caches are hashes of.
impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn named<S: Serializer, R: Serialize>(
            name: &str,
            request: &R,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            (name, request).serialize(serializer)
        }
        let name = self.name();
        match self {
            Self::Chat(request) => named(name, request.as_ref(), serializer),
            Self::Embed(request) => named(name, request.as_ref(), serializer),
            Self::GenerateImage(request) => named(name, request.as_ref(), serializer),
            Self::Rerank(request) => named(name, request.as_ref(), serializer),
            Self::Speak(request) => named(name, request.as_ref(), serializer),
            Self::Transcribe(request) => named(name, request.as_ref(), serializer),
            Self::Moderate(request) => named(name, request.as_ref(), serializer),
            Self::CountTokens(request) => named(name, request.as_ref(), serializer),
            Self::ListModels(request) => named(name, request.as_ref(), serializer),
        }
    }
}

impl Operation {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Chat(_) => OperationKind::Chat,
            Self::Embed(_) => OperationKind::Embed,
            Self::GenerateImage(_) => OperationKind::GenerateImage,
            Self::Rerank(_) => OperationKind::Rerank,
            Self::Speak(_) => OperationKind::Speak,
            Self::Transcribe(_) => OperationKind::Transcribe,
            Self::Moderate(_) => OperationKind::Moderate,
            Self::CountTokens(_) => OperationKind::CountTokens,
            Self::ListModels(_) => OperationKind::ListModels,
        }
    }

    /// Its name in logs, errors and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Whether asking again is meant to give the same answer: no sampling, or sampling with a seed.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        match self {
            Self::Chat(request) => {
                let settings = &request.settings;
                settings.temperature == Some(0.0) || settings.seed.is_some()
            }
            Self::Transcribe(request) => request.temperature.is_none_or(|temperature| temperature == 0.0),
            Self::GenerateImage(_) | Self::Speak(_) => false,
            Self::Embed(_)
            | Self::Rerank(_)
            | Self::Moderate(_)
            | Self::CountTokens(_)
            | Self::ListModels(_) => true,
        }
    }

    /// What it asks of a provider.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::new(self.kind());
        needs.tokens = self.token_estimate();
        match self {
            Self::Chat(request) => chat_features(request, &mut needs.features),
            Self::CountTokens(request) => chat_features(&request.chat, &mut needs.features),
            Self::Embed(request) => embed_features(request, &mut needs.features),
            Self::GenerateImage(request) if !request.images.is_empty() => {
                needs.features.insert(Feature::ImageEdit)
            }
            _ => {}
        }
        needs
    }

    /// Estimated tokens of the prompt, without any vocabulary; see [`EstimatingCounter`].
    #[must_use]
    pub fn token_estimate(&self) -> u64 {
        let counter = EstimatingCounter;
        let model = ModelId::from_static("");
        let text = |text: &Text| counter.count_text(&model, text);
        let parts = |parts: &[ContentPart]| -> u64 {
            parts.iter().map(|part| counter.count_part(&model, part)).sum()
        };
        match self {
            Self::Chat(request) => counter.count_chat(&model, request),
            Self::CountTokens(request) => counter.count_chat(&model, &request.chat),
            Self::Embed(request) => request
                .inputs
                .iter()
                .map(|input| match input {
                    EmbeddingInput::Text(input) => text(input),
                    EmbeddingInput::Tokens(tokens) => tokens.len() as u64,
                    EmbeddingInput::Parts(input) => parts(input),
                })
                .sum(),
            Self::GenerateImage(request) => text(&request.prompt),
            Self::Rerank(request) => text(&request.query) + parts(&request.documents),
            Self::Speak(request) => text(&request.input),
            Self::Moderate(request) => request
                .inputs
                .iter()
                .map(|input| match input {
                    Content::Text(input) => text(input),
                    Content::Parts(input) => parts(input),
                })
                .sum(),
            Self::Transcribe(_) | Self::ListModels(_) => 0,
        }
    }

    /// Most tokens of the answer, all choices together: zero where answers are no tokens, `None` where the request sets no
    /// bound.
    #[must_use]
    pub fn max_output_tokens(&self) -> Option<u64> {
        match self {
            Self::Chat(request) => {
                let choices = u64::from(request.settings.n.unwrap_or(1).max(1));
                let most = request.settings.max_output_tokens?;
                Some(most.saturating_mul(choices))
            }
            Self::GenerateImage(_) | Self::Speak(_) | Self::Transcribe(_) => None,
            Self::Embed(_)
            | Self::Rerank(_)
            | Self::Moderate(_)
            | Self::CountTokens(_)
            | Self::ListModels(_) => Some(0),
        }
    }
}

fn chat_features(request: &ChatRequest, features: &mut Features) {
    for tool in &request.tools {
        features.insert(match tool {
            ToolDefinition::Provider(_) => Feature::ServerTools,
            ToolDefinition::Function(_) | ToolDefinition::Custom(_) => Feature::Tools,
        });
    }
    match &request.response_format {
        Some(ResponseFormat::Json) => features.insert(Feature::JsonObject),
        Some(ResponseFormat::JsonSchema(_)) => features.insert(Feature::JsonSchema),
        Some(ResponseFormat::Text) | None => {}
    }
    if request.settings.n.is_some_and(|n| n > 1) {
        features.insert(Feature::SeveralChoices);
    }
    for message in &request.messages {
        message_features(message, features);
    }
}

fn embed_features(request: &EmbeddingRequest, features: &mut Features) {
    if request.dimensions.is_some() {
        features.insert(Feature::Dimensions);
    }
    for input in &request.inputs {
        if let EmbeddingInput::Parts(parts) = input {
            for part in parts {
                if let ContentPart::Media(media) = part {
                    media_feature(media, features);
                }
            }
        }
    }
}

fn message_features(message: &Message, features: &mut Features) {
    if message.role == Role::System {
        features.insert(Feature::SystemMessages);
    }
    for part in message.content.parts() {
        match part {
            ContentPart::Media(media) => media_feature(media, features),
            ContentPart::ToolResult(result) => {
                if let Content::Parts(parts) = &result.content {
                    for part in parts.iter() {
                        if let ContentPart::Media(media) = part {
                            media_feature(media, features);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

fn media_feature(media: &Media, features: &mut Features) {
    features.insert(match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(_)) => Feature::ImageUrlInput,
        (MediaKind::Image, _) => Feature::ImageInput,
        (MediaKind::Document, _) => Feature::DocumentInput,
        (MediaKind::Audio, _) => Feature::AudioInput,
        (MediaKind::Video, _) => Feature::VideoInput,
    });
}

/// What a provider answers.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    /// What came with the answer.
    pub head: Head,
    /// The answer.
    pub body: Body,
}

/// What comes with an answer.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Head {
    /// Who answered: the innermost provider.
    pub provider: crate::model::ProviderId,
    /// The vendor's id of the request.
    pub request_id: Option<Text>,
    /// The model asked for at that provider, after routing.
    pub model: ModelId,
    /// Settings that were dropped or changed.
    pub warnings: Vec<Warning>,
    /// The reply as it came; of a stream, its head with an empty body.
    pub raw: Option<RawReply>,
    /// How old the answer is, where it was not made for this call: it comes from a cache, or another call shares it. Whose
    /// call made it has paid for its usage.
    pub age: Option<Duration>,
}

impl Head {
    /// Headers of the vendor's reply.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.raw.as_ref().map(|raw| raw.headers.as_ref())
    }

    /// HTTP status of the vendor's reply.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.raw.as_ref().map(|raw| raw.status)
    }
}

/// An answer, whole or in pieces.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of them per call, and an allocation costs more than moving it"
)]
pub enum Body {
    /// Whole.
    Full(Output),
    /// In pieces.
    Stream(EventStream),
}

impl Reply {
    /// A whole answer.
    #[must_use]
    pub fn full(output: impl Into<Output>) -> Self {
        Self {
            head: Head::default(),
            body: Body::Full(output.into()),
        }
    }

    /// An answer in pieces.
    #[must_use]
    pub fn stream(stream: EventStream) -> Self {
        Self {
            head: Head::default(),
            body: Body::Stream(stream),
        }
    }

    /// With what came with it.
    #[must_use]
    pub fn with_head(mut self, head: Head) -> Self {
        self.head = head;
        self
    }

    /// Runs `f` once when the answer is over: now for a whole one, at `Finish`, error or drop for a stream.
    ///
    /// What `f` holds is released then, and not only when the caller drops the stream.
    #[must_use]
    pub fn on_end(mut self, f: impl FnOnce(End<'_>) + Send + 'static) -> Self {
        match &mut self.body {
            Body::Full(output) => f(End::Finished(output.usage())),
            Body::Stream(stream) => stream.on_end(f),
        }
        self
    }

    /// Runs `f` on every event of a stream; does nothing for a whole answer.
    #[must_use]
    pub fn on_event(mut self, f: impl FnMut(&StreamEvent) + Send + 'static) -> Self {
        if let Body::Stream(stream) = &mut self.body {
            stream.on_event(f);
        }
        self
    }

    /// The vendor's id of the answer, where it came with the first content.
    #[must_use]
    pub fn answer_id(&self) -> Option<&Text> {
        match &self.body {
            Body::Full(Output::Chat(response)) => response.id.as_ref(),
            Body::Full(_) => None,
            Body::Stream(stream) => stream.start()?.id.as_ref(),
        }
    }

    /// The model that answers, in the vendor's words, where they came with the first content.
    #[must_use]
    pub fn answer_model(&self) -> Option<&Text> {
        match &self.body {
            Body::Full(output) => output.model(),
            Body::Stream(stream) => stream.start()?.model.as_ref(),
        }
    }

    /// The whole answer, gathering a stream.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn into_output(self) -> Result<Output> {
        self.body.into_output().await
    }
}

impl Body {
    /// The whole answer, gathering a stream.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn into_output(self) -> Result<Output> {
        match self {
            Self::Full(output) => Ok(output),
            Self::Stream(stream) => stream.into_output().await,
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Output {
    /// Chat.
    Chat(ChatResponse),
    /// Vectors.
    Embed(EmbeddingResponse),
    /// Images.
    GenerateImage(ImageResponse),
    /// A ranking.
    Rerank(RerankResponse),
    /// A sound file.
    Speak(SpeechResponse),
    /// Written-down speech.
    Transcribe(TranscriptionResponse),
    /// Judgements.
    Moderate(ModerationResponse),
    /// A token count.
    CountTokens(TokenCount),
    /// Models.
    ListModels(ModelList),
}

impl Output {
    /// The kind of operation it answers.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Chat(_) => OperationKind::Chat,
            Self::Embed(_) => OperationKind::Embed,
            Self::GenerateImage(_) => OperationKind::GenerateImage,
            Self::Rerank(_) => OperationKind::Rerank,
            Self::Speak(_) => OperationKind::Speak,
            Self::Transcribe(_) => OperationKind::Transcribe,
            Self::Moderate(_) => OperationKind::Moderate,
            Self::CountTokens(_) => OperationKind::CountTokens,
            Self::ListModels(_) => OperationKind::ListModels,
        }
    }

    /// Tokens used, where the operation counts them.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        match self {
            Self::Chat(response) => response.usage.as_ref(),
            Self::Embed(response) => response.usage.as_ref(),
            Self::GenerateImage(response) => response.usage.as_ref(),
            Self::Rerank(response) => response.usage.as_ref(),
            Self::Speak(response) => response.usage.as_ref(),
            Self::Transcribe(response) => response.usage.as_ref(),
            Self::Moderate(_) | Self::CountTokens(_) | Self::ListModels(_) => None,
        }
    }

    /// The model that answered, in the vendor's words.
    #[must_use]
    pub fn model(&self) -> Option<&Text> {
        match self {
            Self::Chat(response) => response.model.as_ref(),
            Self::Embed(response) => response.model.as_ref(),
            Self::GenerateImage(response) => response.model.as_ref(),
            Self::Rerank(response) => response.model.as_ref(),
            Self::Speak(response) => response.model.as_ref(),
            Self::Transcribe(response) => response.model.as_ref(),
            Self::Moderate(response) => response.model.as_ref(),
            Self::CountTokens(_) | Self::ListModels(_) => None,
        }
    }

    /// Why each choice ended; nothing of answers that have no choices.
    pub fn finish_reasons(&self) -> impl Iterator<Item = &FinishReason> {
        let choices = match self {
            Self::Chat(response) => &response.choices[..],
            _ => &[],
        };
        choices.iter().map(|choice| &choice.finish_reason)
    }
}

impl Output {
    /// About how many bytes it takes: the length of its JSON.
    #[must_use]
    pub fn size_estimate(&self) -> usize {
        crate::recording::json_len(self)
    }

    /// Whether it is an answer only by its form: nothing was said, a filter withheld it, or the vendor failed while answering.
    /// Nobody wants it a second time.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Chat(response) => {
                response.choices.is_empty()
                    || response
                        .choices
                        .iter()
                        .any(|choice| choice.finish_reason.is_negative())
            }
            _ => false,
        }
    }
}

/// A request type and the response type it is answered with.
pub trait Request: Sized {
    /// What answers it.
    type Response: Into<Output>;

    /// The request as an operation.
    fn into_operation(self) -> Operation;

    /// The response in an output; `None` when the output answers another operation.
    fn response(output: Output) -> Option<Self::Response>;
}

macro_rules! requests {
    ($($request:ty => $response:ty, $variant:ident;)+) => {
        $(
            impl Request for $request {
                type Response = $response;

                fn into_operation(self) -> Operation {
                    Operation::$variant(Arc::new(self))
                }

                fn response(output: Output) -> Option<$response> {
                    match output {
                        Output::$variant(response) => Some(response),
                        _ => None,
                    }
                }
            }

            impl From<$request> for Operation {
                fn from(request: $request) -> Self {
                    request.into_operation()
                }
            }

            impl From<Arc<$request>> for Operation {
                fn from(request: Arc<$request>) -> Self {
                    Self::$variant(request)
                }
            }

            impl From<$response> for Output {
                fn from(response: $response) -> Self {
                    Self::$variant(response)
                }
            }
        )+
    };
}

requests! {
    ChatRequest => ChatResponse, Chat;
    EmbeddingRequest => EmbeddingResponse, Embed;
    ImageRequest => ImageResponse, GenerateImage;
    RerankRequest => RerankResponse, Rerank;
    SpeechRequest => SpeechResponse, Speak;
    TranscriptionRequest => TranscriptionResponse, Transcribe;
    ModerationRequest => ModerationResponse, Moderate;
    CountTokensRequest => TokenCount, CountTokens;
    ListModelsRequest => ModelList, ListModels;
}
