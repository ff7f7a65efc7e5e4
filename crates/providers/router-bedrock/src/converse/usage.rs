//! Token counts: the wire leaves cached tokens out of the input, the totals here have them.

use router_core::{Json, Usage};
use router_wire::lenient::{List, Num, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Counts<'a> {
    input_tokens: Num,
    output_tokens: Num,
    cache_read_input_tokens: Num,
    cache_write_input_tokens: Num,
    /// The same two by older names.
    cache_read_input_token_count: Num,
    cache_write_input_token_count: Num,
    #[serde(borrow)]
    cache_details: List<Written<'a>>,
}

/// Tokens written to the cache, by how long they stay.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Written<'a> {
    #[serde(borrow)]
    ttl: Str<'a>,
    input_tokens: Num,
}

/// The usage in the object `usage`; nothing when it counts nothing.
pub(crate) fn read(raw: &RawValue) -> Option<Usage> {
    let counts: Counts<'_> = serde_json::from_str(raw.get()).ok()?;
    let read = counts.cache_read_input_tokens.count();
    let read = read.or(counts.cache_read_input_token_count.count());
    let written = counts.cache_write_input_tokens.count();
    let written = written.or(counts.cache_write_input_token_count.count());
    let mut usage = total(
        counts.input_tokens.count(),
        counts.output_tokens.count(),
        read,
        written,
    )?;
    let hour = counts
        .cache_details
        .0
        .iter()
        .filter(|detail| detail.ttl.filled() == Some("1h"));
    let hour: Vec<u64> = hour.filter_map(|detail| detail.input_tokens.count()).collect();
    usage.cache_creation_1h_input_tokens = (!hour.is_empty()).then(|| hour.iter().sum());
    usage.raw = Some(Json::from_raw(raw));
    Some(usage)
}

/// A usage with the total of the input.
pub(crate) fn total(
    input: Option<u64>,
    output: Option<u64>,
    read: Option<u64>,
    written: Option<u64>,
) -> Option<Usage> {
    let parts = [input, read, written];
    if parts.iter().all(Option::is_none) && output.is_none() {
        return None;
    }
    let sum = parts.into_iter().flatten().fold(0, u64::saturating_add);
    let mut usage = Usage::new(sum, output.unwrap_or(0));
    usage.cache_read_input_tokens = read;
    usage.cache_creation_input_tokens = written;
    Some(usage)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn input_is_the_total() {
        let raw = r#"{"inputTokens":3,"outputTokens":7,"cacheReadInputTokens":10,"cacheWriteInputTokens":5,
            "cacheDetails":[{"ttl":"1h","inputTokens":4},{"ttl":"5m","inputTokens":1}]}"#;
        let usage = read(serde_json::from_str(raw).expect("JSON")).expect("counts");
        assert_eq!((usage.input_tokens, usage.output_tokens), (18, 7));
        assert_eq!(usage.cache_creation_1h_input_tokens, Some(4));
        let nothing = serde_json::from_str("{}").expect("JSON");
        assert_eq!(read(nothing), None);
    }
}
