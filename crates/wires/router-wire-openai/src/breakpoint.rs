//! Cache marks as OpenAI has them: a breakpoint on a part.
//!
//! <https://platform.openai.com/docs/guides/prompt-caching>, read 2026-11.

use router_core::{CacheMark, ContentPart, Result};
use router_wire::warnings::Warnings;
use serde::Serialize;

use crate::dialect::Dialect;

#[derive(Serialize)]
pub(crate) struct Breakpoint<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'a str>,
}

impl<'a> Breakpoint<'a> {
    pub(crate) fn of(mark: &'a CacheMark) -> Self {
        Self {
            mode: "explicit",
            ttl: mark.ttl.as_deref().filter(|ttl| is_known(ttl)),
        }
    }
}

fn is_known(ttl: &str) -> bool {
    matches!(ttl, "30m" | "12h")
}

/// Notes what becomes of the cache mark on a part.
pub(crate) fn check(dialect: &Dialect, part: &ContentPart, warnings: &mut Warnings) -> Result<()> {
    let Some(mark) = part.riders().and_then(|riders| riders.cache()) else {
        return Ok(());
    };
    let bears = matches!(part, ContentPart::Text(_) | ContentPart::Media(_));
    if !dialect.cache_breakpoints {
        return warnings.dropped("cache", "this vendor decides itself what to cache");
    }
    if !bears {
        return warnings.dropped("cache", "this vendor keeps prompts up to a text or media part");
    }
    if mark.ttl.as_deref().is_some_and(|ttl| !is_known(ttl)) {
        return warnings.changed("cache.ttl", "this vendor knows 30m and 12h: its default is used");
    }
    Ok(())
}
