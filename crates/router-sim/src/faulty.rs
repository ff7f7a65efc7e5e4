//! A body that goes wrong after so many events.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use router_serve::{OtherBody, ResponseBody};

use crate::fault::FaultKind;

/// How a body is cut into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Events {
    /// Server-sent events: an empty line ends one.
    Sse,
    /// A line each.
    Lines,
    /// Binary frames of AWS, which begin with their length.
    Binary,
    /// No events: two halves.
    Halves,
}

impl Events {
    /// By the content type of a response.
    pub(crate) fn of(content_type: &str) -> Self {
        if content_type.starts_with("text/event-stream") {
            Self::Sse
        } else if content_type.starts_with("application/x-ndjson") {
            Self::Lines
        } else if content_type.starts_with("application/vnd.amazon.eventstream") {
            Self::Binary
        } else {
            Self::Halves
        }
    }
}

/// The body with its failure.
pub(crate) fn faulty(inner: ResponseBody, kind: FaultKind, events: Events) -> OtherBody {
    Box::pin(Faulty {
        inner: Some(inner),
        kind: Some(kind),
        events,
        buffer: BytesMut::new(),
        sent: 0,
        stalled: false,
        flushed: false,
    })
}

struct Faulty {
    inner: Option<ResponseBody>,
    /// The failure that is still to come.
    kind: Option<FaultKind>,
    events: Events,
    buffer: BytesMut,
    sent: u32,
    stalled: bool,
    /// Whether a break has waited once.
    flushed: bool,
}

impl Faulty {
    /// The next event of the buffer, when it is there as a whole.
    fn event(&mut self) -> Option<Bytes> {
        let ended = self.inner.is_none();
        let end = match self.events {
            Events::Sse => sse_end(&self.buffer),
            Events::Lines => self
                .buffer
                .iter()
                .position(|byte| *byte == b'\n')
                .map(|at| at + 1),
            Events::Binary => binary_end(&self.buffer),
            Events::Halves if ended && self.sent == 0 && self.buffer.len() > 1 => Some(self.buffer.len() / 2),
            Events::Halves => None,
        };
        let end = end.or_else(|| (ended && !self.buffer.is_empty()).then(|| self.buffer.len()))?;
        // Counts follow the marker at the end of binary frames.
        let marks_end = || self.buffer[..end].windows(11).any(|name| name == b"messageStop");
        if self.kind == Some(FaultKind::NoEnd) && self.events == Events::Binary && marks_end() {
            self.buffer.clear();
            return None;
        }
        // The marker at the end is known as such only when nothing comes after it.
        if self.kind == Some(FaultKind::NoEnd) && end == self.buffer.len() {
            if ended {
                self.buffer.clear();
            }
            return None;
        }
        Some(self.buffer.split_to(end).freeze())
    }

    /// The failure, when its time has come.
    fn due(&self) -> bool {
        match self.kind {
            Some(
                FaultKind::Cut(after)
                | FaultKind::Reset(after)
                | FaultKind::Stall(after)
                | FaultKind::Garbage(after),
            ) => self.sent >= after,
            _ => false,
        }
    }

    fn garbage(&self) -> Bytes {
        Bytes::from_static(match self.events {
            Events::Sse => b"data: {\"garbage\": \n\n",
            Events::Lines => b"{\"garbage\": \n",
            // A frame of sixteen bytes, whose checksums are none.
            Events::Binary => b"\0\0\0\x10\0\0\0\0garbage!",
            Events::Halves => b"\x00garbage",
        })
    }
}

/// Behind a frame that is whole.
fn binary_end(buffer: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(*buffer.first_chunk::<4>()?) as usize;
    (length > 0 && buffer.len() >= length).then_some(length)
}

/// Behind the empty line that ends an event; Google's wire has carriage returns in it.
fn sse_end(buffer: &[u8]) -> Option<usize> {
    let behind = |end: &[u8]| {
        let at = buffer.windows(end.len()).position(|window| window == end);
        at.map(|at| at + end.len())
    };
    match (behind(b"\n\n"), behind(b"\r\n\r\n")) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl Body for Faulty {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if self.stalled {
                return Poll::Pending;
            }
            if self.due() {
                // A server sends what it holds when a body has nothing for it: what came before a break is to arrive.
                if matches!(self.kind, Some(FaultKind::Reset(_)))
                    && !std::mem::replace(&mut self.flushed, true)
                {
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                match self.kind.take() {
                    Some(FaultKind::Reset(_)) => {
                        let broken = io::Error::new(io::ErrorKind::ConnectionReset, "simulated reset");
                        return Poll::Ready(Some(Err(broken)));
                    }
                    Some(FaultKind::Stall(_)) => {
                        self.stalled = true;
                        return Poll::Pending;
                    }
                    Some(FaultKind::Garbage(_)) => return Poll::Ready(Some(Ok(Frame::data(self.garbage())))),
                    _ => {
                        self.inner = None;
                        self.buffer.clear();
                        return Poll::Ready(None);
                    }
                }
            }
            if let Some(event) = self.event() {
                self.sent += 1;
                return Poll::Ready(Some(Ok(Frame::data(event))));
            }
            let Some(inner) = &mut self.inner else {
                return Poll::Ready(None);
            };
            match Pin::new(inner).poll_frame(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => self.inner = None,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sse_end;

    #[test]
    fn events_end_with_an_empty_line_of_either_kind() {
        assert_eq!(sse_end(b"data: 1\n\ndata: 2\n\n"), Some(9));
        assert_eq!(sse_end(b"data: 1\r\n\r\ndata: 2\n\n"), Some(11));
        assert_eq!(sse_end(b"data: 1\r\n"), None);
    }
}
