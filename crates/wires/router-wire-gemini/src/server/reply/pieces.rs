//! The JSON of an answer, whole or a piece of it.

use std::borrow::Cow;

use base64::Engine as _;
use router_core::chat::{Choice, Logprobs, TokenLogprob, Usage};
use router_core::content::Opaque;
use router_core::{ContentPart, Extra, Json, Media, Signature, Text, ToolCall};
use router_wire::provenance::seal;
use router_wire::write::{ObjectArguments, Seq, extra_fields};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::WIRE;
use crate::parts::{ANSWER, CANDIDATE, NO_ID, is_noted, write_media, write_unnamed};

/// An answer, or a piece of one.
pub(super) struct Answer<'a> {
    pub(super) choices: &'a [Piece<'a>],
    pub(super) usage: Option<&'a Usage>,
    pub(super) model: &'a Text,
    pub(super) id: Option<&'a Text>,
    pub(super) extra: &'a Extra,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("candidates", self.choices)?;
        if let Some(usage) = self.usage {
            map.serialize_entry("usageMetadata", &Counts(usage))?;
        }
        map.serialize_entry("modelVersion", self.model)?;
        if let Some(id) = self.id {
            map.serialize_entry("responseId", id)?;
        }
        extra_fields(&mut map, self.extra, ANSWER)?;
        map.end()
    }
}

/// What an answer says of one choice.
pub(super) struct Piece<'a> {
    pub(super) index: u32,
    pub(super) parts: Parts<'a>,
    pub(super) finish: Option<&'a str>,
    pub(super) logprobs: Option<&'a Logprobs>,
    pub(super) extra: Option<&'a Extra>,
}

pub(super) enum Parts<'a> {
    None,
    One(Part<'a>),
    Whole(&'a Choice),
}

impl<'a> Piece<'a> {
    pub(super) fn new(index: u32, parts: Parts<'a>) -> Self {
        Self {
            index,
            parts,
            finish: None,
            logprobs: None,
            extra: None,
        }
    }
}

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content", &Content(&self.parts))?;
        if let Some(word) = self.finish {
            map.serialize_entry("finishReason", word)?;
        }
        map.serialize_entry("index", &self.index)?;
        if let Some(logprobs) = self.logprobs {
            map.serialize_entry("logprobsResult", &Chosen(logprobs))?;
        }
        if let Some(extra) = self.extra {
            extra_fields(&mut map, extra, CANDIDATE)?;
        }
        map.end()
    }
}

struct Content<'a>(&'a Parts<'a>);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Parts::None => map.serialize_entry::<_, [(); 0]>("parts", &[])?,
            Parts::One(part) => map.serialize_entry("parts", &[part])?,
            Parts::Whole(choice) => {
                map.serialize_entry("parts", &Seq(|| choice.content.iter().filter_map(part_of)))?;
            }
        }
        map.serialize_entry("role", "model")?;
        map.end()
    }
}

/// One part.
pub(super) enum Part<'a> {
    Text(&'a Text, Option<&'a Signature>),
    Thought(&'a Text, Option<&'a Signature>),
    Call(&'a ToolCall),
    Media(&'a Media),
    Raw(&'a Json),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Raw(raw) = self {
            return raw.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        let (signature, extra) = match self {
            Self::Text(text, signature) => {
                map.serialize_entry("text", text)?;
                (*signature, None)
            }
            Self::Thought(text, signature) => {
                map.serialize_entry("text", text)?;
                map.serialize_entry("thought", &true)?;
                (*signature, None)
            }
            Self::Call(call) => {
                map.serialize_entry("functionCall", &Called(call))?;
                (call.riders.signature(), Some(call.riders.extra()))
            }
            Self::Media(media) => {
                write_media(&mut map, media)?;
                (media.riders.signature(), Some(media.riders.extra()))
            }
            Self::Raw(_) => (None, None),
        };
        if let Some(signature) = signature {
            map.serialize_entry("thoughtSignature", &sealed(signature))?;
        }
        if let Some(extra) = extra {
            write_unnamed(&mut map, extra)?;
        }
        map.end()
    }
}

fn part_of(part: &ContentPart) -> Option<Part<'_>> {
    Some(match part {
        ContentPart::Text(part) => Part::Text(&part.text, part.riders.signature()),
        ContentPart::Reasoning(part) => Part::Thought(&part.text, part.riders.signature()),
        ContentPart::Refusal(part) => Part::Text(&part.text, None),
        ContentPart::ToolCall(call) => Part::Call(call),
        ContentPart::Media(media) => Part::Media(media),
        // Parts of other vendors mean nothing to clients of this wire.
        ContentPart::ServerToolCall(call) => Part::Raw(own(&call.raw)?),
        ContentPart::Opaque(part) => Part::Raw(own(part)?),
        _ => return None,
    })
}

/// The JSON of a part that is one of this wire.
pub(super) fn own(part: &Opaque) -> Option<&Json> {
    const KNOWN: &[&str] = &[
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
    ];
    let fields = part.raw.to_value();
    let is_own = part.provider == *WIRE || KNOWN.iter().any(|name| fields.get(name).is_some());
    is_own.then_some(&part.raw)
}

/// A signature as this wire carries it: bytes in base64. Those of other vendors get their maker's name first.
fn sealed(signature: &Signature) -> Cow<'_, str> {
    match seal(signature, WIRE) {
        Cow::Borrowed(data) => Cow::Borrowed(data),
        Cow::Owned(sealed) => Cow::Owned(base64::engine::general_purpose::STANDARD.encode(sealed)),
    }
}

struct Called<'a>(&'a ToolCall);

impl Serialize for Called<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let call = self.0;
        let mut map = serializer.serialize_map(None)?;
        if !is_noted(call.riders.extra(), NO_ID) {
            map.serialize_entry("id", &call.id)?;
        }
        map.serialize_entry("name", &call.name)?;
        map.serialize_entry("args", &ObjectArguments(call))?;
        map.end()
    }
}

struct Counts<'a>(&'a Usage);

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let usage = self.0;
        let thoughts = usage.reasoning_output_tokens.unwrap_or(0);
        let candidates = usage.output_tokens.saturating_sub(thoughts);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("promptTokenCount", &usage.input_tokens)?;
        map.serialize_entry("candidatesTokenCount", &candidates)?;
        map.serialize_entry("totalTokenCount", &usage.total_tokens())?;
        if let Some(thoughts) = usage.reasoning_output_tokens {
            map.serialize_entry("thoughtsTokenCount", &thoughts)?;
        }
        if let Some(cached) = usage.cache_read_input_tokens {
            map.serialize_entry("cachedContentTokenCount", &cached)?;
        }
        let details = [
            (
                "promptTokensDetails",
                usage.input_tokens,
                usage.image_input_tokens,
                usage.audio_input_tokens,
            ),
            (
                "candidatesTokensDetails",
                candidates,
                usage.image_output_tokens,
                usage.audio_output_tokens,
            ),
        ];
        for (name, total, images, sound) in details {
            let others = [("IMAGE", images), ("AUDIO", sound)];
            let mut others: Vec<OfModality> = others
                .into_iter()
                .filter_map(|(modality, tokens)| Some(OfModality::of(modality, tokens?)))
                .collect();
            if !others.is_empty() {
                let told: u64 = others.iter().map(|row| row.token_count).sum();
                others.insert(0, OfModality::of("TEXT", total.saturating_sub(told)));
                map.serialize_entry(name, &others)?;
            }
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct OfModality {
    modality: &'static str,
    token_count: u64,
}

impl OfModality {
    fn of(modality: &'static str, token_count: u64) -> Self {
        Self {
            modality,
            token_count,
        }
    }
}

struct Chosen<'a>(&'a Logprobs);

impl Serialize for Chosen<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("topCandidates", &Seq(|| self.0.content.iter().map(Top)))?;
        map.serialize_entry("chosenCandidates", &Seq(|| self.0.content.iter().map(Token::of)))?;
        map.end()
    }
}

struct Top<'a>(&'a TokenLogprob);

impl Serialize for Top<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("candidates", &Seq(|| self.0.top.iter().map(Token::of)))?;
        map.end()
    }
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    token: &'a Text,
    log_probability: f64,
}

impl<'a> Token<'a> {
    fn of(entry: &'a TokenLogprob) -> Self {
        Self {
            token: &entry.token,
            log_probability: entry.logprob,
        }
    }
}
