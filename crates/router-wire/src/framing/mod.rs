//! Cuts a streamed body into frames: server-sent events, JSON lines, JSON documents, AWS event streams, bytes as they come.

#[cfg(feature = "event-stream")]
pub mod event_stream;
mod json;
mod json_lines;
mod sse;

use std::fmt;

use bytes::{Buf as _, Bytes, BytesMut};
use router_core::Text;

/// One framed message: an event, a line, an element of a JSON list, a document, or bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The name of the event, where the framing has names and the sender gave one.
    pub event: Option<Text>,
    /// The payload; several `data:` lines are joined by line feeds.
    pub data: Text,
    /// The payload where it is no text, with [`Framing::Bytes`].
    pub bytes: Bytes,
    /// The name of a failure that the sender tells in place of an event, where the framing tells them apart; it may be empty.
    pub failure: Option<Text>,
}

impl Frame {
    /// A frame without a name.
    #[must_use]
    pub fn new(data: impl Into<Text>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// A frame that is no text.
    #[must_use]
    pub fn of_bytes(bytes: Bytes) -> Self {
        Self {
            bytes,
            ..Self::default()
        }
    }
}

/// How a body is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Framing {
    /// Server-sent events. A body that begins with `{` or `[` is read as JSON documents instead, since vendors answer a
    /// stream request with a plain JSON error, a plain answer, or (Gemini) one list sent in pieces. A document between two
    /// events is a frame too: so do errors come that happen after a stream has begun.
    Sse,
    /// One JSON value a line.
    JsonLines,
    /// Bytes that have no frames, such as a sound file: each piece is given as it comes.
    Bytes,
    /// `application/vnd.amazon.eventstream`. A body that begins with `{` is read as JSON documents instead.
    #[cfg(feature = "event-stream")]
    EventStream,
}

/// Bounds on frames.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FrameLimits {
    /// Most bytes of one frame, 8 MiB unless set.
    pub max_frame_bytes: usize,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self {
            max_frame_bytes: 8 * 1024 * 1024,
        }
    }
}

impl FrameLimits {
    /// Bounds with this many bytes a frame.
    #[must_use]
    pub fn new(max_frame_bytes: usize) -> Self {
        Self { max_frame_bytes }
    }
}

/// Why a body cannot be cut into frames.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FramingError {
    /// A frame is longer than allowed.
    TooLong {
        /// The bound, in bytes.
        limit: usize,
    },
    /// A frame is not UTF-8.
    InvalidUtf8,
    /// The body ended inside a frame.
    Truncated,
    /// The body has nothing of the framing in it: HTML, an empty page, plain text.
    NotAStream {
        /// Its beginning, at most 300 characters.
        head: String,
    },
    /// A JSON document with something else behind it.
    Malformed,
    /// A checksum of a binary frame does not fit: bytes were changed on the way.
    Checksum {
        /// Of what: `prelude` or `message`.
        of: &'static str,
    },
    /// A binary frame contradicts itself.
    BadFrame {
        /// How.
        why: &'static str,
    },
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "a frame of the stream is longer than {limit} bytes"),
            Self::InvalidUtf8 => f.write_str("a frame of the stream is not UTF-8"),
            Self::Truncated => f.write_str("the stream ended inside a frame"),
            Self::NotAStream { head } if head.starts_with('<') => {
                f.write_str("the vendor answered HTML instead of a stream; is the base URL right?")
            }
            Self::NotAStream { head } => write!(f, "the vendor answered no stream, but: {head}"),
            Self::Malformed => f.write_str("the body is neither a stream nor JSON"),
            Self::Checksum { of } => write!(f, "the {of} checksum of a frame is wrong"),
            Self::BadFrame { why } => write!(f, "a frame of the stream cannot be read: {why}"),
        }
    }
}

impl std::error::Error for FramingError {}

/// Cuts a body, pushed in pieces of any size, into frames.
///
/// A frame that lies within one piece is a slice of it; only one that is spread over pieces is copied together.
#[derive(Debug)]
pub struct FrameReader {
    inner: Inner,
    limit: usize,
}

#[derive(Debug)]
enum Inner {
    /// Nothing but white space so far: events or documents?
    Undecided,
    /// Nothing so far: binary frames or documents?
    #[cfg(feature = "event-stream")]
    UndecidedBinary,
    #[cfg(feature = "event-stream")]
    EventStream(event_stream::Reader),
    Sse(sse::Reader),
    JsonLines(json_lines::Reader),
    Json(json::Reader),
    Bytes(Bytes),
}

impl FrameReader {
    /// A reader for a body that is framed so.
    #[must_use]
    pub fn new(framing: Framing, limits: FrameLimits) -> Self {
        let limit = limits.max_frame_bytes;
        let inner = match framing {
            Framing::Sse => Inner::Undecided,
            Framing::JsonLines => Inner::JsonLines(json_lines::Reader::new(limit)),
            Framing::Bytes => Inner::Bytes(Bytes::new()),
            #[cfg(feature = "event-stream")]
            Framing::EventStream => Inner::UndecidedBinary,
        };
        Self { inner, limit }
    }

    /// Adds the next piece of the body.
    pub fn push(&mut self, piece: Bytes) {
        match &mut self.inner {
            Inner::Undecided => {
                // Blank lines come as keep-alive while the model works; they are dropped, however many.
                let first = piece
                    .iter()
                    .position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF));
                if let Some(first) = first {
                    let piece = piece.slice(first..);
                    self.inner = match piece[0] {
                        b'{' | b'[' => Inner::Json(json::Reader::new(self.limit, piece)),
                        _ => Inner::Sse(sse::Reader::new(self.limit, piece)),
                    };
                }
            }
            #[cfg(feature = "event-stream")]
            Inner::UndecidedBinary => {
                self.inner = match piece.first() {
                    None => return,
                    // No frame is so long that its length begins with these.
                    Some(b'{') => Inner::Json(json::Reader::new(self.limit, piece)),
                    Some(_) => Inner::EventStream(event_stream::Reader::new(self.limit, piece)),
                };
            }
            #[cfg(feature = "event-stream")]
            Inner::EventStream(reader) => reader.push(piece),
            Inner::Sse(reader) => reader.push(piece),
            Inner::JsonLines(reader) => reader.push(piece),
            Inner::Json(reader) => reader.push(piece),
            Inner::Bytes(bytes) => *bytes = join(std::mem::take(bytes), piece),
        }
    }

    /// The next frame of the pieces so far; `None` when more are needed.
    ///
    /// # Errors
    /// Any [`FramingError`] but `Truncated` and `NotAStream`; the reader gives nothing after one.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end where this waits for more"
    )]
    pub fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        match &mut self.inner {
            Inner::Undecided => Ok(None),
            #[cfg(feature = "event-stream")]
            Inner::UndecidedBinary => Ok(None),
            #[cfg(feature = "event-stream")]
            Inner::EventStream(reader) => reader.next(),
            Inner::Sse(reader) => reader.next(),
            Inner::JsonLines(reader) => reader.next(),
            Inner::Json(reader) => reader.next(),
            Inner::Bytes(bytes) if bytes.is_empty() => Ok(None),
            Inner::Bytes(bytes) => Ok(Some(Frame::of_bytes(std::mem::take(bytes)))),
        }
    }

    /// The next frame after the last piece; `None` when there are no more.
    ///
    /// # Errors
    /// Any [`FramingError`].
    pub fn finish(&mut self) -> Result<Option<Frame>, FramingError> {
        if let Some(frame) = self.next()? {
            return Ok(Some(frame));
        }
        match &mut self.inner {
            Inner::Undecided | Inner::Bytes(_) => Ok(None),
            #[cfg(feature = "event-stream")]
            Inner::UndecidedBinary => Ok(None),
            #[cfg(feature = "event-stream")]
            Inner::EventStream(reader) => reader.finish(),
            Inner::Sse(reader) => reader.finish(),
            Inner::JsonLines(reader) => reader.finish(),
            Inner::Json(reader) => reader.finish(),
        }
    }
}

/// Two pieces as one; copies only when neither is empty.
fn join(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        return second;
    }
    if second.is_empty() {
        return first;
    }
    let mut both = BytesMut::with_capacity(first.len() + second.len());
    both.extend_from_slice(&first);
    both.extend_from_slice(&second);
    both.freeze()
}

/// Bytes of a frame as text.
fn text(bytes: Bytes) -> Result<Text, FramingError> {
    Text::from_utf8(bytes).map_err(|_| FramingError::InvalidUtf8)
}

/// Pieces of a body of which lines are taken. Only a line that is spread over pieces is copied.
#[derive(Debug, Default)]
struct Lines {
    /// The beginning of a line whose end has not come.
    partial: BytesMut,
    piece: Bytes,
    /// A carriage return ended the last line: a line feed right behind it belongs to that end.
    skip_line_feed: bool,
}

impl Lines {
    fn push(&mut self, piece: Bytes) {
        // Frames are taken until none is left before more is pushed; what is left over is kept in order all the same.
        self.piece = join(std::mem::take(&mut self.piece), piece);
    }

    /// The next whole line without its end; `None` when it has not ended yet.
    fn next(&mut self, limit: usize) -> Result<Option<Bytes>, FramingError> {
        if self.skip_line_feed && !self.piece.is_empty() {
            self.skip_line_feed = false;
            if self.piece[0] == b'\n' {
                let _ = self.piece.split_to(1);
            }
        }
        let Some(end) = memchr::memchr2(b'\n', b'\r', &self.piece) else {
            if self.partial.len() + self.piece.len() > limit {
                return Err(FramingError::TooLong { limit });
            }
            self.partial.extend_from_slice(&self.piece);
            self.piece = Bytes::new();
            return Ok(None);
        };
        if self.partial.len() + end > limit {
            return Err(FramingError::TooLong { limit });
        }
        self.skip_line_feed = self.piece[end] == b'\r';
        let line = self.piece.split_to(end);
        self.piece.advance(1);
        if self.partial.is_empty() {
            return Ok(Some(line));
        }
        self.partial.extend_from_slice(&line);
        Ok(Some(self.partial.split().freeze()))
    }

    /// What is left without an end.
    fn rest(&mut self) -> Bytes {
        join(self.partial.split().freeze(), std::mem::take(&mut self.piece))
    }
}
