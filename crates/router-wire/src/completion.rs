//! Chats that came as text completions: what marks them, and what of them no chat can hold.
//!
//! A prompt is a chat of one message that bears a mark. To a vendor that completes texts it goes as it came, to any other as a
//! chat; what a chat has no place for is refused there by [`check`], before the vendor is asked and paid.

use router_core::{ChatRequest, Error, Extra, Json, Result, Text};

/// The name of OpenAI's text completions in unnamed fields.
pub const WIRE: &str = "openai.completions";

/// Our mark on what came over this wire.
pub const MARK: &str = "text_completion";

/// A prompt to complete: a chat that goes as a text completion to a vendor that has them.
#[must_use]
pub fn prompt(text: impl Into<Text>) -> ChatRequest {
    let mut chat = ChatRequest::user(text);
    mark(&mut chat.extra);
    chat
}

/// Whether a chat came as a text completion.
#[must_use]
pub fn came_so(request: &ChatRequest) -> bool {
    has_mark(&request.extra)
}

/// Refuses, where a chat is sent, what a text completion asks for and no chat can hold.
///
/// # Errors
/// `Unsupported`, naming the field.
pub fn check(request: &ChatRequest) -> Result<()> {
    match beyond_chats(request) {
        Some(what) => Err(Error::unsupported(format_args!(
            "{what}, with a provider that takes chats only,"
        ))),
        None => Ok(()),
    }
}

/// What no chat can hold.
#[must_use]
pub fn beyond_chats(request: &ChatRequest) -> Option<&'static str> {
    if !came_so(request) {
        return None;
    }
    let field = |name: &str| request.extra.get(WIRE, name);
    let each = u64::from(request.settings.n.unwrap_or(1));
    if field("prompt").is_some() {
        Some("prompt: tokens")
    } else if field("suffix").is_some_and(|suffix| !["null", "\"\""].contains(&suffix.as_str())) {
        Some("suffix: a text behind the gap")
    } else if field("best_of").is_some_and(|best| best.to::<u64>().is_ok_and(|best| best > each)) {
        Some("best_of: choosing among more answers than are given")
    } else {
        None
    }
}

/// Whether unnamed fields bear the mark.
#[must_use]
pub fn has_mark(extra: &Extra) -> bool {
    extra.get(WIRE, MARK).is_some()
}

/// Marks a request, or an answer that came over this wire.
pub fn mark(extra: &mut Extra) {
    extra.insert(Text::from_static(WIRE), Text::from_static(MARK), Json::from(true));
}
