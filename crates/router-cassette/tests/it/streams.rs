//! The recorded streams, and how one is read that comes in pieces.

use bytes::Bytes;
use router_cassette::{Cassette, Service, service};
use router_core::{ErrorKind, OperationKind, StreamEvent};
use router_wire::StreamReader;
use router_wire::framing::FrameLimits;

use crate::folder;

/// What is read of a stream: its events and how it ended.
pub(crate) type Read = (Vec<StreamEvent>, Option<ErrorKind>);

/// A recorded answer that is read as a stream.
pub(crate) struct Recording {
    pub(crate) cassette: Cassette,
    pub(crate) body: Bytes,
    service: Service,
}

/// All recorded streams that some codec reads; says so when there is no folder.
pub(crate) fn recordings() -> Option<Vec<Recording>> {
    let streams = folder::recordings()?.into_iter().filter_map(|cassette| {
        let service = service(&cassette).ok()?;
        let response = cassette.http_response().ok()?;
        (service.call.is_stream() && response.status < 400).then_some(Recording {
            cassette,
            body: response.body,
            service,
        })
    });
    Some(streams.collect())
}

impl Recording {
    /// Reads the first `end` bytes, cut at `cuts`.
    pub(crate) fn read(&self, cuts: impl IntoIterator<Item = usize>, end: usize) -> Read {
        let Service { codec, call, .. } = &self.service;
        let reader = StreamReader::new(codec.stream_decoder(call), FrameLimits::default());
        let mut from = 0;
        let pieces = cuts.into_iter().chain([end]).map(|to| {
            let piece = self.body.slice(from..to);
            from = to;
            piece
        });
        let (events, error) = reader.read_all(pieces);
        (events, error.map(|error| error.kind()))
    }

    /// Whether it answers a chat.
    pub(crate) fn is_chat(&self) -> bool {
        self.service.call.operation.kind() == OperationKind::Chat
    }

    /// Reads all of it in one piece.
    pub(crate) fn whole(&self) -> Read {
        self.read([], self.body.len())
    }

    /// Where its lines begin.
    pub(crate) fn lines(&self) -> Vec<usize> {
        let after = self.body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = after.map(|(at, _)| at + 1).filter(|at| *at < self.body.len());
        [0].into_iter().chain(starts).collect()
    }

    /// Where its events end, but for the last: behind blank lines, or behind lines where there are none.
    pub(crate) fn events(&self) -> Vec<usize> {
        let lines = self.lines();
        let blank = |from: usize, to: usize| self.body[from..to].iter().all(u8::is_ascii_whitespace);
        let behind_blank = lines.windows(2).filter(|line| blank(line[0], line[1]));
        let ends: Vec<usize> = behind_blank.map(|line| line[1]).collect();
        if ends.is_empty() {
            lines[1..].to_vec()
        } else {
            ends
        }
    }
}
