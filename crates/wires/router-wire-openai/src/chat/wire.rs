//! OpenAI's chat JSON as vendors were seen to send it. Every field is optional, and other types read as absent.

use std::borrow::Cow;
use std::fmt;

use router_wire::fill::{self, Few, Fill, Rare};
use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::logprobs::Token;

/// A chunk of a stream, or a whole answer: the same but for `delta` and `message`.
#[derive(Debug, Default)]
pub(super) struct Chunk<'a> {
    pub(super) id: Str<'a>,
    pub(super) model: Str<'a>,
    pub(super) created: Num,
    pub(super) choices: Option<Few<Choice<'a>>>,
    pub(super) usage: Option<&'a RawValue>,
    pub(super) service_tier: Str<'a>,
    pub(super) system_fingerprint: Option<&'a RawValue>,
    /// `error`, `base_resp`, `x_groq`, fields that are [`KEPT`], and `output` with `request_id`: DashScope's native form
    /// puts the answer one level deeper, and has another id.
    pub(super) rare: Rare<'a>,
}

/// Fields of an answer that are told as they came: citations of Perplexity and xAI, who answered at OpenRouter, what Azure's
/// filters saw in the prompt.
pub(super) const KEPT: [&str; 5] = [
    "citations",
    "search_results",
    "provider",
    "prompt_filter_results",
    "prompt_annotations",
];

/// The same of a choice: OpenRouter's word from the vendor behind it, what Azure's filters saw in the answer.
pub(super) const KEPT_OF_CHOICE: [&str; 2] = ["native_finish_reason", "content_filter_results"];

impl<'a> Fill<'a> for Chunk<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "id" => self.id = map.next_value()?,
            "model" => self.model = map.next_value()?,
            // watsonx, at times beside the other.
            "model_id" if self.model.filled().is_none() => self.model = map.next_value()?,
            "created" => self.created = map.next_value()?,
            "choices" => Few::read(map, &mut self.choices)?,
            "usage" => self.usage = map.next_value()?,
            "service_tier" => self.service_tier = map.next_value()?,
            "system_fingerprint" => self.system_fingerprint = map.next_value()?,
            "error" | "base_resp" | "x_groq" | "web_search" | "output" | "request_id" => {
                self.rare.keep(name, map)?;
            }
            name_of if KEPT.contains(&name_of) => self.rare.keep(name, map)?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    pub(super) index: Num,
    pub(super) delta: Option<Message<'a>>,
    pub(super) message: Option<Message<'a>>,
    /// Legacy text completions.
    pub(super) text: Str<'a>,
    pub(super) finish_reason: Str<'a>,
    pub(super) logprobs: Option<&'a RawValue>,
    /// `stop_reason`, vLLM's word for the stop sequence that matched (a number is a token), `finish_details`, an `error` of
    /// OpenRouter's, `usage` of Kimi's older form, Baidu's `flag` and `need_clear_history`, and fields that are
    /// [`KEPT_OF_CHOICE`].
    pub(super) rare: Rare<'a>,
}

impl<'a> Fill<'a> for Choice<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "index" => self.index = map.next_value()?,
            "delta" => fill::object(map, &mut self.delta)?,
            "message" => fill::object(map, &mut self.message)?,
            "text" => self.text = map.next_value()?,
            "finish_reason" => self.finish_reason = map.next_value()?,
            "logprobs" => self.logprobs = map.next_value()?,
            "stop_reason" | "finish_details" | "error" | "usage" | "flag" | "need_clear_history" => {
                self.rare.keep(name, map)?;
            }
            name_of if KEPT_OF_CHOICE.contains(&name_of) => self.rare.keep(name, map)?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) content: Content<'a>,
    pub(super) reasoning_content: Str<'a>,
    pub(super) reasoning: Str<'a>,
    pub(super) refusal: Str<'a>,
    pub(super) tool_calls: Vec<ToolCall<'a>>,
    /// `reasoning_details`, `function_call`, `annotations`, `executed_tools`, `images`, `audio`, `extra_content`,
    /// `thought_signature`.
    pub(super) rare: Rare<'a>,
}

impl<'a> Fill<'a> for Message<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "content" => self.content = map.next_value()?,
            "reasoning_content" => self.reasoning_content = map.next_value()?,
            "reasoning" => self.reasoning = map.next_value()?,
            "refusal" => self.refusal = map.next_value()?,
            "tool_calls" => fill::list(map, &mut self.tool_calls)?,
            "reasoning_details" | "function_call" | "annotations" | "executed_tools" | "images" | "audio"
            | "extra_content" | "thought_signature" => self.rare.keep(name, map)?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct ToolCall<'a> {
    pub(super) index: Num,
    pub(super) id: Str<'a>,
    pub(super) function: Option<Function<'a>>,
    pub(super) custom: Option<Custom<'a>>,
    pub(super) extra_content: Option<&'a RawValue>,
}

impl<'a> Fill<'a> for ToolCall<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "index" => self.index = map.next_value()?,
            "id" => self.id = map.next_value()?,
            "function" => fill::object(map, &mut self.function)?,
            "custom" => fill::object(map, &mut self.custom)?,
            "extra_content" => self.extra_content = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Function<'a> {
    pub(super) name: Str<'a>,
    /// A string of JSON; some servers send the object itself.
    pub(super) arguments: Option<&'a RawValue>,
}

impl<'a> Fill<'a> for Function<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "name" => self.name = map.next_value()?,
            "arguments" => self.arguments = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Custom<'a> {
    pub(super) name: Str<'a>,
    pub(super) input: Str<'a>,
}

impl<'a> Fill<'a> for Custom<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "name" => self.name = map.next_value()?,
            "input" => self.input = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Logprobs<'a> {
    pub(super) content: Vec<Token<'a>>,
    pub(super) refusal: Vec<Token<'a>>,
    pub(super) reasoning_content: Vec<Token<'a>>,
    /// Text completions, and Together's chats, have a list for each thing that is told of the tokens.
    pub(super) tokens: List<Str<'a>>,
    pub(super) token_logprobs: List<Num>,
    pub(super) top_logprobs: List<&'a RawValue>,
}

impl<'a> Fill<'a> for Logprobs<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "content" => fill::list(map, &mut self.content)?,
            "refusal" => fill::list(map, &mut self.refusal)?,
            "reasoning_content" => fill::list(map, &mut self.reasoning_content)?,
            "tokens" => self.tokens = map.next_value()?,
            "token_logprobs" => self.token_logprobs = map.next_value()?,
            "top_logprobs" => self.top_logprobs = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

/// Content: a string, or typed parts (Mistral's thinking, Databricks' reasoning).
#[derive(Debug, Default)]
pub(super) enum Content<'a> {
    #[default]
    None,
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) kind: Str<'a>,
    pub(super) text: Str<'a>,
    /// A string, or parts with `text`.
    pub(super) thinking: Content2<'a>,
    pub(super) summary: Vec<TextOnly<'a>>,
    /// Over what was thought (Mistral).
    pub(super) signature: Str<'a>,
    /// A string that stood in place of a part.
    pub(super) bare: Option<Cow<'a, str>>,
    /// The part itself, where it names a source.
    pub(super) source: Option<&'a RawValue>,
}

impl<'a> Fill<'a> for Part<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "type" => self.kind = map.next_value()?,
            "text" => self.text = map.next_value()?,
            "thinking" => self.thinking = map.next_value()?,
            "summary" => fill::list(map, &mut self.summary)?,
            "signature" => self.signature = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

/// A string, or parts of which only the texts count.
#[derive(Debug, Default)]
pub(super) enum Content2<'a> {
    #[default]
    None,
    Text(Cow<'a, str>),
    Parts(Vec<TextOnly<'a>>),
}

#[derive(Debug, Default)]
pub(super) struct TextOnly<'a> {
    pub(super) text: Str<'a>,
}

impl<'a> Fill<'a> for TextOnly<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "text" => self.text = map.next_value()?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

macro_rules! content_deserialize {
    ($name:ident, $part:ty) => {
        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ContentVisitor<'a>(std::marker::PhantomData<&'a ()>);
                impl<'de: 'a, 'a> Visitor<'de> for ContentVisitor<'a> {
                    type Value = $name<'a>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("anything")
                    }

                    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                        Ok($name::Text(Cow::Borrowed(text)))
                    }

                    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                        Ok($name::Text(Cow::Owned(text.to_owned())))
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                        let mut parts = Vec::new();
                        while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                            if let Some(part) = <$part>::of(raw) {
                                parts.push(part);
                            }
                        }
                        Ok($name::Parts(parts))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        Ok($name::None)
                    }

                    fn visit_unit<E>(self) -> Result<Self::Value, E> {
                        Ok($name::None)
                    }

                    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                        Ok($name::None)
                    }

                    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                        Ok($name::None)
                    }

                    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                        Ok($name::None)
                    }

                    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                        Ok($name::None)
                    }
                }
                deserializer.deserialize_any(ContentVisitor(std::marker::PhantomData))
            }
        }
    };
}

content_deserialize!(Content, Part<'a>);
content_deserialize!(Content2, TextOnly<'a>);

impl<'a> Part<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        if raw.get().starts_with('"') {
            let text: Str<'a> = serde_json::from_str(raw.get()).ok()?;
            return Some(Self {
                bare: text.0,
                ..Self::default()
            });
        }
        let mut part = Self::default();
        fill::from_str(raw.get(), &mut part).ok()?;
        if matches!(part.kind.filled(), Some("reference" | "tool_reference")) {
            part.source = Some(raw);
        }
        Some(part)
    }
}

impl<'a> TextOnly<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        let mut part = Self::default();
        fill::from_str(raw.get(), &mut part).ok()?;
        Some(part)
    }
}

/// Token counts under all the names that vendors use.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    prompt_tokens: Num,
    completion_tokens: Num,
    input_tokens: Num,
    output_tokens: Num,
    total_tokens: Num,
    prompt_details: Option<Details>,
    completion_details: Option<Details>,
    prompt_cache_hit_tokens: Num,
    cache_read_input_tokens: Num,
    cached_tokens: Num,
    num_cached_tokens: Num,
    cache_creation_input_tokens: Num,
    reasoning_tokens: Num,
}

impl<'a> Fill<'a> for Usage {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        let count = match &*name {
            "prompt_tokens_details" | "prompt_token_details" | "input_tokens_details" => {
                return fill::object(map, &mut self.prompt_details);
            }
            "completion_tokens_details" | "completion_token_details" | "output_tokens_details" => {
                return fill::object(map, &mut self.completion_details);
            }
            "prompt_tokens" => &mut self.prompt_tokens,
            "completion_tokens" => &mut self.completion_tokens,
            "input_tokens" => &mut self.input_tokens,
            "output_tokens" => &mut self.output_tokens,
            "total_tokens" => &mut self.total_tokens,
            "prompt_cache_hit_tokens" => &mut self.prompt_cache_hit_tokens,
            "cache_read_input_tokens" => &mut self.cache_read_input_tokens,
            "cached_tokens" => &mut self.cached_tokens,
            "num_cached_tokens" => &mut self.num_cached_tokens,
            "cache_creation_input_tokens" => &mut self.cache_creation_input_tokens,
            "reasoning_tokens" => &mut self.reasoning_tokens,
            _ => return fill::skip(map),
        };
        *count = map.next_value()?;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Details {
    cached_tokens: Num,
    cache_write_tokens: Num,
    audio_tokens: Num,
    image_tokens: Num,
    reasoning_tokens: Num,
}

impl<'a> Fill<'a> for Details {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        let count = match &*name {
            "cached_tokens" => &mut self.cached_tokens,
            "cache_write_tokens" | "cache_creation_input_tokens" => &mut self.cache_write_tokens,
            "audio_tokens" => &mut self.audio_tokens,
            "image_tokens" => &mut self.image_tokens,
            "reasoning_tokens" => &mut self.reasoning_tokens,
            _ => return fill::skip(map),
        };
        *count = map.next_value()?;
        Ok(())
    }
}

impl Usage {
    /// The counts of a raw `usage`; `None` when it is no object or counts no tokens.
    pub(crate) fn read(raw: &RawValue) -> Option<router_core::Usage> {
        let mut counted = Self::counts(raw)?;
        counted.raw = Some(router_core::Json::from_raw(raw));
        Some(counted)
    }

    /// As [`Usage::read`], without a copy of the raw value.
    pub(crate) fn counts(raw: &RawValue) -> Option<router_core::Usage> {
        let mut usage = Self::default();
        fill::from_str(raw.get(), &mut usage).ok()?;
        usage.counted()
    }

    fn counted(&self) -> Option<router_core::Usage> {
        let (mut prompt, mut completion) = (self.prompt_tokens.count(), self.completion_tokens.count());
        if prompt.is_none() && completion.is_none() {
            (prompt, completion) = (self.input_tokens.count(), self.output_tokens.count());
        }
        let of_prompt = self.prompt_details.unwrap_or_default();
        let of_completion = self.completion_details.unwrap_or_default();
        let read = [
            of_prompt.cached_tokens,
            self.prompt_cache_hit_tokens,
            self.cache_read_input_tokens,
            self.cached_tokens,
            self.num_cached_tokens,
        ]
        .into_iter()
        .find_map(Num::count);
        let written = of_prompt
            .cache_write_tokens
            .count()
            .or(self.cache_creation_input_tokens.count());
        let reasoning = of_completion
            .reasoning_tokens
            .count()
            .or(self.reasoning_tokens.count());
        let audio = of_prompt.audio_tokens.count();
        let (mut input, mut output) = (prompt, completion);
        if let (Some(prompt), Some(completion)) = (prompt, completion) {
            let rest = self
                .total_tokens
                .count()
                .map_or(0, |total| total.saturating_sub(prompt + completion));
            match reasoning {
                // xAI counts reasoning beside the completion; a count above the completion cannot be part of it.
                Some(reasoning) if reasoning > 0 && (rest == reasoning || reasoning > completion) => {
                    output = Some(completion + reasoning);
                }
                _ => {}
            }
            // Mistral counts audio beside the prompt.
            if let Some(audio) = audio.filter(|audio| *audio > 0 && rest == *audio) {
                input = Some(prompt + audio);
            }
        }
        // Grok on Azure counts cached tokens beside the prompt.
        if let (Some(prompt), Some(read)) = (input, read)
            && read > prompt
        {
            input = Some(prompt + read);
        }
        if input.is_none() && output.is_none() {
            return None;
        }
        let mut usage = router_core::Usage::new(input.unwrap_or(0), output.unwrap_or(0));
        usage.cache_read_input_tokens = read;
        usage.cache_creation_input_tokens = written;
        usage.reasoning_output_tokens = reasoning;
        usage.audio_input_tokens = audio;
        usage.audio_output_tokens = of_completion.audio_tokens.count();
        usage.image_input_tokens = of_prompt.image_tokens.count();
        usage.image_output_tokens = of_completion.image_tokens.count();
        Some(usage)
    }
}
