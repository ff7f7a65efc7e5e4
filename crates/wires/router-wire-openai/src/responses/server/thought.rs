//! The thought that is open: told as a summary of one paragraph, whatever its vendor calls it.

use bytes::BytesMut;
use router_core::content::Riders;

use super::encoder::Encoder;
use super::end::End;
use super::frames::{At, Delta, OfPart, TextDone};
use super::json::{Paragraph, Thought};
use crate::responses::riders::item_id;

#[derive(Debug)]
pub(super) struct OpenThought {
    id: String,
    index: usize,
    text: String,
}

impl OpenThought {
    fn at(&self) -> At<'_> {
        At::item(&self.id, self.index).paragraph()
    }
}

impl Encoder {
    /// More of what the model thinks.
    pub(super) fn think(&mut self, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        let mut thought = self.open_thought(out);
        thought.text.push_str(text);
        let delta = Delta {
            at: thought.at(),
            delta: text,
            logprobs: None,
        };
        self.send("response.reasoning_summary_text.delta", delta, out);
        self.thought = Some(thought);
    }

    fn open_thought(&mut self, out: &mut BytesMut) -> OpenThought {
        if self.next.is_some() || self.thought.is_none() {
            self.close(&End::Completed, out);
        }
        if let Some(thought) = self.thought.take() {
            return thought;
        }
        let (id, index) = self.place("rs", out);
        let riders = &Riders::new();
        let item = Thought {
            id: &id,
            text: "",
            riders,
        };
        self.added(index, item, out);
        let thought = OpenThought {
            id,
            index,
            text: String::new(),
        };
        let of_part = OfPart {
            at: thought.at(),
            part: Paragraph::of(""),
        };
        self.send("response.reasoning_summary_part.added", of_part, out);
        thought
    }

    /// A thought ends, with what rides on it; one that is not shown is nothing but that.
    pub(super) fn end_thought(&mut self, riders: &Riders, shown: bool, out: &mut BytesMut) {
        if shown && self.thought.is_some() {
            self.close_thought(riders, out);
        } else if !riders.is_empty() {
            let id = &self.name("rs", item_id(riders.extra()));
            let text = "";
            self.whole(&Thought { id, text, riders }, out);
        }
    }

    pub(super) fn close_thought(&mut self, riders: &Riders, out: &mut BytesMut) {
        let Some(thought) = self.thought.take() else {
            return;
        };
        let at = thought.at();
        let done = TextDone {
            at,
            text: &thought.text,
            logprobs: None,
        };
        self.send("response.reasoning_summary_text.done", done, out);
        let part = Paragraph::of(&thought.text);
        self.send("response.reasoning_summary_part.done", OfPart { at, part }, out);
        let item = Thought {
            id: &thought.id,
            text: &thought.text,
            riders,
        };
        self.done(thought.index, item, out);
    }
}
