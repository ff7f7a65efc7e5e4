//! Log probabilities.

use router_core::Text;
use router_core::chat::{Logprobs, TokenLogprob};
use router_wire::lenient::{List, Num};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LogprobsResult {
    chosen_candidates: List<Token>,
    top_candidates: List<Top>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Top {
    candidates: List<Token>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Token {
    token: String,
    log_probability: Num,
}

/// The tokens that were chosen, each with those that were likely.
pub(super) fn logprobs(raw: &RawValue) -> Option<Logprobs> {
    let result: LogprobsResult = serde_json::from_str(raw.get()).ok()?;
    let entry =
        |token: Token| TokenLogprob::new(Text::from(token.token), token.log_probability.0.unwrap_or(0.0));
    let mut tops = result.top_candidates.0.into_iter();
    let content = result.chosen_candidates.0.into_iter().map(|chosen| {
        let top = tops.next().unwrap_or_default().candidates.0;
        let mut chosen = entry(chosen);
        chosen.top = top.into_iter().map(entry).collect();
        chosen
    });
    Some(Logprobs::of_content(content.collect())).filter(|logprobs| !logprobs.is_empty())
}
