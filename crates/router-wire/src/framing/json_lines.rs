//! Cuts newline-delimited JSON.

use bytes::Bytes;

use super::{Frame, FramingError, Lines, text};

#[derive(Debug)]
pub(super) struct Reader {
    lines: Lines,
    limit: usize,
    /// A line that is no JSON object or list was the first: HTML, for example.
    first: bool,
}

impl Reader {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            lines: Lines::default(),
            limit,
            first: true,
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

    /// The last line needs no line feed behind it.
    pub(super) fn finish(&mut self) -> Result<Option<Frame>, FramingError> {
        let rest = self.lines.rest();
        self.line(rest)
    }

    fn line(&mut self, mut line: Bytes) -> Result<Option<Frame>, FramingError> {
        if self.first && line.starts_with(b"\xEF\xBB\xBF") {
            line = line.slice(3..);
        }
        let start = line
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .unwrap_or(line.len());
        let line = line.slice(start..);
        let Some(first) = line.first() else {
            return Ok(None);
        };
        if self.first && *first == b'<' {
            return Err(FramingError::NotAStream {
                head: String::from_utf8_lossy(&line).chars().take(300).collect(),
            });
        }
        self.first = false;
        Ok(Some(Frame::new(text(line)?)))
    }
}
