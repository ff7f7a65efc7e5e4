//! Instructions as one message in front, for servers whose templates take no others.

use router_core::message::Role;
use router_core::{ChatRequest, Message, Result, Text};
use router_wire::warnings::Warnings;

use crate::dialect::Dialect;

/// The request with its instructions in front and in one message, where the server needs that and they are not so already.
pub(super) fn merged(
    dialect: &Dialect,
    request: &ChatRequest,
    warnings: &mut Warnings,
) -> Result<Option<ChatRequest>> {
    let is_system = |message: &Message| message.role == Role::System;
    // The first message may be one.
    let behind = request.messages.iter().skip(1);
    if !dialect.one_system_message || !behind.into_iter().any(is_system) {
        return Ok(None);
    }
    warnings.changed(
        "messages",
        "instructions are sent as one message in front: this server takes no others",
    )?;
    let mut merged = request.clone();
    let (instructions, others): (Vec<Message>, Vec<Message>) = std::mem::take(&mut merged.messages)
        .into_iter()
        .partition(is_system);
    let texts: Vec<Text> = instructions.iter().map(Message::text).collect();
    merged.messages = [Message::system(texts.join("\n\n"))]
        .into_iter()
        .chain(others)
        .collect();
    Ok(Some(merged))
}
