//! Aliyun's APIs joined: its compatible mode, and DashScope's own where only that has what is asked for.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use router_core::content::MediaSource;
use router_core::{
    BatchLimits, Call, Capabilities, ChatRequest, ContentPart, Error, Feature, Json, Operation,
    OperationKind, Output, ProviderId, Result,
};
use router_wire::error_body::ErrorBody;
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::warnings::Warnings;
use router_wire::{Codec, Encoded, Framing, HttpResponse, Pending, StreamDecoder, classify};
use router_wire_openai::chat::stream::ChatStreamDecoder;
use router_wire_openai::compatible;

use crate::dialects::{self, Dialects};
use crate::error::CODES;
use crate::options::{Api, OWN, Steering};
use crate::{embeddings, images, models, native, region};

/// Aliyun's wires.
#[derive(Clone, Debug)]
pub struct AliyunCodec {
    speaker: Speaker,
    dialects: Arc<Dialects>,
    capabilities: Arc<Capabilities>,
}

/// Resolves addresses of the vendor's storage.
const RESOLVE: HeaderName = HeaderName::from_static("x-dashscope-ossresourceresolve");

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
    Feature::AudioInput,
    Feature::VideoInput,
    Feature::Logprobs,
    Feature::SeveralChoices,
    Feature::CacheMarks,
    Feature::Dimensions,
    Feature::ImageEdit,
];

impl VendorCodec for AliyunCodec {
    const VENDOR: Vendor = Vendor::new("aliyun", "Aliyun (DashScope)", "https://dashscope.aliyuncs.com")
        .with_aliases(&["dashscope", "qwen", "alibaba"])
        .with_key_env(&["DASHSCOPE_API_KEY", "ALIBABA_API_KEY", "QWENCLOUD_API_KEY"])
        .with_base_url_env(&["DASHSCOPE_BASE_URL", "ALIYUN_BASE_URL"])
        .with_address_reader(region::address)
        .with_default_model("qwen3.7-plus")
        .with_reference("https://help.aliyun.com/en/model-studio");

    fn new(id: ProviderId) -> Self {
        let operations = [
            OperationKind::Chat,
            OperationKind::Embed,
            OperationKind::GenerateImage,
            OperationKind::Rerank,
            OperationKind::ListModels,
        ];
        Self {
            speaker: router_wire_openai::speaker(id),
            dialects: Arc::new(Dialects::new(dialects::compatible())),
            capabilities: Arc::new(Capabilities::new(operations, FEATURES)),
        }
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialects = Arc::unwrap_or_clone(self.dialects).with(differences)?;
        Ok(Self {
            dialects: Arc::new(dialects),
            ..self
        })
    }
}

impl AliyunCodec {
    fn provider_name(&self) -> &str {
        self.speaker.provider().as_str()
    }

    fn chat(&self, call: &Call, request: &ChatRequest) -> Result<Encoded> {
        let model = call.model.as_str();
        let mut call = Cow::Borrowed(call);
        let mut warnings = Warnings::new(request.strict);
        if models::always_thinks(model) && models::thinks_not(request) {
            warnings.dropped("reasoning", "this model always thinks")?;
            let mut unset = request.clone();
            unset.settings.reasoning = None;
            call.to_mut().operation = unset.into();
        }
        if !call.is_stream() && models::streams_only(model, request) {
            // Whoever sends it gathers the answer.
            call = Cow::Owned(call.into_owned().streaming());
        }
        let dialect = self.dialects.of(&call, self.provider_name());
        let mut encoded = compatible::encode(dialect, &self.speaker, &call, OWN)?;
        if Steering::of(&request.provider_options, self.provider_name()).api == Api::Native {
            if native::has_detail(&request.messages) {
                warnings.dropped("media.detail", "DashScope's own API has no such setting")?;
            }
            let multimodal = models::is_multimodal(model) || native::has_media(&request.messages);
            encoded = native::of(encoded, multimodal)?;
        }
        if holds_stored(request) {
            encoded.request = encoded
                .request
                .with_header(RESOLVE, HeaderValue::from_static("enable"));
        }
        encoded.warnings.extend(warnings.into_list());
        Ok(encoded)
    }
}

/// Whether a conversation holds something of the vendor's storage.
fn holds_stored(request: &ChatRequest) -> bool {
    let mut parts = request
        .messages
        .iter()
        .flat_map(|message| message.content.parts());
    parts.any(|part| {
        matches!(part, ContentPart::Media(media)
            if matches!(&media.source, MediaSource::Url(url) if url.starts_with("oss://")))
    })
}

/// The error in a reply of success: DashScope's own APIs give a code and no output.
fn error_in_success(response: &HttpResponse) -> Option<Error> {
    if let Some(error) = compatible::error_in_success(response, CODES) {
        return Some(error);
    }
    let head = &response.body[..response.body.len().min(256)];
    memchr::memmem::find(head, b"\"code\"")?;
    let body: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
    let answered = ["output", "choices", "data", "results"]
        .iter()
        .any(|name| body.get(name).is_some_and(|found| !found.is_null()));
    let failed = body["code"].as_str().is_some_and(|code| !code.is_empty());
    (failed && !answered).then(|| {
        let error = ErrorBody::of(&body);
        classify::of_body(None, &response.headers, response.received_at, &error, CODES)
            .with_raw(response.raw())
    })
}

impl Codec for AliyunCodec {
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
        match &call.operation {
            Operation::Chat(request) => self.chat(call, request),
            Operation::Embed(request) => {
                let steering = Steering::of(&request.provider_options, self.provider_name());
                let needed = request.input_type.is_some() || steering.instruct.is_some();
                match steering.api {
                    Api::Native => embeddings::encode(&self.speaker, call, request),
                    Api::Auto if needed => embeddings::encode(&self.speaker, call, request),
                    _ => compatible::encode(self.dialects.of(call, ""), &self.speaker, call, OWN),
                }
            }
            Operation::GenerateImage(request) => images::encode(&self.speaker, call, request),
            _ => compatible::encode(self.dialects.of(call, ""), &self.speaker, call, OWN),
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        matches!(call.operation, Operation::Embed(_)).then_some(embeddings::LIMITS)
    }

    fn pending(
        &self,
        call: &Call,
        response: &HttpResponse,
        before: Option<&Pending>,
    ) -> Result<Option<Pending>> {
        match &call.operation {
            Operation::GenerateImage(_) => images::pending(response, before),
            _ => Ok(None),
        }
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = error_in_success(response) {
            return Err(error);
        }
        match &call.operation {
            Operation::GenerateImage(_) => images::decode(response).map(Output::GenerateImage),
            Operation::Embed(_) if embeddings::is_native(response) => {
                embeddings::decode(response).map(Output::Embed)
            }
            _ => compatible::decode(self.dialects.of(call, ""), &self.speaker, call, response),
        }
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        // It reads DashScope's own pieces too.
        let decoder = ChatStreamDecoder::new(self.speaker.clone()).with_codes(CODES);
        (Framing::Sse, Box::new(decoder))
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, CODES)
    }
}
