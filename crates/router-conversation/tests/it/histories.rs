//! Random histories with tools, media and pins.

use proptest::prelude::*;
use router_conversation::{Conversation, Entry};
use router_core::content::{Reasoning, Signature};
use router_core::{ContentPart, Media, Message, ToolCall, ToolResult};

/// One step of the model.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) calls: usize,
    pub(crate) text: usize,
    pub(crate) thinks: bool,
    pub(crate) pinned: bool,
}

/// One exchange.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) words: usize,
    pub(crate) picture: bool,
    pub(crate) pinned: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) answer: usize,
}

prop_compose! {
    fn step()(calls in 1..4_usize, text in 0..20_usize, thinks in any::<bool>(), pinned in prop::bool::weighted(0.05)) -> Step {
        Step { calls, text, thinks, pinned }
    }
}

prop_compose! {
    fn turn()(
        words in 1..40_usize,
        picture in prop::bool::weighted(0.1),
        pinned in prop::bool::weighted(0.1),
        steps in prop::collection::vec(step(), 0..4),
        answer in 1..40_usize,
    ) -> Turn {
        Turn { words, picture, pinned, steps, answer }
    }
}

/// Up to `most` exchanges; the last may wait for its answer.
pub(crate) fn history(most: usize) -> impl Strategy<Value = Conversation> {
    (
        prop::collection::vec(turn(), 1..most),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(turns, system, open)| conversation(&turns, system, open))
}

fn words(count: usize, seed: usize) -> String {
    (0..count)
        .map(|at| ["alpha", "beta", "gamma", "7", "δέλτα"][(at + seed) % 5])
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn conversation(turns: &[Turn], system: bool, open: bool) -> Conversation {
    let mut conversation = Conversation::new("random");
    if system {
        conversation.push(Message::system("You are helpful."));
    }
    let mut id = 0;
    for (at, turn) in turns.iter().enumerate() {
        let mut parts: Vec<ContentPart> = vec![words(turn.words, at).into()];
        if turn.picture {
            parts.push(
                Media::image_bytes("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x80\0\0\0\x40").into(),
            );
        }
        let user = if parts.len() == 1 {
            Message::user(words(turn.words, at))
        } else {
            Message::user(parts)
        };
        push(&mut conversation, user, turn.pinned);
        for step in &turn.steps {
            let (mut parts, mut results): (Vec<ContentPart>, Vec<ToolResult>) = (Vec::new(), Vec::new());
            if step.thinks {
                let signature = Signature::new("anthropic", format!("c2ln{at}"));
                parts.push(Reasoning::new("Hm.").with_signature(signature).into());
            }
            if step.text > 0 {
                parts.push(words(step.text, at).into());
            }
            for _ in 0..step.calls {
                id += 1;
                parts.push(ToolCall::new(format!("call_{id}"), "look", "{\"at\":1}").into());
                results
                    .push(ToolResult::new(format!("call_{id}"), words(step.text + 1, id)).with_name("look"));
            }
            push(&mut conversation, Message::assistant(parts), step.pinned);
            push(&mut conversation, Message::tool(results), false);
        }
        if !(open && at + 1 == turns.len()) {
            push(
                &mut conversation,
                Message::assistant(words(turn.answer, at)),
                false,
            );
        }
    }
    conversation
}

fn push(conversation: &mut Conversation, message: Message, pinned: bool) {
    let mut entry = Entry::new(message);
    entry.pinned = pinned;
    conversation.push_entry(entry);
}
