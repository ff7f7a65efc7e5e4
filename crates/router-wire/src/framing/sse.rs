//! Cuts server-sent events, as the WHATWG HTML standard describes them, and what vendors put between them.

use bytes::{Buf as _, Bytes, BytesMut};
use router_core::Text;

use super::{Frame, FramingError, Lines, json, text};

#[derive(Debug)]
pub(super) struct Reader {
    lines: Lines,
    limit: usize,
    event: Option<Text>,
    data: Data,
    /// A JSON document between events, without `data:` in front: an error that came after the stream had begun.
    bare: Option<(json::Scan, BytesMut)>,
    /// Whether any field of an event was seen; without one the body is something else.
    seen_field: bool,
    /// The beginning of a body without fields, to say what it is.
    head: String,
}

/// Data lines of the event so far: one is shared, more are joined.
#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    One(Bytes),
    Joined(BytesMut),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(line) => line.len(),
            Self::Joined(lines) => lines.len(),
        }
    }

    fn add(&mut self, line: Bytes) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(line),
            Self::One(first) => {
                let mut lines = BytesMut::with_capacity(first.len() + 1 + line.len());
                lines.extend_from_slice(&first);
                lines.extend_from_slice(b"\n");
                lines.extend_from_slice(&line);
                Self::Joined(lines)
            }
            Self::Joined(mut lines) => {
                lines.extend_from_slice(b"\n");
                lines.extend_from_slice(&line);
                Self::Joined(lines)
            }
        };
    }
}

impl Reader {
    pub(super) fn new(limit: usize, piece: Bytes) -> Self {
        let mut lines = Lines::default();
        lines.push(piece);
        Self {
            lines,
            limit,
            event: None,
            data: Data::None,
            bare: None,
            seen_field: false,
            head: String::new(),
        }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.lines.push(piece);
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        while let Some(line) = self.lines.next(self.limit)? {
            if let Some(frame) = self.line(line)? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// The last event needs no blank line behind it: vendors leave it out.
    pub(super) fn finish(&mut self) -> Result<Option<Frame>, FramingError> {
        let rest = self.lines.rest();
        if !self.seen_field && self.head.is_empty() && cut_field(&rest) {
            self.seen_field = true;
            return Err(FramingError::Truncated);
        }
        if !rest.is_empty()
            && let Some(frame) = self.line(rest)?
        {
            return Ok(Some(frame));
        }
        if self.bare.take().is_some() {
            return Err(FramingError::Truncated);
        }
        if let Some(frame) = self.dispatch()? {
            return Ok(Some(frame));
        }
        if !self.seen_field && !self.head.trim().is_empty() {
            self.seen_field = true;
            return Err(FramingError::NotAStream {
                head: std::mem::take(&mut self.head),
            });
        }
        Ok(None)
    }

    fn line(&mut self, line: Bytes) -> Result<Option<Frame>, FramingError> {
        if self.bare.is_some() {
            return self.bare_line(&line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        // No field's name begins so.
        match line[0] {
            b'{' | b'[' if self.seen_field && self.data.len() == 0 => {
                self.event = None;
                self.bare = Some(Default::default());
                return self.bare_line(&line);
            }
            b'<' if self.seen_field && self.data.len() == 0 => {
                let head = String::from_utf8_lossy(&line).chars().take(300).collect();
                return Err(FramingError::NotAStream { head });
            }
            _ => {}
        }
        // Without a colon, the whole line is the name.
        let name = memchr::memchr(b':', &line).unwrap_or(line.len());
        match &line[..name] {
            b"data" => {
                self.seen_field = true;
                let value = behind(name, line);
                if self.data.len() + value.len() > self.limit {
                    return Err(FramingError::TooLong { limit: self.limit });
                }
                self.data.add(value);
            }
            b"event" => {
                self.seen_field = true;
                self.event = Some(text(behind(name, line))?).filter(|name| !name.is_empty());
            }
            // Nothing in front of the colon: a comment; also the only bytes for the first seconds at some vendors.
            b"" | b"id" | b"retry" => self.seen_field = true,
            _ if !self.seen_field && self.head.chars().count() < 300 => {
                let more = String::from_utf8_lossy(&line[..name]);
                self.head.extend(more.trim_start().chars().take(300));
                let value = behind(name, line);
                if !value.is_empty() {
                    self.head.push(':');
                    self.head
                        .extend(String::from_utf8_lossy(&value).chars().take(300));
                }
                self.head.push(' ');
            }
            _ => {}
        }
        Ok(None)
    }

    /// A line of a document that stands between events.
    fn bare_line(&mut self, line: &[u8]) -> Result<Option<Frame>, FramingError> {
        let Some((scan, document)) = &mut self.bare else {
            return Ok(None);
        };
        if document.len() + line.len() > self.limit {
            return Err(FramingError::TooLong { limit: self.limit });
        }
        let end = scan.end_in(line);
        document.extend_from_slice(&line[..end.unwrap_or(line.len())]);
        if end.is_none() {
            document.extend_from_slice(b"\n");
            return Ok(None);
        }
        let (_, document) = self.bare.take().unwrap_or_default();
        Ok(Some(Frame::new(text(document.freeze())?)))
    }

    fn dispatch(&mut self) -> Result<Option<Frame>, FramingError> {
        let event = self.event.take();
        let data = match std::mem::take(&mut self.data) {
            Data::None => return Ok(None),
            Data::One(line) => text(line)?,
            Data::Joined(lines) => text(lines.freeze())?,
        };
        Ok(Some(Frame {
            event,
            ..Frame::new(data)
        }))
    }
}

/// The value of a line whose name ends at `name`: what follows the colon and one space.
fn behind(name: usize, mut line: Bytes) -> Bytes {
    line.advance(line.len().min(name + 1));
    if line.first() == Some(&b' ') {
        line.advance(1);
    }
    line
}

/// Whether a line without an end is the beginning of a field's name: such a body was cut and is not another page.
fn cut_field(rest: &[u8]) -> bool {
    !rest.is_empty()
        && [&b"data"[..], b"event", b"id", b"retry"]
            .iter()
            .any(|name| name.starts_with(rest))
}
