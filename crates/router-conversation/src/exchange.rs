//! What belongs together in a history, so that it is kept or left out as one.
//!
//! An exchange is what the user said and all that followed from it: answers, calls, results. A history of whole exchanges
//! begins with the user and alternates, as vendors want it, and no result is without its call.

use std::ops::Range;

use router_core::content::ContentPart;
use router_core::{Message, Role};

/// What a message is in its exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Instructions: always kept.
    System,
    /// What the user said.
    Head,
    /// What the model said or called.
    Step,
    /// What calls of the step before gave.
    Result,
}

impl Kind {
    pub(crate) fn of(message: &Message) -> Self {
        let results = || {
            message
                .content
                .parts()
                .iter()
                .any(|part| matches!(part, ContentPart::ToolResult(_)))
        };
        match message.role {
            Role::System => Self::System,
            Role::Assistant => Self::Step,
            Role::Tool => Self::Result,
            _ if results() => Self::Result,
            _ => Self::Head,
        }
    }
}

/// An exchange: its places in the history, and where its steps begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) range: Range<usize>,
    pub(crate) steps: Vec<usize>,
}

impl Exchange {
    /// The places of what the user said.
    pub(crate) fn head(&self) -> Range<usize> {
        self.range.start..self.steps.first().copied().unwrap_or(self.range.end)
    }

    /// The places of a step and its results.
    pub(crate) fn step(&self, at: usize) -> Range<usize> {
        self.steps[at]..self.steps.get(at + 1).copied().unwrap_or(self.range.end)
    }

    /// The step that a place is in; `None` in the head.
    pub(crate) fn step_of(&self, place: usize) -> Option<usize> {
        self.steps.partition_point(|start| *start <= place).checked_sub(1)
    }
}

/// The exchanges of a history. System messages lie in their ranges and are no part of them; messages in front of the first
/// of the user make an exchange without a head.
pub(crate) fn exchanges(kinds: &[Kind], skip: &[bool]) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut open: Option<Exchange> = None;
    let mut head_open = false;
    for (at, kind) in kinds.iter().enumerate() {
        if skip[at] {
            continue;
        }
        match kind {
            Kind::System => continue,
            Kind::Head if head_open => {}
            Kind::Head => {
                exchanges.extend(open.take());
                open = Some(Exchange {
                    range: at..at + 1,
                    steps: Vec::new(),
                });
            }
            Kind::Step | Kind::Result => {
                let exchange = open.get_or_insert_with(|| Exchange {
                    range: at..at + 1,
                    steps: Vec::new(),
                });
                // Results without a call stand for a step of their own.
                if *kind == Kind::Step || exchange.steps.is_empty() {
                    exchange.steps.push(at);
                }
            }
        }
        head_open = *kind == Kind::Head;
        if let Some(exchange) = &mut open {
            exchange.range.end = at + 1;
        }
    }
    exchanges.extend(open);
    exchanges
}
