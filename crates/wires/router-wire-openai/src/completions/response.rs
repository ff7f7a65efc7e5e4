//! Text completions in replies: chunks of a chat, with the text of a choice in another place.

use router_core::{ChatResponse, Extra, Result, StreamEvent, Text};
use router_wire::body::read_whole;
use router_wire::completion::{WIRE, mark};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, HttpResponse, StreamDecoder};

use crate::chat;
use crate::chat::stream::ChatStreamDecoder;

/// The answer in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, and the vendor's error where it holds one.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    let inner = ChatStreamDecoder::new(speaker.clone()).whole();
    read_whole(CompletionStreamDecoder { inner }, response)
}

/// Reads chunks of text completions.
#[derive(Debug)]
pub struct CompletionStreamDecoder {
    inner: ChatStreamDecoder,
}

impl CompletionStreamDecoder {
    /// A decoder for answers of this speaker.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            inner: ChatStreamDecoder::new(speaker),
        }
    }
}

impl StreamDecoder for CompletionStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let before = events.len();
        self.inner.decode(frame, events)?;
        marked(events, before);
        Ok(())
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        let before = events.len();
        self.inner.finish(events)?;
        marked(events, before);
        Ok(())
    }
}

/// Marks the beginning and the end of an answer, and gives its unnamed fields the name of this wire.
fn marked(events: &mut Events, from: usize) {
    for event in events.iter_mut().skip(from) {
        match event {
            StreamEvent::Start(start) => mark(&mut start.extra),
            StreamEvent::Finish(finish) => {
                let fields = finish.extra.for_wire(chat::WIRE).to_vec();
                finish.extra = Extra::of(Text::from_static(WIRE), fields);
                mark(&mut finish.extra);
            }
            _ => {}
        }
    }
}
