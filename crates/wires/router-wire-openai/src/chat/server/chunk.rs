//! The pieces that chunks and answers are written from.

use router_core::chat::Logprobs;
use router_core::content::{Media, MediaSource};
use router_core::stream::{StreamFinish, ToolCallStart};
use router_core::tool::ToolCallKind;
use router_core::{Signature, Text, Usage};
use router_wire::provenance::seal;
use router_wire::write::extra_fields;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::reply::tier_word;
use crate::chat::WIRE;
use crate::citations::Annotation;
use crate::logprobs::ChatTokens;

pub(super) struct Chunk<'a> {
    pub(super) id: &'a Text,
    pub(super) created: i64,
    pub(super) model: &'a Text,
    pub(super) choices: &'a [ChunkChoice<'a>],
    /// What is known only at the end of the answer.
    pub(super) end: Option<&'a StreamFinish>,
    pub(super) usage: Option<WireUsage<'a>>,
}

impl Serialize for Chunk<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("object", "chat.completion.chunk")?;
        map.serialize_entry("created", &self.created)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("choices", self.choices)?;
        if let Some(usage) = &self.usage {
            map.serialize_entry("usage", usage)?;
        }
        if let Some(end) = self.end {
            if let Some(tier) = &end.service_tier {
                map.serialize_entry("service_tier", tier_word(tier))?;
            }
            extra_fields(&mut map, &end.extra, WIRE)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
pub(super) struct ChunkChoice<'a> {
    pub(super) index: u32,
    pub(super) delta: Delta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<WireLogprobs<'a>>,
    pub(super) finish_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stop_reason: Option<&'a Text>,
}

impl<'a> ChunkChoice<'a> {
    pub(super) fn delta(index: u32, delta: Delta<'a>) -> Self {
        Self {
            index,
            delta,
            logprobs: None,
            finish_reason: None,
            stop_reason: None,
        }
    }
}

pub(super) enum Delta<'a> {
    Role,
    Empty,
    Content(&'a Text),
    Reasoning(&'a Text),
    Refusal(&'a Text),
    CallStart(&'a ToolCallStart),
    CallArguments {
        index: u32,
        arguments: &'a Text,
        kind: ToolCallKind,
    },
    CallSignature {
        index: u32,
        signature: &'a Signature,
    },
    Signature(&'a Signature),
    Detail(WireDetail<'a>),
    Annotation(Annotation<'a>),
    Image(&'a Media),
    Audio(&'a Media),
}

impl Serialize for Delta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Start<'a> {
            index: u32,
            id: &'a Text,
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            function: Option<Function<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            custom: Option<Custom<'a>>,
        }
        #[derive(Serialize)]
        struct More<'a> {
            index: u32,
            #[serde(skip_serializing_if = "Option::is_none")]
            function: Option<Arguments<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            custom: Option<Input<'a>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            extra_content: Option<GoogleExtra<'a>>,
        }
        #[derive(Serialize)]
        struct Arguments<'a> {
            arguments: &'a Text,
        }
        #[derive(Serialize)]
        struct Input<'a> {
            input: &'a Text,
        }
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Role => {
                map.serialize_entry("role", "assistant")?;
                map.serialize_entry("content", "")?;
            }
            Self::Empty => {}
            Self::Content(text) => map.serialize_entry("content", text)?,
            Self::Reasoning(text) => map.serialize_entry("reasoning_content", text)?,
            Self::Refusal(text) => map.serialize_entry("refusal", text)?,
            Self::CallStart(start) => {
                let (index, id, name) = (&start.call, &start.id, &start.name);
                let is_custom = start.kind == ToolCallKind::Custom;
                let function = (!is_custom).then_some(Function { name, arguments: "" });
                let custom = is_custom.then_some(Custom { name, input: "" });
                let kind = if is_custom { "custom" } else { "function" };
                map.serialize_entry(
                    "tool_calls",
                    &[Start {
                        index: *index,
                        id,
                        kind,
                        function,
                        custom,
                    }],
                )?;
            }
            Self::CallArguments {
                index,
                arguments,
                kind,
            } => {
                let is_custom = *kind == ToolCallKind::Custom;
                let more = More {
                    index: *index,
                    function: (!is_custom).then_some(Arguments { arguments }),
                    custom: is_custom.then_some(Input { input: arguments }),
                    extra_content: None,
                };
                map.serialize_entry("tool_calls", &[more])?;
            }
            Self::CallSignature { index, signature } => {
                let more = More {
                    index: *index,
                    function: None,
                    custom: None,
                    extra_content: Some(GoogleExtra(signature)),
                };
                map.serialize_entry("tool_calls", &[more])?;
            }
            Self::Signature(signature) => map.serialize_entry("extra_content", &GoogleExtra(signature))?,
            Self::Detail(detail) => map.serialize_entry("reasoning_details", &[detail])?,
            Self::Annotation(note) => map.serialize_entry("annotations", &[note])?,
            Self::Image(media) => map.serialize_entry("images", &[WireImage(media)])?,
            Self::Audio(media) => map.serialize_entry("audio", &WireAudio(media))?,
        }
        map.end()
    }
}

#[derive(Serialize)]
pub(super) struct Function<'a> {
    pub(super) name: &'a Text,
    pub(super) arguments: &'a str,
}

#[derive(Serialize)]
pub(super) struct Custom<'a> {
    pub(super) name: &'a Text,
    pub(super) input: &'a str,
}

/// A signature over reasoning, in the form that OpenRouter has for it.
pub(super) struct WireDetail<'a> {
    pub(super) index: usize,
    pub(super) text: &'a str,
    pub(super) signature: &'a Signature,
    pub(super) redacted: bool,
}

impl Serialize for WireDetail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let sealed = seal(self.signature, crate::SIGNED);
        let mut map = serializer.serialize_map(None)?;
        if self.redacted {
            map.serialize_entry("type", "reasoning.encrypted")?;
            map.serialize_entry("data", &sealed)?;
        } else {
            map.serialize_entry("type", "reasoning.text")?;
            map.serialize_entry("text", self.text)?;
            map.serialize_entry("signature", &sealed)?;
        }
        map.serialize_entry("index", &self.index)?;
        map.end()
    }
}

/// A signature over a call or a text, in the form that Google has for it on this wire.
pub(super) struct GoogleExtra<'a>(pub(super) &'a Signature);

impl Serialize for GoogleExtra<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Google<'a> {
            thought_signature: &'a str,
        }
        let thought_signature = &seal(self.0, crate::SIGNED);
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("google", &Google { thought_signature })?;
        map.end()
    }
}

/// A spoken answer, with the id and the words that came with it.
pub(super) struct WireAudio<'a>(pub(super) &'a Media);

impl Serialize for WireAudio<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.0.source {
            MediaSource::Base64(data) => map.serialize_entry("data", data)?,
            _ => map.serialize_entry("data", "")?,
        }
        // What the schema demands, where the sound is another vendor's.
        let extra = self.0.riders.extra();
        for name in ["id", "transcript"] {
            if extra.get(WIRE, name).is_none() {
                map.serialize_entry(name, "")?;
            }
        }
        if extra.get(WIRE, "expires_at").is_none() {
            map.serialize_entry("expires_at", &0)?;
        }
        extra_fields(&mut map, extra, WIRE)?;
        map.end()
    }
}

pub(super) struct WireImage<'a>(pub(super) &'a Media);

impl Serialize for WireImage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Url<'a> {
            url: std::borrow::Cow<'a, str>,
        }
        let url = match (&self.0.source, self.0.to_data_url()) {
            (MediaSource::Url(url), _) => std::borrow::Cow::Borrowed(url.as_str()),
            (_, data) => std::borrow::Cow::Owned(data.unwrap_or_default()),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "image_url")?;
        map.serialize_entry("image_url", &Url { url })?;
        map.end()
    }
}

pub(crate) struct WireUsage<'a>(pub(crate) &'a Usage);

impl Serialize for WireUsage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Prompt {
            cached_tokens: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            cache_write_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            audio_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            image_tokens: Option<u64>,
        }
        #[derive(Serialize)]
        struct Completion {
            reasoning_tokens: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            audio_tokens: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            image_tokens: Option<u64>,
        }
        let usage = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("prompt_tokens", &usage.input_tokens)?;
        map.serialize_entry("completion_tokens", &usage.output_tokens)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        let prompt = Prompt {
            cached_tokens: usage.cache_read_input_tokens.unwrap_or(0),
            cache_write_tokens: usage.cache_creation_input_tokens,
            audio_tokens: usage.audio_input_tokens,
            image_tokens: usage.image_input_tokens,
        };
        map.serialize_entry("prompt_tokens_details", &prompt)?;
        let completion = Completion {
            reasoning_tokens: usage.reasoning_output_tokens.unwrap_or(0),
            audio_tokens: usage.audio_output_tokens,
            image_tokens: usage.image_output_tokens,
        };
        map.serialize_entry("completion_tokens_details", &completion)?;
        map.end()
    }
}

pub(super) struct WireLogprobs<'a>(pub(super) &'a Logprobs);

impl Serialize for WireLogprobs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content", &ChatTokens(&self.0.content))?;
        let refusal = Some(ChatTokens(&self.0.refusal)).filter(|list| !list.0.is_empty());
        map.serialize_entry("refusal", &refusal)?;
        map.end()
    }
}
