//! A call that shares nothing: its answer is kept as it passes.

use std::sync::Arc;

use router_core::context::Trail;
use router_core::{Body, Head, Recording, Reply, StreamEvent};

use crate::shared::Place;

/// Keeps an answer: a whole one now, a stream when it has come to its end.
pub(crate) fn keep(mut reply: Reply, place: Place, trail: Trail) -> Reply {
    if place.ttl.is_none() {
        return reply;
    }
    match &mut reply.body {
        Body::Full(output) => place.keep_output(&reply.head, output, &trail),
        Body::Stream(stream) => {
            let mut recorder = Some(Recorder {
                recording: Recording::new(),
                head: reply.head.clone(),
                place,
                trail,
            });
            stream.on_event(move |event| {
                if let Some(mut kept) = recorder.take()
                    && kept.take(event)
                {
                    recorder = Some(kept);
                }
            });
        }
    }
    reply
}

struct Recorder {
    recording: Recording,
    head: Head,
    place: Place,
    trail: Trail,
}

impl Recorder {
    /// Takes an event; `false` when there is nothing more to do.
    fn take(&mut self, event: &StreamEvent) -> bool {
        self.recording.push(event);
        if self.recording.bytes() > self.place.most_bytes() {
            return false;
        }
        let StreamEvent::Finish(finish) = event else {
            return true;
        };
        let events = Arc::new(std::mem::take(&mut self.recording));
        self.place
            .keep_events(&self.head, events, finish.is_negative(), &self.trail);
        false
    }
}
