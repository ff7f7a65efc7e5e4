//! OpenAI's wires joined: which API answers a call, and what the model refuses.

use std::borrow::Cow;
use std::sync::Arc;

use router_core::{
    Call, Capabilities, ChatRequest, Error, ErrorKind, Feature, Operation, OperationKind, Output, ProviderId,
    ReasoningEffort, Result,
};
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_openai::dialect::{Dialect, ReasoningReplay};
use router_wire_openai::{WIRE, chat, compatible, embeddings, models, responses};

use crate::models::ModelFamily;
use crate::options::{Api, OpenAiOptions};

/// Fields of [`OpenAiOptions`] that steer the codec and are not sent.
const OWN: &[&str] = &["api"];

/// OpenAI's wires.
#[derive(Clone, Debug)]
pub struct OpenAiCodec {
    speaker: Speaker,
    /// For models without reasoning, and for those with it.
    plain: Arc<Dialect>,
    reasoning: Arc<Dialect>,
    /// For reasoning models with the effort `none`, which sample like plain ones.
    not_thinking: Arc<Dialect>,
    capabilities: Arc<Capabilities>,
}

impl VendorCodec for OpenAiCodec {
    const VENDOR: Vendor = Vendor::new("openai", "OpenAI", "https://api.openai.com/v1")
        .with_key_env(&["OPENAI_API_KEY"])
        .with_base_url_env(&["OPENAI_BASE_URL"])
        .with_default_model("gpt-5.5")
        .with_reference("https://platform.openai.com/docs/api-reference");

    fn new(id: ProviderId) -> Self {
        let mut plain = Dialect::default().without(&["top_k"]);
        plain.stop_max = Some(4);
        // Chat completions neither give nor take reasoning text.
        plain.reasoning_replay = ReasoningReplay::Never;
        plain.video = false;
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
        Self {
            speaker: Speaker::new(id, WIRE),
            plain: Arc::new(plain),
            reasoning: Arc::new(reasoning),
            not_thinking: Arc::new(not_thinking),
            capabilities: Arc::new(Capabilities::new(
                [
                    OperationKind::Chat,
                    OperationKind::Embed,
                    OperationKind::ListModels,
                ],
                FEATURES,
            )),
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
];

impl OpenAiCodec {
    fn api(&self, call: &Call, request: &ChatRequest) -> Api {
        let chosen = request
            .provider_options
            .get(self.speaker.provider().as_str())
            .and_then(|options| options.to::<OpenAiOptions>().ok())
            .and_then(|options| options.api);
        match chosen {
            Some(Api::Responses) => Api::Responses,
            Some(Api::ChatCompletions) => Api::ChatCompletions,
            _ => {
                let family = ModelFamily::of(call.model.as_str());
                let tools =
                    family.tools_need_responses() && !request.tools.is_empty() && !thinks_not(request);
                if family == ModelFamily::ResponsesOnly
                    || tools
                    || request.settings.previous_response_id.is_some()
                {
                    Api::Responses
                } else {
                    Api::ChatCompletions
                }
            }
        }
    }

    fn dialect(&self, call: &Call, request: &ChatRequest) -> &Dialect {
        match ModelFamily::of(call.model.as_str()) {
            ModelFamily::Plain => &self.plain,
            _ if thinks_not(request) => &self.not_thinking,
            _ => &self.reasoning,
        }
    }
}

fn thinks_not(request: &ChatRequest) -> bool {
    request
        .settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| reasoning.effort == Some(ReasoningEffort::None))
}

impl Codec for OpenAiCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Chat(request) => match self.api(call, request) {
                Api::Responses => responses::request::encode(&self.speaker, call, request, OWN),
                _ => chat::request::encode(self.dialect(call, request), &self.speaker, call, request, OWN),
            },
            Operation::Embed(request) => {
                if request.inputs.len() > 2048 {
                    return Err(Error::new(
                        ErrorKind::InvalidRequest,
                        "inputs: at most 2048 in one request",
                    ));
                }
                embeddings::encode(&self.plain, &self.speaker, call, request, OWN)
            }
            Operation::ListModels(_) => Ok(Encoded::whole(models::encode(&self.plain), Vec::new())),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = compatible::error_in_success(response, &[]) {
            return Err(error);
        }
        match &call.operation {
            Operation::Chat(request) => match self.api(call, request) {
                Api::Responses => responses::response::decode(&self.speaker, response),
                _ => chat::response::decode(&self.speaker, response),
            }
            .map(Output::Chat),
            Operation::Embed(_) => embeddings::decode(response).map(Output::Embed),
            Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        let responses = match &call.operation {
            Operation::Chat(request) => self.api(call, request) == Api::Responses,
            _ => false,
        };
        if responses {
            (
                Framing::Sse,
                Box::new(responses::stream::ResponsesStreamDecoder::new(
                    self.speaker.clone(),
                )),
            )
        } else {
            (
                Framing::Sse,
                Box::new(chat::stream::ChatStreamDecoder::new(self.speaker.clone())),
            )
        }
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
