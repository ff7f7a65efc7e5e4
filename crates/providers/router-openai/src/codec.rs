//! OpenAI's wires joined: which API answers a call, and what the model refuses.

use std::sync::Arc;

use router_core::content::{MediaKind, MediaSource};
use router_core::{
    BatchLimits, Call, Capabilities, ChatRequest, ContentPart, Error, ErrorKind, Feature, Operation,
    OperationKind, Output, ProviderId, Result, ToolDefinition,
};
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_openai::completions::response::CompletionStreamDecoder;
use router_wire_openai::dialect::Dialect;
use router_wire_openai::responses::stream::ResponsesStreamDecoder;
use router_wire_openai::{compatible, completions, responses};

use crate::dialects::{Dialects, thinks_not};
use crate::models::ModelFamily;
use crate::options::{Api, Steering};

/// Fields of [`OpenAiOptions`] that steer the codec and are not sent.
const OWN: &[&str] = &["api"];

/// Where text is completed by the few models that do nothing else.
const COMPLETIONS_PATH: &str = "/completions";

/// OpenAI's wires.
#[derive(Clone, Debug)]
pub struct OpenAiCodec {
    speaker: Speaker,
    dialects: Dialects,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for OpenAiCodec {
    const VENDOR: Vendor = Vendor::new("openai", "OpenAI", "https://api.openai.com/v1")
        .with_key_env(&["OPENAI_API_KEY"])
        .with_base_url_env(&["OPENAI_BASE_URL"])
        .with_default_model("gpt-5.5")
        .with_reference("https://platform.openai.com/docs/api-reference");

    fn new(id: ProviderId) -> Self {
        let operations = [
            OperationKind::Chat,
            OperationKind::Embed,
            OperationKind::GenerateImage,
            OperationKind::Speak,
            OperationKind::Transcribe,
            OperationKind::Moderate,
            OperationKind::CountTokens,
            OperationKind::ListModels,
        ];
        Self {
            speaker: router_wire_openai::speaker(id),
            dialects: Dialects::new(),
            capabilities: Arc::new(Capabilities::new(operations, FEATURES)),
        }
    }
}

const FEATURES: &[Feature] = &[
    Feature::Streaming,
    Feature::SystemMessages,
    Feature::Tools,
    Feature::ParallelToolCalls,
    Feature::ToolChoice,
    Feature::JsonObject,
    Feature::JsonSchema,
    Feature::Reasoning,
    Feature::ImageInput,
    Feature::ImageUrlInput,
    Feature::DocumentInput,
    Feature::AudioInput,
    Feature::ImageOutput,
    Feature::AudioOutput,
    Feature::Logprobs,
    Feature::SeveralChoices,
    Feature::ServerTools,
    Feature::Dimensions,
    Feature::ImageEdit,
];

/// What answers a call.
enum Answers<'a> {
    Responses(&'a ChatRequest),
    Completions(&'a ChatRequest),
    /// The wires that the family shares.
    Shared,
}

impl OpenAiCodec {
    /// What answers a call, and the dialect that it is asked in.
    fn route<'a>(&'a self, call: &'a Call) -> (Answers<'a>, &'a Dialect) {
        let Operation::Chat(request) = &call.operation else {
            return (Answers::Shared, self.dialects.of(call));
        };
        let family = ModelFamily::of(call.model.as_str());
        (
            self.answers(request, family),
            self.dialects.of_chat(request, family),
        )
    }

    fn answers<'a>(&self, request: &'a ChatRequest, family: ModelFamily) -> Answers<'a> {
        let options = request.provider_options.get(self.speaker.provider().as_str());
        let steering = options.and_then(|options| options.to::<Steering>().ok());
        let steering = steering.unwrap_or_default();
        match steering.api {
            Some(Api::Responses) => Answers::Responses(request),
            Some(Api::ChatCompletions) => Answers::Shared,
            _ if family == ModelFamily::TextOnly => Answers::Completions(request),
            _ => {
                let tools =
                    family.tools_need_responses() && !request.tools.is_empty() && !thinks_not(request);
                let alone = steering.conversation.is_some() || self.is_for_responses(request);
                if family == ModelFamily::ResponsesOnly || tools || alone {
                    Answers::Responses(request)
                } else {
                    Answers::Shared
                }
            }
        }
    }

    /// Whether a request holds what only Responses has: tools that the vendor runs, conversations and prompts that it keeps,
    /// pictures by file and documents by address.
    fn is_for_responses(&self, request: &ChatRequest) -> bool {
        let hosted = |tool: &ToolDefinition| matches!(tool, ToolDefinition::Provider(tool) if self.speaker.opaque(tool).is_some());
        let mut parts = request
            .messages
            .iter()
            .flat_map(|message| message.content.parts());
        request.continues().is_some()
            || request.tools.iter().any(hosted)
            || request.extra.get(responses::WIRE, "background").is_some()
            || parts.any(|part| {
                matches!(part, ContentPart::Media(media) if matches!(
                    (media.kind, &media.source),
                    (MediaKind::Image, MediaSource::File(_)) | (MediaKind::Document, MediaSource::Url(_))
                ))
            })
    }
}

impl Codec for OpenAiCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        if !self.capabilities.has(call.operation.kind()) {
            return Err(Error::unsupported(call.operation.kind()));
        }
        if let Operation::Embed(request) = &call.operation
            && request.inputs.len() > 2048
        {
            let message = "inputs: at most 2048 in one request";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let speaker = &self.speaker;
        let (answers, dialect) = self.route(call);
        match answers {
            Answers::Responses(request) => responses::request::encode(dialect, speaker, call, request, OWN),
            Answers::Completions(request) => {
                completions::request::encode(dialect, COMPLETIONS_PATH, speaker, call, request, OWN)
            }
            Answers::Shared => compatible::encode(dialect, speaker, call, OWN),
        }
    }

    fn batch_limits(&self, _call: &Call) -> Option<BatchLimits> {
        // Of all inputs 300,000 tokens, by a count that is estimated.
        Some(BatchLimits::inputs(2048).with_tokens(250_000))
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = compatible::error_in_success(response, &[]) {
            return Err(error);
        }
        let (answers, dialect) = self.route(call);
        match answers {
            Answers::Responses(_) => responses::response::decode(&self.speaker, response).map(Output::Chat),
            Answers::Completions(_) => {
                completions::response::decode(&self.speaker, response).map(Output::Chat)
            }
            Answers::Shared => compatible::decode(dialect, &self.speaker, call, response),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        let speaker = self.speaker.clone();
        let (answers, dialect) = self.route(call);
        match answers {
            Answers::Responses(_) => (Framing::Sse, Box::new(ResponsesStreamDecoder::new(speaker))),
            Answers::Completions(_) => (Framing::Sse, Box::new(CompletionStreamDecoder::new(speaker))),
            Answers::Shared => compatible::stream_decoder(dialect, &speaker, call),
        }
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
