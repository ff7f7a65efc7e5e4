//! Names: providers, models, and `provider/model`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Text;

macro_rules! name_type {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// A name.
            #[must_use]
            pub fn new(name: impl Into<Text>) -> Self {
                Self(name.into())
            }

            /// A constant name; allocates nothing.
            #[must_use]
            pub const fn from_static(name: &'static str) -> Self {
                Self(Text::from_static(name))
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The name, shared.
            #[must_use]
            pub fn text(&self) -> &Text {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(Text::from(name))
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(Text::from(name))
            }
        }

        impl From<Text> for $name {
            fn from(name: Text) -> Self {
                Self(name)
            }
        }

        impl From<&$name> for $name {
            fn from(name: &$name) -> Self {
                name.clone()
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    };
}

name_type! {
    /// The id of a provider: `openai`, `anthropic`, or the name given to one in a configuration.
    ProviderId
}

name_type! {
    /// The id of a model as its vendor knows it: `gpt-5.5`, `meta-llama/llama-4`, `anthropic.claude-sonnet-5:0`.
    ModelId
}

/// `provider/model`, or a model alone.
///
/// Split at the first slash only, and only when a known provider stands in front of it:
/// `openrouter/meta/llama-4` is the model `meta/llama-4` of `openrouter`, while `meta/llama-4` without a provider
/// of the name `meta` is a model name as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelRef {
    /// The provider, when one was named.
    pub provider: Option<ProviderId>,
    /// The model.
    pub model: ModelId,
}

impl ModelRef {
    /// Splits `name`, asking `known` whether the word in front of the first slash names a provider.
    #[must_use]
    pub fn parse(name: &str, known: impl FnOnce(&str) -> bool) -> Self {
        match name.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() && known(provider) => Self {
                provider: Some(ProviderId::from(provider)),
                model: ModelId::from(model),
            },
            _ => Self {
                provider: None,
                model: ModelId::from(name),
            },
        }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.provider {
            Some(provider) => write!(f, "{provider}/{}", self.model),
            None => self.model.fmt(f),
        }
    }
}

/// What a model can do and how much it takes, where known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelInfo {
    /// The vendor's id.
    pub id: ModelId,
    /// A name for people.
    pub name: Option<Text>,
    /// Most input tokens, in tokens.
    pub context_window: Option<u64>,
    /// Most output tokens, in tokens.
    pub max_output_tokens: Option<u64>,
    /// When the model was made, in seconds since 1970.
    pub created: Option<i64>,
    /// Who offers the model, in the vendor's word.
    pub owner: Option<Text>,
    /// Fields of the vendor's list that are not named here.
    pub extra: crate::extra::Extra,
}

impl ModelInfo {
    /// A model of which only the id is known.
    #[must_use]
    pub fn new(id: impl Into<ModelId>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }
}

/// Asks a vendor for its models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListModelsRequest {
    /// Where the vendor's answer is paged: the page to ask for, from [`ModelList::next_page`].
    pub page: Option<Text>,
}

/// The models of a vendor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelList {
    /// In the vendor's order.
    pub models: Vec<ModelInfo>,
    /// The page to ask for next, when the vendor has more.
    pub next_page: Option<Text>,
}

impl ModelList {
    /// A list in one page.
    #[must_use]
    pub fn new(models: Vec<ModelInfo>) -> Self {
        Self {
            models,
            next_page: None,
        }
    }
}
