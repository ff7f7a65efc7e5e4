//! The words of `/v2/chat`: of an event, and of a whole answer, older ones too.

use std::fmt;
use std::marker::PhantomData;

use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An event of a stream, or a whole answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Str<'a>,
    #[serde(borrow)]
    pub(super) id: Str<'a>,
    pub(super) index: Num,
    #[serde(borrow)]
    pub(super) delta: Option<Delta<'a>>,
    #[serde(borrow)]
    pub(super) logprobs: Several<Logprob<'a>>,
    /// A text in an error.
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) finish_reason: Str<'a>,
    #[serde(borrow, alias = "meta")]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    /// The answer of `/v1/chat`, before there were messages.
    #[serde(borrow)]
    pub(super) text: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) generation_id: Str<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: Several<ToolCall<'a>>,
    /// The answers of `/v1/generate`, before there were chats.
    #[serde(borrow)]
    pub(super) generations: Option<List<Generation<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Delta<'a> {
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Str<'a>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A message, or a piece of one: lists in a whole answer, single things in an event.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) content: Several<Content<'a>>,
    #[serde(borrow)]
    pub(super) tool_plan: Str<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: Several<ToolCall<'a>>,
    #[serde(borrow)]
    pub(super) citations: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub(super) text: Str<'a>,
    #[serde(borrow)]
    pub(super) thinking: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow)]
    pub(super) id: Str<'a>,
    #[serde(borrow)]
    pub(super) function: Option<Function<'a>>,
    /// As `/v1/chat` has it.
    #[serde(borrow)]
    pub(super) name: Str<'a>,
    #[serde(borrow)]
    pub(super) parameters: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub(super) name: Str<'a>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Generation<'a> {
    #[serde(borrow)]
    pub(super) text: Str<'a>,
    #[serde(borrow)]
    pub(super) finish_reason: Str<'a>,
}

/// Tokens that make a text together.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Logprob<'a> {
    #[serde(borrow)]
    pub(super) text: Str<'a>,
    pub(super) logprobs: List<Num>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    pub(super) tokens: Option<Tokens>,
    pub(super) billed_units: Option<Tokens>,
    pub(super) cached_tokens: Num,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    pub(super) input_tokens: Num,
    pub(super) output_tokens: Num,
    pub(super) image_tokens: Num,
    pub(super) reasoning_tokens: Num,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Citation<'a> {
    pub(super) start: Num,
    pub(super) end: Num,
    #[serde(borrow)]
    pub(super) text: Str<'a>,
    #[serde(borrow)]
    pub(super) sources: List<Source<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Source<'a> {
    #[serde(borrow)]
    pub(super) document: Option<Origin<'a>>,
    #[serde(borrow)]
    pub(super) tool_output: Option<Origin<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Origin<'a> {
    #[serde(borrow)]
    pub(super) title: Str<'a>,
    #[serde(borrow)]
    pub(super) url: Str<'a>,
}

/// One thing, or a list of them; anything else reads as none.
pub(super) enum Several<T> {
    One(T),
    List(Vec<T>),
}

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl<T> IntoIterator for Several<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<std::option::IntoIter<T>, std::vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, list) = match self {
            Self::One(one) => (Some(one), Vec::new()),
            Self::List(list) => (None, list),
        };
        one.into_iter().chain(list)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SeveralVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for SeveralVisitor<T> {
            type Value = Several<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Several<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Several::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Several<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Several::List(items))
            }

            fn visit_unit<E>(self) -> Result<Several<T>, E> {
                Ok(Several::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Several<T>, E> {
                Ok(Several::default())
            }
        }
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}
