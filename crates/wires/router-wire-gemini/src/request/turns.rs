//! Messages to turns: those of one side that follow each other are one, and each result stands where its call stood.

use router_core::message::Role;
use router_core::{Content, ContentPart, Extra, Media, Message, Text, ToolCall, ToolResult};
use router_wire::provenance::Speaker;

use super::body::{system, texts};
use super::parts::goes_back;
use crate::rules::Rules;

/// What one side says before the other answers.
pub(super) struct Turn<'a> {
    pub(super) model: bool,
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) extra: Option<&'a Extra>,
}

/// One part of a turn.
pub(super) enum Piece<'a> {
    Text(&'a Text),
    Part(&'a ContentPart),
    Media(&'a Media),
    /// A call; the first of a turn is the one that is signed.
    Call {
        call: &'a ToolCall,
        first: bool,
    },
    Result {
        result: &'a ToolResult,
        call: Option<&'a ToolCall>,
    },
}

/// The turns of a conversation. Results of tools are the user's.
pub(super) fn turns<'a>(rules: &Rules, speaker: &Speaker, messages: &'a [Message]) -> Vec<Turn<'a>> {
    let mut turns: Vec<Turn<'a>> = Vec::new();
    let mut calls: Vec<&'a ToolCall> = Vec::new();
    let mut instructions =
        (!rules.system_instruction).then(|| system(messages).flat_map(|it| texts(&it.content)));
    for message in messages.iter().filter(|message| message.role != Role::System) {
        let model = message.role == Role::Assistant;
        if turns.last().is_none_or(|turn| turn.model != model) {
            turns.push(Turn {
                model,
                pieces: Vec::new(),
                extra: None,
            });
        }
        let Some(turn) = turns.last_mut() else { continue };
        if !message.extra.is_empty() {
            turn.extra.get_or_insert(&message.extra);
        }
        if let Some(instructions) = instructions.take().filter(|_| !model) {
            turn.pieces.extend(instructions.map(Piece::Text));
        }
        if let Content::Text(text) = &message.content {
            turn.pieces.push(Piece::Text(text));
        }
        for part in message.content.parts() {
            turn.add(part, rules, speaker, &mut calls);
        }
    }
    for turn in &mut turns {
        turn.settle(&calls);
    }
    turns.retain(|turn| !turn.pieces.is_empty());
    turns
}

impl<'a> Turn<'a> {
    fn add(
        &mut self,
        part: &'a ContentPart,
        rules: &Rules,
        speaker: &Speaker,
        calls: &mut Vec<&'a ToolCall>,
    ) {
        match part {
            ContentPart::ToolCall(call) => {
                let first = !self
                    .pieces
                    .iter()
                    .any(|piece| matches!(piece, Piece::Call { .. }));
                calls.push(call);
                self.pieces.push(Piece::Call { call, first });
            }
            ContentPart::ToolResult(result) => {
                let call = calls.iter().rfind(|call| call.id == result.call_id).copied();
                self.pieces.push(Piece::Result { result, call });
                if !rules.result_media {
                    self.pieces.extend(media_of(&result.content).map(Piece::Media));
                }
            }
            part if goes_back(speaker, part) => self.pieces.push(Piece::Part(part)),
            _ => {}
        }
    }

    /// Results come first, in the order of their calls: a model that gives calls no ids knows them by that. Empty texts, which
    /// the vendor refuses, are left out, unless the user says nothing else.
    fn settle(&mut self, calls: &[&ToolCall]) {
        let is_empty = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => text.is_empty(),
            Piece::Part(ContentPart::Text(part)) => part.text.is_empty() && part.riders.is_empty(),
            _ => false,
        };
        if self.model || !self.pieces.iter().all(is_empty) {
            self.pieces.retain(|piece| !is_empty(piece));
        }
        let place = |call: &ToolCall| calls.iter().position(|known| std::ptr::eq(*known, call));
        self.pieces.sort_by_key(|piece| match piece {
            Piece::Result { call, .. } => call.and_then(place).unwrap_or(usize::MAX - 1),
            _ => usize::MAX,
        });
    }
}

/// The media in a content.
pub(super) fn media_of(content: &Content) -> impl Iterator<Item = &Media> + Clone {
    content.parts().iter().filter_map(|part| match part {
        ContentPart::Media(media) => Some(media),
        _ => None,
    })
}
