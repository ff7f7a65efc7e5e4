//! Sends calls that belong together to one target.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use router_core::{Call, Text};
use serde::{Deserialize, Serialize};

use crate::options::BalanceOptions;
use crate::target::Target;

/// Which calls belong together, so that one target gets them as long as it can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sticky {
    /// Those of one caller.
    Caller,
    /// Those with one value of a tag: `{ tag = "conversation" }`.
    Tag(Text),
    /// Those whose prompts begin alike (tools, instructions and first message, or the request's own cache key), so that the
    /// vendor's prompt cache is found again.
    Prefix,
}

/// The key of a call; `None` when it belongs to no others.
pub(crate) fn key(sticky: Option<&Sticky>, options: Option<&BalanceOptions>, call: &Call) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let text = match (options.and_then(|options| options.sticky_key.as_ref()), sticky) {
        (Some(key), _) => key,
        (None, None) => return None,
        (None, Some(Sticky::Caller)) => call.context.caller()?,
        (None, Some(Sticky::Tag(name))) => {
            let tag = call.context.tags().iter().find(|(known, _)| known == name);
            &tag?.1
        }
        (None, Some(Sticky::Prefix)) => {
            let has_prompt = call.operation.hash_prompt_start(&mut hasher);
            return has_prompt.then(|| hasher.finish());
        }
    };
    hasher.write(text.as_bytes());
    Some(hasher.finish())
}

/// The candidate with the highest score for the key, by weight. When a target comes or goes, only the keys that it has or had
/// move, and every instance that has the same targets chooses the same.
pub(crate) fn rendezvous(key: u64, targets: &[Arc<Target>], candidates: &[usize]) -> Option<usize> {
    let score = |place: &usize| {
        let target = &targets[*place];
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(key);
        hasher.write(target.name.as_bytes());
        // Evenly between 0 and 1, and neither of them.
        let even = ((hasher.finish() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
        f64::from(target.weight) / -even.ln()
    };
    candidates
        .iter()
        .copied()
        .max_by(|one, other| score(one).total_cmp(&score(other)))
}
