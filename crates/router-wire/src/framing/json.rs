//! Cuts JSON documents: values one after another, or the elements of one list, each as soon as it is whole.

use bytes::{Bytes, BytesMut};

use super::{Frame, FramingError, text};

/// Finds the end of a value, however it is cut into pieces.
#[derive(Debug, Default)]
pub(super) struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Whether the value has begun and not ended.
    pub(super) fn is_inside(&self) -> bool {
        self.depth > 0
    }

    /// Where in the next bytes the value ends; `None` when it goes on.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[derive(Debug)]
pub(super) struct Reader {
    limit: usize,
    buffer: BytesMut,
    /// How far the value at the front of the buffer was looked at.
    at: usize,
    scan: Scan,
    /// Whether the values are elements of a list, and whether it was closed.
    list: Option<bool>,
    started: bool,
}

impl Reader {
    pub(super) fn new(limit: usize, piece: Bytes) -> Self {
        Self {
            limit,
            buffer: BytesMut::from(&piece[..]),
            at: 0,
            scan: Scan::default(),
            list: None,
            started: false,
        }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.buffer.extend_from_slice(&piece);
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        loop {
            if !self.scan.is_inside() {
                self.skip_between();
                match self.buffer.first() {
                    None => return Ok(None),
                    Some(b'[') if !self.started => {
                        self.started = true;
                        self.list = Some(false);
                        let _ = self.buffer.split_to(1);
                        continue;
                    }
                    Some(b']') if self.list == Some(false) => {
                        self.list = Some(true);
                        let _ = self.buffer.split_to(1);
                        continue;
                    }
                    Some(b'{' | b'[') if self.list != Some(true) => self.started = true,
                    Some(_) => return Err(FramingError::Malformed),
                }
            }
            return match self.scan()? {
                Some(end) if end > self.limit => Err(FramingError::TooLong { limit: self.limit }),
                Some(end) => {
                    let value = self.buffer.split_to(end).freeze();
                    self.at = 0;
                    Ok(Some(Frame::new(text(value)?)))
                }
                None => Ok(None),
            };
        }
    }

    pub(super) fn finish(&mut self) -> Result<Option<Frame>, FramingError> {
        if self.scan.is_inside() || self.list == Some(false) {
            self.scan = Scan::default();
            self.list = None;
            self.buffer.clear();
            return Err(FramingError::Truncated);
        }
        Ok(None)
    }

    /// Skips what may stand between values.
    fn skip_between(&mut self) {
        let between =
            |byte: &u8| byte.is_ascii_whitespace() || *byte == b',' || matches!(byte, 0xEF | 0xBB | 0xBF);
        let skipped = self.buffer.iter().take_while(|byte| between(byte)).count();
        let _ = self.buffer.split_to(skipped);
    }

    /// Where the value at the front ends, when it is whole.
    fn scan(&mut self) -> Result<Option<usize>, FramingError> {
        let end = self.scan.end_in(&self.buffer[self.at..]);
        if let Some(end) = end {
            return Ok(Some(self.at + end));
        }
        self.at = self.buffer.len();
        if self.at > self.limit {
            return Err(FramingError::TooLong { limit: self.limit });
        }
        Ok(None)
    }
}
