//! A vendor of the family: every operation of its wires with its dialect.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use router_core::{
    BatchLimits, Call, Capabilities, ChatRequest, Error, Feature, Json, Operation, OperationKind, Output,
    ProviderId, Result, ToolDefinition,
};
use router_wire::classify::{self, CodeTable};
use router_wire::error_body::ErrorBody;
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::warnings::Warnings;
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};

use crate::chat::stream::ChatStreamDecoder;
use crate::completions::response::CompletionStreamDecoder;
use crate::dialect::{Dialect, ResponsesUse};
use crate::images::stream::ImageStreamDecoder;
use crate::responses::stream::ResponsesStreamDecoder;
use crate::transcription::stream::TranscriptionStreamDecoder;
use crate::{
    chat, completions, embeddings, images, models, moderation, rerank, responses, speech, tokens,
    transcription,
};

/// A codec for one OpenAI-compatible vendor, its dialect given as a value: a server of one's own, or a vendor that has no
/// crate.
#[derive(Clone, Debug)]
pub struct Compatible {
    speaker: Speaker,
    dialect: Arc<Dialect>,
    capabilities: Arc<Capabilities>,
    codes: CodeTable,
}

impl Compatible {
    /// A vendor with a dialect, and the capabilities that such servers have in general: every operation of the family. A
    /// server without one of them says so itself.
    #[must_use]
    pub fn new(id: ProviderId, dialect: Dialect) -> Self {
        Self {
            speaker: crate::speaker(id),
            dialect: Arc::new(dialect),
            capabilities: Arc::new(Capabilities::new(OPERATIONS, GENERAL)),
            codes: &[],
        }
    }

    /// With another dialect.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Arc::new(dialect);
        self
    }

    /// With capabilities.
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Arc::new(capabilities);
        self
    }

    /// With error words of the vendor.
    #[must_use]
    pub fn with_codes(mut self, codes: CodeTable) -> Self {
        self.codes = codes;
        self
    }

    /// The dialect.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Who speaks.
    #[must_use]
    pub fn speaker(&self) -> &Speaker {
        &self.speaker
    }
}

/// The operations of the family.
pub const OPERATIONS: [OperationKind; 8] = [
    OperationKind::Chat,
    OperationKind::Embed,
    OperationKind::GenerateImage,
    OperationKind::Rerank,
    OperationKind::Speak,
    OperationKind::Transcribe,
    OperationKind::Moderate,
    OperationKind::ListModels,
];

/// What a compatible server can do unless more is known.
pub const GENERAL: &[Feature] = &[
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
    Feature::Logprobs,
    Feature::SeveralChoices,
    Feature::Dimensions,
    Feature::ImageEdit,
];

impl Codec for Compatible {
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
        let own: &[&str] = match self.dialect.responses {
            ResponsesUse::Never => &[],
            _ => OWN,
        };
        encode(&self.dialect, &self.speaker, call, own)
    }

    fn batch_limits(&self, _call: &Call) -> Option<BatchLimits> {
        self.dialect.embeddings.limits
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        if let Some(error) = error_in_success(response, self.codes) {
            return Err(error);
        }
        decode_with(&self.dialect, &self.speaker, call, response, self.codes)
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        stream_decoder_with(&self.dialect, &self.speaker, call, self.codes)
    }

    fn error(&self, _call: &Call, response: &HttpResponse) -> Error {
        classify::error(response, self.codes)
    }
}

/// Options of a call that steer the codec and are not sent, where the vendor has the Responses API: `api`.
pub const OWN: &[&str] = &["api"];

/// Which API answers a chat.
enum ChatApi<'a> {
    Chat,
    Completions(&'a str),
    Responses,
}

/// The tools that this vendor is offered: all but the own ones of others.
pub(crate) fn offered<'a>(
    speaker: &'a Speaker,
    tools: &'a [ToolDefinition],
) -> impl Iterator<Item = &'a ToolDefinition> + Clone {
    tools.iter().filter(|tool| match tool {
        ToolDefinition::Provider(tool) => speaker.opaque(tool).is_some(),
        _ => true,
    })
}

/// Says that tools are left out.
pub(crate) fn check_offered(speaker: &Speaker, request: &ChatRequest, warnings: &mut Warnings) -> Result<()> {
    if offered(speaker, &request.tools).count() < request.tools.len() {
        warnings.dropped("tools", "a vendor's tool is offered only to that vendor")?;
    }
    Ok(())
}

impl<'a> ChatApi<'a> {
    fn of(dialect: &'a Dialect, speaker: &Speaker, request: &ChatRequest) -> Self {
        if let Some(path) = completions::path(dialect, request) {
            return Self::Completions(path);
        }
        if dialect.responses == ResponsesUse::Never {
            return Self::Chat;
        }
        let options = request.provider_options.get(speaker.provider().as_str());
        let options = options.and_then(|options| serde_json::from_str::<Object<'_>>(options.as_str()).ok());
        let api = options.and_then(|options| options.word("api"));
        let by_vendor =
            || offered(speaker, &request.tools).any(|tool| matches!(tool, ToolDefinition::Provider(_)));
        match api.as_deref() {
            Some("responses") => Self::Responses,
            Some(_) => Self::Chat,
            None if dialect.responses == ResponsesUse::Always => Self::Responses,
            None if request.settings.previous_response_id.is_some() => Self::Responses,
            None if dialect.responses == ResponsesUse::ServerTools && by_vendor() => Self::Responses,
            None => Self::Chat,
        }
    }
}

/// A call over the wires of the family. Fields `own` of the vendor's options steer the codec and are not sent.
///
/// # Errors
/// `Unsupported` for an operation that the family has not, and those of the wire.
pub fn encode(dialect: &Dialect, speaker: &Speaker, call: &Call, own: &[&str]) -> Result<Encoded> {
    match &call.operation {
        Operation::Chat(request) => match ChatApi::of(dialect, speaker, request) {
            ChatApi::Completions(path) => {
                completions::request::encode(dialect, path, speaker, call, request, own)
            }
            ChatApi::Chat => chat::request::encode(dialect, speaker, call, request, own),
            ChatApi::Responses => responses::request::encode(dialect, speaker, call, request, own),
        },
        Operation::Embed(request) => embeddings::encode(dialect, speaker, call, request, own),
        Operation::GenerateImage(request) => {
            images::request::encode(&dialect.images, speaker, call, request, own)
        }
        Operation::Rerank(request) => rerank::request::encode(&dialect.rerank, speaker, call, request, own),
        Operation::Speak(request) => speech::request::encode(&dialect.speech, speaker, call, request, own),
        Operation::Transcribe(request) => {
            transcription::request::encode(&dialect.transcription, speaker, call, request, own)
        }
        Operation::Moderate(request) => {
            moderation::request::encode(&dialect.moderations_path, speaker, call, request, own)
        }
        Operation::CountTokens(request) => tokens::encode(dialect, speaker, call, request, own),
        Operation::ListModels(_) => Ok(Encoded::whole(models::encode(dialect), Vec::new())),
        other => Err(Error::unsupported(other.kind())),
    }
}

/// The output in a whole reply to a call over the wires of the family.
///
/// # Errors
/// `Unsupported` for an operation that the family has not, and those of the wire.
pub fn decode(dialect: &Dialect, speaker: &Speaker, call: &Call, response: &HttpResponse) -> Result<Output> {
    decode_with(dialect, speaker, call, response, &[])
}

/// As [`decode`], with error words of the vendor for errors inside the answer.
///
/// # Errors
/// As [`decode`].
pub fn decode_with(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    response: &HttpResponse,
    codes: CodeTable,
) -> Result<Output> {
    match &call.operation {
        Operation::Chat(request) => match ChatApi::of(dialect, speaker, request) {
            ChatApi::Completions(_) => completions::response::decode(speaker, response),
            ChatApi::Chat => chat::response::decode_with(speaker, response, codes),
            ChatApi::Responses => responses::response::decode(speaker, response),
        }
        .map(Output::Chat),
        Operation::Embed(_) => embeddings::decode_as(response, dialect.embeddings.vectors).map(Output::Embed),
        Operation::GenerateImage(_) => images::response::decode(response).map(Output::GenerateImage),
        Operation::Rerank(_) => rerank::response::decode(response).map(Output::Rerank),
        Operation::Speak(request) => speech::response::decode(request, response).map(Output::Speak),
        Operation::Transcribe(request) => {
            transcription::response::decode(request, response).map(Output::Transcribe)
        }
        Operation::Moderate(_) => moderation::response::decode(response).map(Output::Moderate),
        Operation::CountTokens(_) => tokens::decode(response).map(Output::CountTokens),
        Operation::ListModels(_) => models::decode(response).map(Output::ListModels),
        other => Err(Error::unsupported(other.kind())),
    }
}

/// A decoder for the streamed reply to a call over the wires of the family.
#[must_use]
pub fn stream_decoder(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
) -> (Framing, Box<dyn StreamDecoder>) {
    stream_decoder_with(dialect, speaker, call, &[])
}

/// As [`stream_decoder`], with error words of the vendor for errors inside the stream.
#[must_use]
pub fn stream_decoder_with(
    dialect: &Dialect,
    speaker: &Speaker,
    call: &Call,
    codes: CodeTable,
) -> (Framing, Box<dyn StreamDecoder>) {
    let chat = || ChatStreamDecoder::new(speaker.clone()).with_codes(codes);
    let decoder: Box<dyn StreamDecoder> = match &call.operation {
        Operation::Speak(request) => {
            return speech::response::stream_decoder(&dialect.speech, call, request);
        }
        Operation::GenerateImage(request) => Box::new(ImageStreamDecoder::new(request)),
        Operation::Transcribe(_) => Box::new(TranscriptionStreamDecoder::new()),
        Operation::Chat(request) => match ChatApi::of(dialect, speaker, request) {
            ChatApi::Completions(_) => Box::new(CompletionStreamDecoder::new(speaker.clone())),
            ChatApi::Responses => Box::new(ResponsesStreamDecoder::new(speaker.clone())),
            ChatApi::Chat => Box::new(chat()),
        },
        _ => Box::new(chat()),
    };
    (Framing::Sse, decoder)
}

/// The error in a reply of success that holds nothing else.
#[must_use]
pub fn error_in_success(response: &HttpResponse, codes: CodeTable) -> Option<Error> {
    // Looked for only where the word stands near the front or the body is small: answers mention errors too.
    let body = &response.body[..];
    let head = &body[..body.len().min(256)];
    static WORD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));
    WORD.find(head)?;
    let fields = Object::parse(body).ok()?;
    let error = fields.peek("error")?.get();
    let answered = ["choices", "output", "data", "results", "images", "text"]
        .iter()
        .any(|name| fields.peek(name).is_some());
    let empty =
        error == "\"\"" || serde_json::from_str::<Object<'_>>(error).is_ok_and(|error| error.is_empty());
    if answered || empty {
        return None;
    }
    let error = ErrorBody::read(body);
    Some(
        classify::of_body(None, &response.headers, response.received_at, &error, codes)
            .with_raw(response.raw()),
    )
}

/// A vendor whose whole codec is a dialect.
pub trait DialectVendor: Send + Sync + 'static {
    /// The vendor.
    const VENDOR: Vendor;

    /// Error words of the vendor, in lower case.
    const CODES: CodeTable = &[];

    /// What it does differently.
    fn dialect() -> Dialect;

    /// What it can do.
    fn capabilities() -> Capabilities;
}

/// The codec of a [`DialectVendor`].
pub struct CompatibleCodec<D> {
    inner: Compatible,
    vendor: PhantomData<fn() -> D>,
}

impl<D> fmt::Debug for CompatibleCodec<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<D: DialectVendor> VendorCodec for CompatibleCodec<D> {
    const VENDOR: Vendor = D::VENDOR;

    fn new(id: ProviderId) -> Self {
        let inner = Compatible::new(id, D::dialect())
            .with_capabilities(D::capabilities())
            .with_codes(D::CODES);
        Self {
            inner,
            vendor: PhantomData,
        }
    }

    /// With differences from the vendor's dialect; see [`Dialect::with`].
    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let dialect = self.inner.dialect().with(differences)?;
        Ok(Self {
            inner: self.inner.with_dialect(dialect),
            ..self
        })
    }
}

impl<D: DialectVendor> Codec for CompatibleCodec<D> {
    fn provider(&self) -> &ProviderId {
        self.inner.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        self.inner.encode(call)
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        self.inner.batch_limits(call)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        self.inner.decode(call, response)
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.inner.stream_decoder(call)
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        self.inner.error(call, response)
    }
}
