//! Which codec reads a recording, and for which operation.

use std::fmt;
use std::sync::Arc;

use router_anthropic::AnthropicCodec;
use router_bedrock::{Api, BedrockCodec, BedrockOptions};
use router_cohere::CohereCodec;
use router_core::audio::{SpeechRequest, TranscriptionRequest};
use router_core::chat::ChatRequest;
use router_core::content::{Media, MediaKind};
use router_core::image::ImageRequest;
use router_core::model::ListModelsRequest;
use router_core::moderation::ModerationRequest;
use router_core::rerank::RerankRequest;
use router_core::tokens::CountTokensRequest;
use router_core::{
    Call, Capabilities, EmbeddingRequest, Error, Json, Operation, OperationKind, Output, ProviderId, Result,
    Text,
};
use router_gemini::GeminiCodec;
use router_huggingface::TgiCodec;
use router_mistral::MistralCodec;
use router_ollama::OllamaCodec;
use router_replicate::ReplicateCodec;
use router_vertex::VertexCodec;
use router_wire::provenance::Speaker;
use router_wire::vendor::VendorCodec;
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder, classify};
use router_wire_openai::responses::response;
use router_wire_openai::responses::stream::ResponsesStreamDecoder;
use router_wire_openai::{Compatible, Dialect, completions};
use serde_json::Value;

use crate::cassette::Cassette;

/// A codec, and the call that a recording answers. The call is in stream mode when the answer is read as a stream.
#[non_exhaustive]
pub struct Service {
    /// Reads the answer, and writes a request like the recorded one.
    pub codec: Box<dyn Codec>,
    /// What was asked, as far as reading the answer needs it.
    pub call: Call,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("provider", self.codec.provider())
            .field("call", &self.call)
            .finish()
    }
}

/// The codec for a recording: its wire by endpoint and address, its dialect by vendor.
///
/// # Errors
/// The reason why there is none.
pub fn service(cassette: &Cassette) -> Result<Service, String> {
    let path = cassette.path();
    let provider = cassette.provider.as_str();
    let id = ProviderId::from(provider);
    let chat = || Operation::from(ChatRequest::user("-"));
    let later = |what: &str| Err(format!("{what} is not read yet"));
    // Google's own paths end in `models/NAME:method`.
    let google = provider == "gemini" || provider == "vertex" || path.contains("/publishers/google/");
    let ollama = path.contains("/api/") && !path.contains("/v1/") && provider == "ollama"
        || path.ends_with("/api/chat");
    // Cohere has a wire of its own, and OpenAI's at another address.
    let cohere = provider == "cohere" && !path.contains("compatibility");
    let compatible = |id| {
        if cohere {
            Box::new(CohereCodec::new(id))
        } else {
            compatible(id)
        }
    };
    let (codec, operation): (Box<dyn Codec>, Operation) = match cassette.endpoint.as_str() {
        "generateContent" if provider == "vertex" && !speaks(cassette) => {
            (Box::new(VertexCodec::new(id)), chat())
        }
        "predict" if provider == "vertex" && (path.contains("embedding") || answers(cassette, EMBEDDED)) => (
            Box::new(VertexCodec::new(id)),
            EmbeddingRequest::new(["-"]).into(),
        ),
        "predict" if provider == "vertex" => (Box::new(VertexCodec::new(id)), ImageRequest::new("-").into()),
        "predict" if provider == "gemini" => (Box::new(GeminiCodec::new(id)), ImageRequest::new("-").into()),
        "embeddings" if provider == "vertex" => (
            Box::new(VertexCodec::new(id)),
            EmbeddingRequest::new(["-"]).into(),
        ),
        "chat" if ollama || (provider == "ollama" && path.is_empty()) => {
            (Box::new(OllamaCodec::new(id)), chat())
        }
        "chat" => (compatible(id), chat()),
        "responses" => (responding(id), chat()),
        "messages" => (Box::new(AnthropicCodec::new(id)), chat()),
        "generateContent" if speaks(cassette) => {
            (Box::new(GeminiCodec::new(id)), SpeechRequest::new("-").into())
        }
        "generateContent" => (Box::new(GeminiCodec::new(id)), chat()),
        "embeddings" => {
            let codec: Box<dyn Codec> = if google && !path.contains("/openai/") {
                Box::new(GeminiCodec::new(id))
            } else if ollama {
                Box::new(OllamaCodec::new(id))
            } else {
                compatible(id)
            };
            (codec, EmbeddingRequest::new(["-"]).into())
        }
        "models" => {
            let codec: Box<dyn Codec> = match provider {
                "anthropic" => Box::new(AnthropicCodec::new(id)),
                "bedrock" => Box::new(BedrockCodec::new(id)),
                _ if google && !path.contains("/openai/") => Box::new(GeminiCodec::new(id)),
                _ if ollama => Box::new(OllamaCodec::new(id)),
                _ => compatible(id),
            };
            (codec, ListModelsRequest::default().into())
        }
        "count_tokens" => {
            let codec: Box<dyn Codec> = match provider {
                _ if google && !path.contains("/publishers/anthropic/") => Box::new(GeminiCodec::new(id)),
                "bedrock" => Box::new(BedrockCodec::new(id)),
                _ => Box::new(AnthropicCodec::new(id)),
            };
            (codec, CountTokensRequest::new(ChatRequest::user("-")).into())
        }
        "images" => (compatible(id), ImageRequest::new("-").into()),
        "audio-speech" => {
            let mut request = SpeechRequest::new("-");
            request.format = cassette.asked("response_format").as_str().map(Text::from);
            (compatible(id), request.into())
        }
        "audio-transcription" if provider == "deepgram" => return later("Deepgram's own wire"),
        "audio-transcription" => {
            let sound = Media::base64(MediaKind::Audio, "audio/wav", "");
            let mut request = TranscriptionRequest::new(sound);
            request.format = cassette.asked("response_format").as_str().map(Text::from);
            (compatible(id), request.into())
        }
        "ocr" if provider == "mistral" => {
            let page = Media::base64(MediaKind::Document, "application/pdf", "");
            (compatible(id), TranscriptionRequest::new(page).into())
        }
        "rerank" => (compatible(id), RerankRequest::new("-", ["-"]).into()),
        "moderations" => (compatible(id), ModerationRequest::new(["-"]).into()),
        "completions" if cohere => (compatible(id), completions::prompt("-").into()),
        "completions" if ollama => (Box::new(OllamaCodec::new(id)), chat()),
        "completions" if provider == "anthropic" => (Box::new(AnthropicCodec::new(id)), chat()),
        "completions" if provider == "alephalpha" => return later("text completion on Aleph Alpha's wire"),
        // Bare text generation, as it was before there was a router.
        "completions" if provider == "huggingface" && !path.contains("/v1/") => {
            (Box::new(TgiCodec::new(id)), completions::prompt("-").into())
        }
        "completions" => (completing(id), completions::prompt("-").into()),
        "converse" => (Box::new(BedrockCodec::new(id)), chat()),
        // What users serve there; text generation answers as Hugging Face's server does.
        "invoke" if provider == "sagemaker" => (Box::new(TgiCodec::new(id)), completions::prompt("-").into()),
        "invoke" if path.contains("embed") || answers(cassette, &["/embedding", "/embeddings"]) => (
            Box::new(BedrockCodec::new(id)),
            EmbeddingRequest::new(["-"]).into(),
        ),
        "invoke" if path.contains("rerank") => (
            Box::new(BedrockCodec::new(id)),
            RerankRequest::new("-", ["-"]).into(),
        ),
        "invoke" => (Box::new(BedrockCodec::new(id)), invoked()),
        "predictions" if provider == "replicate" => (Box::new(ReplicateCodec::new(id)), chat()),
        endpoint => return later(&format!("the endpoint {endpoint}")),
    };
    let model = match published(path) {
        // What makes pictures by this method are the models of one line, whose name was taken out of some recordings.
        _ if cassette.endpoint == "predict" && operation.kind() == OperationKind::GenerateImage => "imagen",
        Some(name) => name,
        None => cassette.asked("model").as_str().unwrap_or("model"),
    };
    let mut call = Call::new(model, operation);
    let may_stream = matches!(
        call.operation.kind(),
        OperationKind::Chat | OperationKind::GenerateImage | OperationKind::Speak | OperationKind::Transcribe
    );
    if may_stream && (cassette.is_streamed() || asked_for_stream(cassette)) {
        call = call.streaming();
    }
    Ok(Service { codec, call })
}

/// A chat that is answered in the form of the model's maker.
fn invoked() -> Operation {
    let mut options = BedrockOptions::default();
    options.api = Some(Api::Invoke);
    let chat = ChatRequest::user("-").with_provider_options(router_bedrock::WIRE, &options);
    // Options that are one word are always JSON.
    chat.unwrap_or_default().into()
}

/// The plain dialect of a vendor that completes text.
fn completing(id: ProviderId) -> Box<dyn Codec> {
    let mut dialect = Dialect::default();
    dialect.completions_path = Some("/completions".into());
    Box::new(Compatible::new(id, dialect))
}

/// The dialect of a vendor that has a crate, and the plain one for any other.
fn compatible(id: ProviderId) -> Box<dyn Codec> {
    match id.as_str() {
        "aliyun" | "dashscope" => Box::new(router_aliyun::AliyunCodec::new(id)),
        "azure-openai" => Box::new(router_azure::AzureCodec::new(id)),
        "baidu" => Box::new(router_baidu::BaiduCodec::new(id)),
        "cerebras" => Box::new(router_cerebras::CerebrasCodec::new(id)),
        "databricks" => Box::new(router_databricks::DatabricksCodec::new(id)),
        "deepseek" => Box::new(router_deepseek::DeepSeekCodec::new(id)),
        "fireworks" => Box::new(router_fireworks::FireworksCodec::new(id)),
        "groq" => Box::new(router_groq::GroqCodec::new(id)),
        "jina" => Box::new(router_jina::JinaCodec::new(id)),
        "huggingface" => Box::new(router_huggingface::HuggingFaceCodec::new(id)),
        "llamacpp" => Box::new(router_llamacpp::LlamaCppCodec::new(id)),
        "lmstudio" => Box::new(router_lmstudio::LmStudioCodec::new(id)),
        "minimax" => Box::new(router_minimax::MiniMaxCodec::new(id)),
        "mistral" => Box::new(MistralCodec::new(id)),
        "moonshot" => Box::new(router_moonshot::MoonshotCodec::new(id)),
        "nvidia" => Box::new(router_nvidia::NvidiaCodec::new(id)),
        "openrouter" => Box::new(router_openrouter::OpenRouterCodec::new(id)),
        "perplexity" => Box::new(router_perplexity::PerplexityCodec::new(id)),
        "sambanova" => Box::new(router_sambanova::SambaNovaCodec::new(id)),
        "siliconflow" => Box::new(router_siliconflow::SiliconFlowCodec::new(id)),
        "stepfun" => Box::new(router_stepfun::StepFunCodec::new(id)),
        "tencent" => Box::new(router_tencent::TencentCodec::new(id)),
        "together" => Box::new(router_together::TogetherCodec::new(id)),
        "vllm" => Box::new(router_vllm::VllmCodec::new(id)),
        "voyage" => Box::new(router_voyage::VoyageCodec::new(id)),
        "volcengine" => Box::new(router_volcengine::VolcengineCodec::new(id)),
        "watsonx" => Box::new(router_watsonx::WatsonxCodec::new(id)),
        "zhipu" => Box::new(router_zhipu::ZhipuCodec::new(id)),
        "xai" => Box::new(router_xai::XaiCodec::new(id)),
        _ => Box::new(Compatible::new(id, Dialect::default())),
    }
}

/// The codec of a vendor whose crate has the Responses API, set to it, and the plain one for any other.
fn responding(id: ProviderId) -> Box<dyn Codec> {
    let set_to_it = Json::parse(r#"{"responses": "always"}"#);
    let codec = match id.as_str() {
        "azure-openai" => set(router_azure::AzureCodec::new(id.clone()), set_to_it),
        "openrouter" => set(router_openrouter::OpenRouterCodec::new(id.clone()), set_to_it),
        "xai" => set(router_xai::XaiCodec::new(id.clone()), set_to_it),
        _ => None,
    };
    codec.unwrap_or_else(|| Box::new(ResponsesCodec::new(id)))
}

fn set<C: VendorCodec>(codec: C, differences: Result<Json>) -> Option<Box<dyn Codec>> {
    let codec = codec.with_dialect(&differences.ok()?).ok()?;
    Some(Box::new(codec))
}

/// The model in a path of a publisher: `publishers/google/models/NAME`.
fn published(path: &str) -> Option<&str> {
    let from = path.find("publishers/")?;
    let name = &path[from..];
    Some(name.rsplit_once(':').map_or(name, |(name, _)| name))
}

/// Where a prediction has vectors.
const EMBEDDED: &[&str] = &["/predictions/0/embeddings"];

/// Whether the answer has something at one of these places.
fn answers(cassette: &Cassette, places: &[&str]) -> bool {
    let payload = cassette
        .http_response()
        .map(|response| response.body)
        .unwrap_or_default();
    let body: Value = serde_json::from_slice(&payload).unwrap_or_default();
    places.iter().any(|place| body.pointer(place).is_some())
}

/// Whether Gemini was asked for sound alone.
fn speaks(cassette: &Cassette) -> bool {
    cassette.asked("generationConfig")["responseModalities"]
        .as_array()
        .is_some_and(|kinds| {
            kinds.len() == 1
                && kinds[0]
                    .as_str()
                    .is_some_and(|kind| kind.eq_ignore_ascii_case("audio"))
        })
}

/// The operation's name in an outcome.
pub(crate) fn operation_name(call: &Call) -> &'static str {
    if let Operation::Chat(request) = &call.operation
        && completions::came_so(request)
    {
        return "other";
    }
    // Reading a document is no operation of its own.
    if let Operation::Transcribe(request) = &call.operation
        && request.audio.kind != MediaKind::Audio
    {
        return "other";
    }
    match call.operation.kind() {
        OperationKind::Chat if call.is_stream() => "chat_stream",
        other => other.as_str(),
    }
}

/// Whether a stream was asked for, by field or by address.
fn asked_for_stream(cassette: &Cassette) -> bool {
    let path = cassette.path();
    let stream = cassette.asked("stream");
    // A form has texts only.
    *stream == Value::Bool(true)
        || stream == "true"
        || path.contains("streamGenerateContent")
        || path.contains("streamRawPredict")
        || path.ends_with("-stream")
        || (path.ends_with("/api/chat") && *stream != Value::Bool(false))
}

/// The Responses API of any vendor.
struct ResponsesCodec {
    speaker: Speaker,
    capabilities: Arc<Capabilities>,
}

impl ResponsesCodec {
    fn new(id: ProviderId) -> Self {
        Self {
            speaker: router_wire_openai::speaker(id),
            capabilities: Arc::new(Capabilities::new([OperationKind::Chat], &[])),
        }
    }
}

impl Codec for ResponsesCodec {
    fn provider(&self) -> &ProviderId {
        self.speaker.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match &call.operation {
            Operation::Chat(request) => router_wire_openai::responses::request::encode(
                &Dialect::default(),
                &self.speaker,
                call,
                request,
                &[],
            ),
            other => Err(Error::unsupported(other.kind())),
        }
    }

    fn decode(&self, _call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = router_wire_openai::compatible::error_in_success(response, &[]) {
            return Err(error);
        }
        response::decode(&self.speaker, response).map(Output::Chat)
    }

    fn stream_decoder(&self, _call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        (
            Framing::Sse,
            Box::new(ResponsesStreamDecoder::new(self.speaker.clone())),
        )
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, &[])
    }
}
