//! Zhipu's dialect of OpenAI's wires, by what a family of models takes.

use std::borrow::Cow;
use std::sync::Arc;

use router_core::{
    BatchLimits, Call, Capabilities, Error, ErrorKind, Feature, Json, Operation, OperationKind, Output,
    ProviderId, ReasoningEffort, Result, Text, Warning,
};
use router_wire::classify::CodeTable;
use router_wire::vendor::{Vendor, VendorCodec};
use router_wire::{Codec, Encoded, Framing, HttpResponse, StreamDecoder};
use router_wire_openai::dialect::ReasoningRequest;
use router_wire_openai::images::{DeliveryForm, EditForm};
use router_wire_openai::{Compatible, Dialect};

use crate::models::Family;

/// Zhipu's wire.
#[derive(Clone, Debug)]
pub struct ZhipuCodec {
    plain: Compatible,
    switched: Compatible,
    levels: Compatible,
}

/// Zhipu's numbers (<https://docs.bigmodel.cn/cn/faq/api-code>, read 2026-11): several share a status and mean opposite things.
const CODES: CodeTable = &[
    ("1000", ErrorKind::Authentication),
    ("1001", ErrorKind::Authentication),
    ("1002", ErrorKind::Authentication),
    ("1003", ErrorKind::Authentication),
    ("1004", ErrorKind::Authentication),
    ("1005", ErrorKind::Authentication),
    ("1110", ErrorKind::PermissionDenied),
    ("1111", ErrorKind::PermissionDenied),
    ("1112", ErrorKind::PermissionDenied),
    ("1113", ErrorKind::QuotaExceeded),
    ("1121", ErrorKind::PermissionDenied),
    ("1200", ErrorKind::Server),
    ("1210", ErrorKind::InvalidRequest),
    ("1211", ErrorKind::NotFound),
    ("1212", ErrorKind::InvalidRequest),
    ("1213", ErrorKind::InvalidRequest),
    ("1214", ErrorKind::InvalidRequest),
    ("1215", ErrorKind::InvalidRequest),
    ("1220", ErrorKind::PermissionDenied),
    ("1221", ErrorKind::NotFound),
    ("1222", ErrorKind::NotFound),
    ("1230", ErrorKind::Server),
    ("1231", ErrorKind::InvalidRequest),
    ("1234", ErrorKind::Server),
    ("1261", ErrorKind::ContextLengthExceeded),
    ("1300", ErrorKind::ContentFiltered),
    ("1301", ErrorKind::ContentFiltered),
    ("1302", ErrorKind::RateLimited),
    ("1303", ErrorKind::RateLimited),
    ("1304", ErrorKind::QuotaExceeded),
    ("1305", ErrorKind::Overloaded),
    ("1308", ErrorKind::QuotaExceeded),
    ("1309", ErrorKind::QuotaExceeded),
    ("1310", ErrorKind::QuotaExceeded),
    ("1311", ErrorKind::PermissionDenied),
    ("1312", ErrorKind::Overloaded),
    ("1313", ErrorKind::QuotaExceeded),
];

const FEATURES: &[Feature] = &[
    Feature::Streaming,
    Feature::SystemMessages,
    Feature::Tools,
    Feature::ParallelToolCalls,
    Feature::JsonObject,
    Feature::Reasoning,
    Feature::ImageInput,
    Feature::ImageUrlInput,
    Feature::VideoInput,
    Feature::AudioInput,
    Feature::ServerTools,
    Feature::Dimensions,
];

impl VendorCodec for ZhipuCodec {
    const VENDOR: Vendor = Vendor::new("zhipu", "Zhipu (Z.ai)", "https://open.bigmodel.cn/api/paas/v4")
        .with_aliases(&["zai", "bigmodel"])
        .with_key_env(&[
            "BIGMODEL_API_KEY",
            "ZHIPUAI_API_KEY",
            "ZHIPU_API_KEY",
            "ZAI_API_KEY",
        ])
        .with_base_url_env(&["ZHIPU_BASE_URL", "ZHIPUAI_BASE_URL", "ZAI_BASE_URL"])
        .with_default_model("glm-5.3")
        .with_reference("https://docs.z.ai/api-reference/introduction");

    fn new(id: ProviderId) -> Self {
        let capabilities = Capabilities::new(
            [
                OperationKind::Chat,
                OperationKind::Embed,
                OperationKind::GenerateImage,
                OperationKind::Rerank,
                OperationKind::Speak,
                OperationKind::Transcribe,
            ],
            FEATURES,
        );
        let codec = |reasoning| {
            let mut dialect = dialect();
            dialect.reasoning_request = reasoning;
            Compatible::new(id.clone(), dialect)
                .with_capabilities(capabilities.clone())
                .with_codes(CODES)
        };
        Self {
            plain: codec(ReasoningRequest::None),
            switched: codec(ReasoningRequest::ThinkingSwitch),
            levels: codec(ReasoningRequest::Thinking),
        }
    }

    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let with = |codec: Compatible| -> Result<Compatible> {
            let dialect = codec.dialect().with(differences)?;
            Ok(codec.with_dialect(dialect))
        };
        Ok(Self {
            plain: with(self.plain)?,
            switched: with(self.switched)?,
            levels: with(self.levels)?,
        })
    }
}

fn dialect() -> Dialect {
    let mut dialect = Dialect::default().without(&[
        "audio",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "metadata",
        "modalities",
        "n",
        "parallel_tool_calls",
        "presence_penalty",
        "prompt_cache_key",
        "seed",
        "service_tier",
        "store",
        "top_k",
        "top_logprobs",
        "verbosity",
    ]);
    dialect.user_field = Some(Cow::Borrowed("user_id"));
    dialect.stop_max = Some(1);
    // Both ends are outside for older models, and the vendor's own SDK moves them in (zai-sdk 0.2.3, read 2026-11).
    dialect.temperature = Some((0.01, 0.99));
    dialect.top_p = Some((0.01, 0.99));
    dialect.tool_choices = vec![Cow::Borrowed("auto")];
    dialect.json_schema = false;
    // Counts stand on the last chunk, asked for or not.
    dialect.stream_options = false;
    dialect.files = false;
    dialect.embeddings.limits = Some(BatchLimits::inputs(64));
    dialect.images.edits = EditForm::None;
    dialect.images.delivery = DeliveryForm::Url;
    dialect.images = dialect.images.without(&[
        "aspect_ratio",
        "background",
        "n",
        "negative_prompt",
        "output_format",
        "seed",
        "user",
    ]);
    dialect
}

impl ZhipuCodec {
    fn of(&self, call: &Call) -> &Compatible {
        match (&call.operation, Family::of(call.model.as_str())) {
            (Operation::Chat(_), Family::Plain) => &self.plain,
            (Operation::Chat(_), Family::Levels | Family::Always) => &self.levels,
            _ => &self.switched,
        }
    }
}

/// The call with the least thinking, where none is asked of a model that always thinks.
fn thinking_at_least(call: &Call) -> Result<Option<(Call, Warning)>> {
    let Operation::Chat(request) = &call.operation else {
        return Ok(None);
    };
    let off = request
        .settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| reasoning.effort == Some(ReasoningEffort::None));
    if !off || Family::of(call.model.as_str()) != Family::Always {
        return Ok(None);
    }
    let warning = Warning::changed(
        Text::from_static("reasoning"),
        Text::from_static("sent as the level low: this model always thinks"),
    );
    if request.strict {
        return Err(Error::new(ErrorKind::Unsupported, warning.to_string()));
    }
    let mut request = Arc::clone(request);
    if let Some(reasoning) = &mut Arc::make_mut(&mut request).settings.reasoning {
        reasoning.effort = Some(ReasoningEffort::Low);
    }
    let mut call = call.clone();
    call.operation = Operation::Chat(request);
    Ok(Some((call, warning)))
}

impl Codec for ZhipuCodec {
    fn provider(&self) -> &ProviderId {
        self.switched.provider()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.switched.capabilities()
    }

    fn encode(&self, call: &Call) -> Result<Encoded> {
        match thinking_at_least(call)? {
            None => self.of(call).encode(call),
            Some((call, warning)) => {
                let mut encoded = self.of(&call).encode(&call)?;
                encoded.warnings.push(warning);
                Ok(encoded)
            }
        }
    }

    fn batch_limits(&self, call: &Call) -> Option<BatchLimits> {
        self.of(call).batch_limits(call)
    }

    fn decode(&self, call: &Call, response: &HttpResponse) -> Result<Output> {
        self.of(call).decode(call, response)
    }

    fn stream_decoder(&self, call: &Call) -> (Framing, Box<dyn StreamDecoder>) {
        self.of(call).stream_decoder(call)
    }

    fn error(&self, call: &Call, response: &HttpResponse) -> Error {
        self.of(call).error(call, response)
    }
}
