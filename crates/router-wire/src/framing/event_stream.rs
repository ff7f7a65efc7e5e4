//! Cuts and writes `application/vnd.amazon.eventstream`: binary frames with typed headers and two checksums.
//!
//! A frame is its length, the length of its headers, a checksum of both, the headers, the payload, and a checksum of all that is
//! in front of it; numbers are big-endian, checksums CRC-32. See
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>, read 2026-11.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use router_core::Text;

use super::{Frame, FramingError, text};

/// The two lengths and their checksum.
const PRELUDE: usize = 12;

/// What a frame has beside headers and payload.
const OVERHEAD: usize = PRELUDE + 4;

/// Most bytes of headers, as the vendor's own clients take.
const MAX_HEADERS: usize = 128 * 1024;

const MESSAGE_TYPE: &str = ":message-type";
const EVENT_TYPE: &str = ":event-type";
const EXCEPTION_TYPE: &str = ":exception-type";
const ERROR_CODE: &str = ":error-code";
const ERROR_MESSAGE: &str = ":error-message";
const CONTENT_TYPE: &str = ":content-type";

/// One message of a stream: headers and payload.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The headers, in order.
    pub headers: Vec<(Text, Value)>,
    /// The payload.
    pub payload: Bytes,
}

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A number of 8 bits.
    Byte(i8),
    /// A number of 16 bits.
    Short(i16),
    /// A number of 32 bits.
    Int(i32),
    /// A number of 64 bits.
    Long(i64),
    /// Bytes, at most 65535.
    Bytes(Bytes),
    /// A text of at most 65535 bytes.
    Text(Text),
    /// A time, in milliseconds since 1970.
    Timestamp(i64),
    /// A UUID.
    Uuid([u8; 16]),
}

impl Message {
    /// A message with this payload and no headers.
    #[must_use]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self {
            headers: Vec::new(),
            payload: payload.into(),
        }
    }

    /// An event whose payload is JSON.
    #[must_use]
    pub fn event(name: impl Into<Text>, payload: impl Into<Bytes>) -> Self {
        Self::of_json("event", EVENT_TYPE, name.into(), payload.into())
    }

    /// An exception, whose payload is JSON; nothing comes after it.
    #[must_use]
    pub fn exception(name: impl Into<Text>, payload: impl Into<Bytes>) -> Self {
        Self::of_json("exception", EXCEPTION_TYPE, name.into(), payload.into())
    }

    fn of_json(kind: &'static str, header: &'static str, name: Text, payload: Bytes) -> Self {
        Self::new(payload)
            .with_header(Text::from_static(header), Value::Text(name))
            .with_header(
                Text::from_static(CONTENT_TYPE),
                Value::Text(Text::from_static("application/json")),
            )
            .with_header(
                Text::from_static(MESSAGE_TYPE),
                Value::Text(Text::from_static(kind)),
            )
    }

    /// The message with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Text>, value: Value) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Value> {
        let found = self.headers.iter().find(|(known, _)| *known == *name);
        found.map(|(_, value)| value)
    }

    /// The message in one whole frame.
    ///
    /// # Errors
    /// `Truncated` for less than a frame, `Malformed` for more, and what is wrong with the frame.
    pub fn read(frame: Bytes) -> Result<Self, FramingError> {
        let Some(lengths) = Lengths::of(&frame, usize::MAX)? else {
            return Err(FramingError::Truncated);
        };
        match frame.len() {
            have if have < lengths.total => return Err(FramingError::Truncated),
            have if have > lengths.total => return Err(FramingError::Malformed),
            _ => {}
        }
        let (mut rest, payload) = lengths.open(&frame)?;
        let mut headers = Vec::new();
        while let Some(header) = next_header(&mut rest)? {
            headers.push(header);
        }
        Ok(Self { headers, payload })
    }

    /// Appends the message as a frame.
    ///
    /// # Errors
    /// `TooLong` for names over 255 bytes, values over 65535, headers over 128 KiB, or a frame over 4 GiB; nothing is appended
    /// then.
    pub fn write(&self, out: &mut BytesMut) -> Result<(), FramingError> {
        let start = out.len();
        self.append(out).inspect_err(|_| out.truncate(start))
    }

    fn append(&self, out: &mut BytesMut) -> Result<(), FramingError> {
        let start = out.len();
        out.put_bytes(0, PRELUDE);
        for (name, value) in &self.headers {
            write_header(name, value, out)?;
        }
        let headers = out.len() - start - PRELUDE;
        if headers > MAX_HEADERS {
            return Err(FramingError::TooLong { limit: MAX_HEADERS });
        }
        let limit = u32::MAX as usize;
        let total = OVERHEAD + headers + self.payload.len();
        let (Ok(total), Ok(headers)) = (u32::try_from(total), u32::try_from(headers)) else {
            return Err(FramingError::TooLong { limit });
        };
        out.extend_from_slice(&self.payload);
        let frame = &mut out[start..];
        frame[..4].copy_from_slice(&total.to_be_bytes());
        frame[4..8].copy_from_slice(&headers.to_be_bytes());
        let sum = crc32fast::hash(&frame[..8]);
        frame[8..PRELUDE].copy_from_slice(&sum.to_be_bytes());
        let sum = crc32fast::hash(frame);
        out.put_u32(sum);
        Ok(())
    }
}

/// What the front of a frame says of it.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    total: usize,
    headers: usize,
}

impl Lengths {
    /// The lengths of the frame at the front of `bytes`, when that much is there. Nothing is believed before the checksum.
    fn of(bytes: &[u8], limit: usize) -> Result<Option<Self>, FramingError> {
        let Some(mut prelude) = bytes.get(..PRELUDE) else {
            return Ok(None);
        };
        // Text: as a length it would be half a gigabyte at least.
        if prelude[0] >= b' ' {
            let head = String::from_utf8_lossy(bytes).chars().take(300).collect();
            return Err(FramingError::NotAStream { head });
        }
        let sum = crc32fast::hash(&prelude[..8]);
        let total = prelude.get_u32() as usize;
        let headers = prelude.get_u32() as usize;
        if prelude.get_u32() != sum {
            return Err(FramingError::Checksum { of: "prelude" });
        }
        if headers > MAX_HEADERS {
            return Err(FramingError::TooLong { limit: MAX_HEADERS });
        }
        if total < OVERHEAD + headers {
            return Err(FramingError::BadFrame {
                why: "its headers are longer than itself",
            });
        }
        if total > limit {
            return Err(FramingError::TooLong { limit });
        }
        Ok(Some(Self { total, headers }))
    }

    /// Headers and payload of a whole frame.
    fn open(self, frame: &Bytes) -> Result<(Bytes, Bytes), FramingError> {
        let end = self.total - 4;
        let mut sum = &frame[end..];
        if crc32fast::hash(&frame[..end]) != sum.get_u32() {
            return Err(FramingError::Checksum { of: "message" });
        }
        let payload = PRELUDE + self.headers;
        Ok((frame.slice(PRELUDE..payload), frame.slice(payload..end)))
    }
}

/// Takes the next header off the front.
fn next_header(rest: &mut Bytes) -> Result<Option<(Text, Value)>, FramingError> {
    const CUT: FramingError = FramingError::BadFrame {
        why: "a header is cut short",
    };
    fn take(rest: &mut Bytes, count: usize) -> Result<Bytes, FramingError> {
        if rest.len() < count {
            return Err(CUT);
        }
        Ok(rest.split_to(count))
    }
    if rest.is_empty() {
        return Ok(None);
    }
    let length = usize::from(rest.get_u8());
    let name = text(take(rest, length)?)?;
    let value = match take(rest, 1)?.get_u8() {
        0 => Value::Bool(true),
        1 => Value::Bool(false),
        2 => Value::Byte(take(rest, 1)?.get_i8()),
        3 => Value::Short(take(rest, 2)?.get_i16()),
        4 => Value::Int(take(rest, 4)?.get_i32()),
        5 => Value::Long(take(rest, 8)?.get_i64()),
        kind @ (6 | 7) => {
            let length = usize::from(take(rest, 2)?.get_u16());
            let bytes = take(rest, length)?;
            if kind == 6 {
                Value::Bytes(bytes)
            } else {
                Value::Text(text(bytes)?)
            }
        }
        8 => Value::Timestamp(take(rest, 8)?.get_i64()),
        9 => {
            let mut uuid = [0; 16];
            take(rest, 16)?.copy_to_slice(&mut uuid);
            Value::Uuid(uuid)
        }
        _ => {
            return Err(FramingError::BadFrame {
                why: "a header has a type that there is not",
            });
        }
    };
    Ok(Some((name, value)))
}

fn write_header(name: &str, value: &Value, out: &mut BytesMut) -> Result<(), FramingError> {
    const MAX_NAME: usize = u8::MAX as usize;
    let length = u8::try_from(name.len()).map_err(|_| FramingError::TooLong { limit: MAX_NAME })?;
    out.put_u8(length);
    out.extend_from_slice(name.as_bytes());
    match value {
        Value::Bool(yes) => out.put_u8(u8::from(!yes)),
        Value::Byte(number) => {
            out.put_u8(2);
            out.put_i8(*number);
        }
        Value::Short(number) => {
            out.put_u8(3);
            out.put_i16(*number);
        }
        Value::Int(number) => {
            out.put_u8(4);
            out.put_i32(*number);
        }
        Value::Long(number) => {
            out.put_u8(5);
            out.put_i64(*number);
        }
        Value::Bytes(bytes) => write_bytes(6, bytes, out)?,
        Value::Text(text) => write_bytes(7, text.as_bytes(), out)?,
        Value::Timestamp(time) => {
            out.put_u8(8);
            out.put_i64(*time);
        }
        Value::Uuid(uuid) => {
            out.put_u8(9);
            out.extend_from_slice(uuid);
        }
    }
    Ok(())
}

fn write_bytes(kind: u8, bytes: &[u8], out: &mut BytesMut) -> Result<(), FramingError> {
    const MAX_VALUE: usize = u16::MAX as usize;
    let length = u16::try_from(bytes.len()).map_err(|_| FramingError::TooLong { limit: MAX_VALUE })?;
    out.put_u8(kind);
    out.put_u16(length);
    out.extend_from_slice(bytes);
    Ok(())
}

/// Reads frames. One that lies within a piece is a slice of it.
#[derive(Debug)]
pub(super) struct Reader {
    limit: usize,
    /// The beginning of a frame whose end has not come. Grows with what comes, never by what a frame says of its length.
    partial: BytesMut,
    piece: Bytes,
}

impl Reader {
    pub(super) fn new(limit: usize, piece: Bytes) -> Self {
        Self {
            limit,
            partial: BytesMut::new(),
            piece,
        }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.piece = super::join(std::mem::take(&mut self.piece), piece);
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        let Some((lengths, frame)) = self.whole()? else {
            return Ok(None);
        };
        let (headers, payload) = lengths.open(&frame)?;
        named(headers, payload).map(Some)
    }

    pub(super) fn finish(&mut self) -> Result<Option<Frame>, FramingError> {
        if self.partial.is_empty() && self.piece.is_empty() {
            return Ok(None);
        }
        self.partial.clear();
        self.piece.clear();
        Err(FramingError::Truncated)
    }

    /// The next frame that is whole.
    fn whole(&mut self) -> Result<Option<(Lengths, Bytes)>, FramingError> {
        if self.partial.is_empty() {
            if let Some(lengths) = Lengths::of(&self.piece, self.limit)?
                && self.piece.len() >= lengths.total
            {
                return Ok(Some((lengths, self.piece.split_to(lengths.total))));
            }
            self.partial.extend_from_slice(&self.piece);
            self.piece.clear();
            return Ok(None);
        }
        self.fill(PRELUDE);
        let Some(lengths) = Lengths::of(&self.partial, self.limit)? else {
            return Ok(None);
        };
        self.fill(lengths.total);
        if self.partial.len() < lengths.total {
            return Ok(None);
        }
        Ok(Some((lengths, self.partial.split().freeze())))
    }

    /// Moves bytes from the piece until the beginning has `length` of them.
    fn fill(&mut self, length: usize) {
        let missing = length.saturating_sub(self.partial.len()).min(self.piece.len());
        self.partial.extend_from_slice(&self.piece.split_to(missing));
    }
}

/// A message as a frame with its name, or the name of what failed.
fn named(mut headers: Bytes, payload: Bytes) -> Result<Frame, FramingError> {
    let (mut kind, mut event, mut exception) = (None, None, None);
    let (mut code, mut message) = (None, None);
    while let Some((name, value)) = next_header(&mut headers)? {
        let Value::Text(value) = value else { continue };
        match name.as_str() {
            MESSAGE_TYPE => kind = Some(value),
            EVENT_TYPE => event = Some(value),
            EXCEPTION_TYPE => exception = Some(value),
            ERROR_CODE => code = Some(value),
            ERROR_MESSAGE => message = Some(value),
            _ => {}
        }
    }
    let mut frame = Frame::new(text(payload)?);
    match kind.as_deref() {
        Some("exception") => frame.failure = Some(exception.unwrap_or_default()),
        Some("error") => {
            frame.failure = Some(code.unwrap_or_default());
            if frame.data.is_empty() {
                frame.data = message.unwrap_or_default();
            }
        }
        _ => frame.event = event,
    }
    Ok(frame)
}
