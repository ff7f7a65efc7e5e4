//! What series are told apart by.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use router_core::{ProviderId, Text};

/// What is counted together since it is too much to be told apart.
pub(crate) const OTHER: &str = "other";

/// Where no vendor was asked.
pub(crate) const NONE: &str = "none";

/// What a call is about: the operation, who answered it, with which model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Labels {
    pub(crate) operation: &'static str,
    pub(crate) provider: Text,
    pub(crate) model: Text,
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        [
            ("gen_ai_operation_name", self.operation),
            ("gen_ai_provider_name", self.provider.as_str()),
            ("gen_ai_request_model", self.model.as_str()),
        ]
        .encode(encoder)
    }
}

/// What went wrong; no label where nothing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ErrorType(pub(crate) Option<&'static str>);

impl EncodeLabelSet for ErrorType {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        match self.0 {
            Some(kind) => [("error_type", kind)].encode(encoder),
            None => Ok(()),
        }
    }
}

/// What is counted of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TokenKind {
    Input,
    Output,
    CacheRead,
    CacheWrite,
    Reasoning,
}

impl TokenKind {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Reasoning as usize + 1;

    fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheRead => "cache_read",
            Self::CacheWrite => "cache_write",
            Self::Reasoning => "reasoning",
        }
    }
}

impl EncodeLabelSet for TokenKind {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        [("gen_ai_token_type", self.as_str())].encode(encoder)
    }
}

/// Labels of one word each.
macro_rules! one_label {
    ($($(#[$doc:meta])* $name:ident($value:ty) $label:literal,)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            pub(crate) struct $name(pub(crate) $value);

            impl EncodeLabelSet for $name {
                fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
                    let value: &str = self.0.as_ref();
                    [($label, value)].encode(encoder)
                }
            }
        )+
    };
}

one_label! {
    /// The operation alone, where nobody knows yet who answers.
    Operation(&'static str) "gen_ai_operation_name",
    /// How a call ended.
    Outcome(&'static str) "outcome",
    /// The balancer whose target failed.
    Failover(ProviderId) "balancer",
    /// The version of this crate.
    Version(&'static str) "version",
}

/// What a layer decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decision {
    pub(crate) layer: &'static str,
    pub(crate) what: Text,
}

impl EncodeLabelSet for Decision {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        [("layer", self.layer), ("decision", self.what.as_str())].encode(encoder)
    }
}
