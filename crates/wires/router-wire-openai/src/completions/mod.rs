//! Text completions, the wire before chats: a prompt is a chat of one message, its answer the text behind it.
//!
//! A request of this wire is a chat that bears a mark. To a vendor that has this wire it goes as it came; to any other as a
//! chat. An answer bears the same mark when it came over this wire, so that the server side knows whether the vendor has seen
//! what a chat cannot hold: tokens for a prompt, the text behind the gap, the echo of the prompt.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;

use router_core::{ChatRequest, Error, Extra, Json, Result, Text};

use crate::dialect::Dialect;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.completions";

/// Our mark on what came over this wire.
const MARK: &str = "text_completion";

/// A prompt to complete: a chat that goes as a text completion to a vendor that has this wire.
#[must_use]
pub fn prompt(text: impl Into<Text>) -> ChatRequest {
    let mut chat = ChatRequest::user(text);
    mark(&mut chat.extra);
    chat
}

/// Whether a chat came over this wire.
#[must_use]
pub fn came_so(request: &ChatRequest) -> bool {
    has_mark(&request.extra)
}

/// The path for a chat that came over this wire, at a vendor that has it.
#[must_use]
pub fn path<'a>(dialect: &'a Dialect, request: &ChatRequest) -> Option<&'a str> {
    dialect.completions_path.as_deref().filter(|_| came_so(request))
}

/// Refuses, for a vendor that takes chats only, what a chat that came over this wire asks for and no chat can hold.
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
pub(crate) fn beyond_chats(request: &ChatRequest) -> Option<&'static str> {
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

fn has_mark(extra: &Extra) -> bool {
    extra.get(WIRE, MARK).is_some()
}

fn mark(extra: &mut Extra) {
    let yes = Json::from(serde_json::Value::Bool(true));
    extra.insert(Text::from_static(WIRE), Text::from_static(MARK), yes);
}
