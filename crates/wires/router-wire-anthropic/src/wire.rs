//! The vendor's JSON under the vendor's names: what a streamed event may hold. Every field is optional.

use router_wire::lenient::{Num, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An event of a stream. A whole message has the type `message` and is read again as one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Str<'a>,
    pub(crate) index: Num,
    #[serde(borrow)]
    pub(crate) delta: Option<Delta<'a>>,
    #[serde(borrow)]
    pub(crate) content_block: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) error: Option<&'a RawValue>,
    /// Of a whole message.
    #[serde(borrow)]
    pub(crate) content: Option<&'a RawValue>,
    /// Of the text completions that were before messages: a piece of the text, or the whole.
    #[serde(borrow)]
    pub(crate) completion: Option<Str<'a>>,
}

/// What is added to a block.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Delta<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Str<'a>,
    #[serde(borrow)]
    pub(crate) text: Str<'a>,
    #[serde(borrow)]
    pub(crate) partial_json: Str<'a>,
    #[serde(borrow)]
    pub(crate) thinking: Str<'a>,
    #[serde(borrow)]
    pub(crate) signature: Str<'a>,
    #[serde(borrow)]
    pub(crate) citation: Option<&'a RawValue>,
}

/// A source of a text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Citation<'a> {
    #[serde(borrow)]
    pub(crate) url: Str<'a>,
    /// Search results name their source so.
    #[serde(borrow)]
    pub(crate) source: Str<'a>,
    #[serde(borrow)]
    pub(crate) title: Str<'a>,
    #[serde(borrow)]
    pub(crate) document_title: Str<'a>,
    #[serde(borrow)]
    pub(crate) cited_text: Str<'a>,
}
