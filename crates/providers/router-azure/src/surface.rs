//! Which of a resource's two surfaces is spoken to: where its paths are, and what it takes.

use std::borrow::Cow;

use router_core::BatchLimits;
use router_wire::message::percent_encoded;
use router_wire_openai::Dialect;
use router_wire_openai::dialect::ResponsesUse;

/// A surface of a resource (<https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle>, read 2026-11).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Surface {
    /// `/openai/v1`: as OpenAI's own, the deployment is the model in the body.
    #[default]
    V1,
    /// `/openai/deployments/NAME`, with a dated version.
    Deployments {
        /// The version, such as `2024-10-21`.
        api_version: String,
    },
}

/// Paths that a deployment stands in front of.
const OF_DEPLOYMENTS: [&str; 8] = [
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/audio/transcriptions",
    "/audio/translations",
    "/audio/speech",
    "/images/generations",
    "/images/edits",
];

impl Surface {
    /// The dated surface.
    #[must_use]
    pub fn deployments(api_version: impl Into<String>) -> Self {
        Self::Deployments {
            api_version: api_version.into(),
        }
    }

    /// The address of a resource's surface, whatever of its paths or parameters came with it.
    #[must_use]
    pub fn address(&self, endpoint: &str) -> String {
        let resource = endpoint.split(['?', '#']).next().unwrap_or_default();
        let resource = resource.trim().trim_end_matches('/');
        let resource = resource.strip_suffix("/v1").unwrap_or(resource);
        let resource = resource.strip_suffix("/openai").unwrap_or(resource);
        let resource = resource.trim_end_matches('/');
        match self {
            _ if resource.is_empty() => String::new(),
            Self::V1 => format!("{resource}/openai/v1"),
            Self::Deployments { .. } => format!("{resource}/openai"),
        }
    }

    /// Whom a token must be for.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        match self {
            Self::V1 => "https://ai.azure.com/.default",
            Self::Deployments { .. } => "https://cognitiveservices.azure.com/.default",
        }
    }

    /// The path behind [`Surface::address`] for a path of OpenAI's.
    pub(crate) fn path(&self, path: &str, deployment: &str) -> String {
        match self {
            Self::V1 => path.to_owned(),
            Self::Deployments { api_version } => {
                let version = percent_encoded(api_version);
                if OF_DEPLOYMENTS.contains(&path) {
                    let deployment = percent_encoded(deployment);
                    format!("/deployments/{deployment}{path}?api-version={version}")
                } else {
                    format!("{path}?api-version={version}")
                }
            }
        }
    }

    /// What it takes. A deployment's name says nothing of its model, so that nothing is known of single models.
    pub(crate) fn dialect(&self) -> Dialect {
        let mut dialect = Dialect::default().without(&["top_k"]);
        dialect.stop_max = Some(4);
        dialect.video = false;
        dialect.responses = ResponsesUse::Asked;
        // As OpenAI's: of all inputs 300,000 tokens, by a count that is estimated.
        dialect.embeddings.limits = Some(BatchLimits::inputs(2048).with_tokens(250_000));
        dialect.images.unsupported = ["negative_prompt", "aspect_ratio", "seed"]
            .map(Cow::Borrowed)
            .to_vec();
        // Dated versions refuse fields that are younger than they are. Dates compare as texts.
        let since = |date: &str| match self {
            Self::V1 => true,
            Self::Deployments { api_version } => api_version.as_str() >= date,
        };
        if since("2024-12-01") {
            dialect.max_tokens_field = Cow::Borrowed("max_completion_tokens");
        }
        dialect.stream_options = since("2024-09-01");
        dialect.json_schema = since("2024-08-01");
        dialect
    }
}
