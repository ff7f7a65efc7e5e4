//! Which conversation a call goes on with.

use crate::text::Text;

/// The conversation that a call belongs to: put it into the call's context, and the layer that remembers puts the history in front.
///
/// The caller of the context, where there is one, is part of the key: two callers never share a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConversationId(pub Text);

impl ConversationId {
    /// An id.
    #[must_use]
    pub fn new(id: impl Into<Text>) -> Self {
        Self(id.into())
    }
}
