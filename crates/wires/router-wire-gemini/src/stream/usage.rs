//! Counts: every piece repeats what it knows, the last of each counts.

use router_core::chat::Usage;
use router_core::{Json, Text};
use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    prompt: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    tool_use: Option<u64>,
    cached: Option<u64>,
    heard: Option<u64>,
    spoken: Option<u64>,
    seen: Option<u64>,
    drawn: Option<u64>,
    pub(super) tier: Option<Text>,
    raw: Option<Json>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UsageMetadata<'a> {
    prompt_token_count: Num,
    candidates_token_count: Num,
    thoughts_token_count: Num,
    tool_use_prompt_token_count: Num,
    cached_content_token_count: Num,
    #[serde(borrow)]
    prompt_tokens_details: List<OfModality<'a>>,
    #[serde(borrow)]
    candidates_tokens_details: List<OfModality<'a>>,
    #[serde(borrow)]
    service_tier: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OfModality<'a> {
    #[serde(borrow)]
    modality: Str<'a>,
    token_count: Num,
}

/// A modality: its word, and the number that stands for it where enums are asked for as numbers.
type Modality = [&'static str; 2];

const IMAGE: Modality = ["IMAGE", "2"];
const AUDIO: Modality = ["AUDIO", "4"];

/// The tokens of one modality.
fn tokens_of(modality: Modality, details: &List<OfModality<'_>>) -> Option<u64> {
    let row = details
        .0
        .iter()
        .find(|row| row.modality.filled().is_some_and(|word| modality.contains(&word)))?;
    row.token_count.count()
}

impl Counts {
    pub(super) fn take(&mut self, raw: &RawValue) {
        let Ok(counts) = serde_json::from_str::<UsageMetadata<'_>>(raw.get()) else {
            return;
        };
        // One that a piece leaves out keeps its last value.
        self.prompt = counts.prompt_token_count.count().or(self.prompt);
        self.candidates = counts.candidates_token_count.count().or(self.candidates);
        self.thoughts = counts.thoughts_token_count.count().or(self.thoughts);
        self.tool_use = counts.tool_use_prompt_token_count.count().or(self.tool_use);
        self.cached = counts.cached_content_token_count.count().or(self.cached);
        let (given, made) = (&counts.prompt_tokens_details, &counts.candidates_tokens_details);
        self.heard = tokens_of(AUDIO, given).or(self.heard);
        self.spoken = tokens_of(AUDIO, made).or(self.spoken);
        self.seen = tokens_of(IMAGE, given).or(self.seen);
        self.drawn = tokens_of(IMAGE, made).or(self.drawn);
        self.tier = counts.service_tier.to_text().or(self.tier.take());
        self.raw = Some(Json::from_raw(raw));
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        if (self.prompt, self.candidates, self.thoughts) == (None, None, None) {
            return None;
        }
        let sum = |one: Option<u64>, other: Option<u64>| one.unwrap_or(0).saturating_add(other.unwrap_or(0));
        // The vendor counts thoughts, and prompts of its own tools, apart.
        let mut usage = Usage::new(
            sum(self.prompt, self.tool_use),
            sum(self.candidates, self.thoughts),
        );
        usage.cache_read_input_tokens = self.cached;
        usage.reasoning_output_tokens = self.thoughts;
        usage.audio_input_tokens = self.heard;
        usage.audio_output_tokens = self.spoken;
        usage.image_input_tokens = self.seen;
        usage.image_output_tokens = self.drawn;
        usage.raw.clone_from(&self.raw);
        Some(usage)
    }
}
