//! The wire's words for why an answer ended.

use router_core::{FinishReason, Text};

/// Words by the number that stands for them where enums are asked for as numbers.
const BY_NUMBER: [&str; 10] = [
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
];

/// Words that none of ours stands for.
#[cfg(feature = "server")]
const SAYS_LITTLE: [&str; 5] = [
    "FINISH_REASON_UNSPECIFIED",
    "OTHER",
    "LANGUAGE",
    "NO_IMAGE",
    "IMAGE_OTHER",
];

/// The word itself, also where it came as a number.
pub(crate) fn word(raw: Text) -> Text {
    match raw.parse::<usize>() {
        Ok(number) => BY_NUMBER.get(number).map_or_else(
            || Text::from(format!("FINISH_REASON_{number}")),
            |word| Text::from_static(word),
        ),
        Err(_) => raw,
    }
}

/// Our word for the wire's.
pub(crate) fn finish_reason(raw: &Text, calls: bool) -> FinishReason {
    match raw.as_str() {
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => FinishReason::ContentFilter,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE" => FinishReason::Error,
        "MAX_TOKENS" => FinishReason::Length,
        // There is no word for it: the parts tell.
        _ if calls => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        _ => FinishReason::Other(raw.clone()),
    }
}

/// The wire's word for ours; the vendor's own word when it is one of this wire.
#[cfg(feature = "server")]
pub(crate) fn of_reason<'a>(reason: &FinishReason, raw: Option<&'a Text>) -> &'a str {
    let unknown = |reason: &FinishReason| matches!(reason, FinishReason::Other(_));
    let is_own = |raw: &&Text| {
        let is_word = raw.len() > 2 && raw.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        // Another vendor writes its words so too.
        let is_known = SAYS_LITTLE.contains(&raw.as_str()) || !unknown(&finish_reason(raw, false));
        is_word && (unknown(reason) || is_known)
    };
    if let Some(raw) = raw.filter(is_own) {
        return raw;
    }
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls => "STOP",
        FinishReason::Length => "MAX_TOKENS",
        FinishReason::ContentFilter => "SAFETY",
        _ => "OTHER",
    }
}
