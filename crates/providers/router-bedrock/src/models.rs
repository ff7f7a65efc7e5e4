//! Whose model a name means, where it stands in an address, and what the vendor can do.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
#[cfg(feature = "server")]
use router_core::ModelId;
use router_core::capability::Capabilities;
use router_core::{Feature, OperationKind};
use serde::{Deserialize, Serialize};

/// What stands in an address as it is. The vendor signs the address after encoding it once more.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What inference profiles put in front of a model's name
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>, read 2026-11).
const PREFIXES: &[&str] = &[
    "us", "us-gov", "eu", "apac", "jp", "au", "ca", "in", "sa", "global",
];

/// Whose model it is: what it takes beside the settings that all of them have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Family {
    /// Anthropic's Claude.
    Claude,
    /// Amazon's Nova.
    Nova,
    /// Amazon's Titan.
    Titan,
    /// Meta's Llama.
    Llama,
    /// Mistral's models.
    Mistral,
    /// Cohere's models.
    Cohere,
    /// AI21's models.
    Ai21,
    /// OpenAI's open models.
    OpenAi,
    /// Any other.
    Other,
}

impl Family {
    /// The family of a name: a model's id, an inference profile's, or an ARN that ends in one of these. Other ARNs do not tell.
    pub(crate) fn of(model: &str) -> Self {
        let name = bare(model);
        let maker = name.split('.').next().unwrap_or_default();
        match maker {
            "anthropic" => Self::Claude,
            "amazon" if name.contains("titan") => Self::Titan,
            "amazon" => Self::Nova,
            "meta" => Self::Llama,
            "mistral" => Self::Mistral,
            "cohere" => Self::Cohere,
            "ai21" => Self::Ai21,
            "openai" => Self::OpenAi,
            _ => Self::Other,
        }
    }

    /// Whether answers can be held to a schema by the vendor
    /// (<https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html>, read 2026-11).
    pub(crate) fn takes_schema(self, model: &str) -> bool {
        match self {
            Self::Claude => router_wire_anthropic::Rules::of(model).json_schema,
            Self::Nova | Self::Titan | Self::Llama | Self::Cohere | Self::Ai21 => false,
            Self::Mistral | Self::OpenAi | Self::Other => true,
        }
    }
}

/// The model's id without what an ARN and an inference profile put in front of it.
pub(crate) fn bare(model: &str) -> &str {
    let name = model.rsplit('/').next().unwrap_or_default();
    match name.split_once('.') {
        Some((prefix, rest)) if PREFIXES.contains(&prefix) => rest,
        _ => name,
    }
}

/// The region that an ARN names.
pub(crate) fn region_of(model: &str) -> Option<&str> {
    let mut words = model.strip_prefix("arn:")?.split(':');
    words.nth(2).filter(|region| !region.is_empty())
}

/// The address of a model's operation.
pub(crate) fn path(model: &str, operation: &str) -> String {
    format!("/model/{}/{operation}", utf8_percent_encode(model, SEGMENT))
}

/// The model and the operation in a client's address.
#[cfg(feature = "server")]
pub(crate) fn read_path(path: &str) -> Option<(ModelId, &str)> {
    let (_, rest) = path.rsplit_once("/model/")?;
    let (model, operation) = rest.rsplit_once('/')?;
    let model = percent_encoding::percent_decode_str(model).decode_utf8().ok()?;
    (!model.is_empty()).then(|| (ModelId::from(model.into_owned()), operation))
}

/// Most bytes of one picture (<https://docs.aws.amazon.com/bedrock/latest/userguide/inference-call.html>, read 2026-11).
const MAX_IMAGE: u64 = 3_932_160;

/// What the vendor can do.
pub(crate) fn capabilities() -> Capabilities {
    Capabilities::new(
        [
            OperationKind::Chat,
            OperationKind::Embed,
            OperationKind::GenerateImage,
            OperationKind::Rerank,
            OperationKind::CountTokens,
            OperationKind::ListModels,
        ],
        &[
            Feature::Streaming,
            Feature::SystemMessages,
            Feature::Tools,
            Feature::ParallelToolCalls,
            Feature::ToolChoice,
            Feature::JsonSchema,
            Feature::Reasoning,
            Feature::ImageInput,
            Feature::DocumentInput,
            Feature::AudioInput,
            Feature::VideoInput,
            Feature::CacheMarks,
            Feature::ServerTools,
            Feature::Dimensions,
        ],
    )
    .with_max_image_bytes(MAX_IMAGE)
}

#[cfg(test)]
mod tests {
    use super::{Family, bare, path, region_of};

    #[test]
    fn names_are_understood() {
        for (name, id, family) in [
            (
                "anthropic.claude-opus-5-5",
                "anthropic.claude-opus-5-5",
                Family::Claude,
            ),
            (
                "us.anthropic.claude-x-v1:0",
                "anthropic.claude-x-v1:0",
                Family::Claude,
            ),
            (
                "us-gov.amazon.nova-pro-v1:0",
                "amazon.nova-pro-v1:0",
                Family::Nova,
            ),
            (
                "amazon.titan-text-express-v1",
                "amazon.titan-text-express-v1",
                Family::Titan,
            ),
            (
                "openai.gpt-oss-120b-1:0",
                "openai.gpt-oss-120b-1:0",
                Family::OpenAi,
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-x",
                "anthropic.claude-x",
                Family::Claude,
            ),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
                "abc123",
                Family::Other,
            ),
        ] {
            assert_eq!((bare(name), Family::of(name)), (id, family), "{name}");
        }
    }

    #[test]
    fn arns_are_one_segment() {
        let arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123def456";
        assert_eq!(
            path(arn, "converse"),
            "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile%2Fabc123def456/converse"
        );
        assert_eq!(region_of(arn), Some("eu-central-1"));
        assert_eq!(region_of("anthropic.claude-v2:1"), None);
    }
}
