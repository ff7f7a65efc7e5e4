//! Who asks, and which conversation goes on: what of a request is in the context of its calls.

use http::header::HeaderName;
use router_core::{Context, ConversationId, Error, ErrorKind, Result, Text};
use router_wire::HttpRequest;

/// Names the conversation that a request goes on with.
const CONVERSATION: HeaderName = HeaderName::from_static("x-llm-router-conversation");
/// Most characters of such a name.
const MOST_ID: usize = 200;

/// Who asks, and what for.
pub(crate) struct Asker<'a> {
    pub(crate) request: &'a str,
    pub(crate) caller: Option<Text>,
    pub(crate) conversation: Option<ConversationId>,
}

impl Asker<'_> {
    /// A context for one call.
    pub(crate) fn context(&self) -> Context {
        let mut context = Context::new().with_request_id(self.request);
        if let Some(caller) = &self.caller {
            context = context.with_caller(caller.clone());
        }
        if let Some(conversation) = &self.conversation {
            context = context.with_extension(conversation.clone());
        }
        context
    }
}

/// The conversation that a caller names, where some are remembered.
///
/// # Errors
/// `InvalidRequest` naming the header.
pub(crate) fn conversation(request: &HttpRequest, are_remembered: bool) -> Result<Option<ConversationId>> {
    let Some(id) = request.headers.get(CONVERSATION) else {
        return Ok(None);
    };
    let wrong = |why: &str| Error::new(ErrorKind::InvalidRequest, format!("{CONVERSATION}: {why}"));
    if !are_remembered {
        return Err(wrong("no conversations are kept here"));
    }
    match id.to_str() {
        Ok(id) if !id.is_empty() && id.len() <= MOST_ID => Ok(Some(ConversationId::new(id))),
        _ => Err(wrong("an id is 1 to 200 visible characters")),
    }
}
