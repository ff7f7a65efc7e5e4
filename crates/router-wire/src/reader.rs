//! Reads a streamed reply: bytes in, events out, whoever brings the bytes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use router_core::{Error, ErrorKind, Result, StreamEvent};

use crate::codec::{Events, StreamDecoder};
use crate::framing::{Frame, FrameLimits, FrameReader, Framing, FramingError};

/// Frames and a decoder, joined. The transport, the replay of recordings and the fuzz targets all read through it.
pub struct StreamReader {
    frames: FrameReader,
    decoder: Box<dyn StreamDecoder>,
    events: Events,
    log: Option<FrameLog>,
    skip_malformed: bool,
    skipped: u64,
    /// An error found behind events that are still to be given.
    pending: Option<Error>,
    ended: bool,
}

impl StreamReader {
    /// Reads with a decoder what is framed so.
    #[must_use]
    pub fn new((framing, decoder): (Framing, Box<dyn StreamDecoder>), limits: FrameLimits) -> Self {
        Self {
            frames: FrameReader::new(framing, limits),
            decoder,
            events: Events::new(),
            log: None,
            skip_malformed: false,
            skipped: 0,
            pending: None,
            ended: false,
        }
    }

    /// Keeps the raw frames in `log`.
    #[must_use]
    pub fn with_log(mut self, log: FrameLog) -> Self {
        self.log = Some(log);
        self
    }

    /// Skips frames that cannot be read instead of ending with an error, and counts them.
    #[must_use]
    pub fn skipping_malformed(mut self) -> Self {
        self.skip_malformed = true;
        self
    }

    /// How many frames were skipped.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Adds bytes of the reply.
    pub fn push(&mut self, chunk: Bytes) {
        self.frames.push(chunk);
    }

    /// The next event of the bytes so far; `None` when more bytes are needed, or after `Finish`.
    ///
    /// # Errors
    /// Those of framing and decoder; nothing comes after one.
    pub fn next_event(&mut self) -> Result<Option<StreamEvent>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                self.pass(&event);
                return Ok(Some(event));
            }
            if let Some(error) = self.pending.take() {
                return Err(error);
            }
            if self.ended {
                return Ok(None);
            }
            match self.frames.next() {
                Ok(Some(frame)) => self.read(&frame),
                Ok(None) => return Ok(None),
                Err(error) => self.fail(framing_error(error)),
            }
        }
    }

    /// The next event after the last byte; `None` after `Finish`.
    ///
    /// # Errors
    /// As [`StreamReader::next_event`], and `Truncated` when the answer was not complete.
    pub fn finish(&mut self) -> Result<Option<StreamEvent>> {
        loop {
            if let Some(event) = self.next_event()? {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match self.frames.finish() {
                Ok(Some(frame)) => {
                    self.read(&frame);
                    self.pending = self.pending.take().map(cut_short);
                }
                Ok(None) => {
                    if let Err(error) = self.decoder.finish(&mut self.events) {
                        self.pending = Some(error);
                    }
                    self.ended = true;
                }
                // A cut inside a character.
                Err(error @ FramingError::InvalidUtf8) => self.fail(cut_short(framing_error(error))),
                Err(error) => self.fail(framing_error(error)),
            }
        }
    }

    /// Reads a reply that comes in these pieces to its end: its events, and the error that ended them.
    pub fn read_all(mut self, pieces: impl IntoIterator<Item = Bytes>) -> (Vec<StreamEvent>, Option<Error>) {
        let mut events = Vec::new();
        let mut pieces = pieces.into_iter();
        loop {
            let piece = pieces.next();
            let at_end = piece.is_none();
            if let Some(piece) = piece {
                self.push(piece);
            }
            loop {
                let next = if at_end { self.finish() } else { self.next_event() };
                match next {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) if at_end => return (events, None),
                    Ok(None) => break,
                    Err(error) => return (events, Some(error)),
                }
            }
        }
    }

    /// Whether `Finish` or an error was given.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended && self.events.is_empty() && self.pending.is_none()
    }

    fn read(&mut self, frame: &Frame) {
        if let Some(log) = &self.log {
            log.push(frame.clone());
        }
        match self.decoder.decode(frame, &mut self.events) {
            Ok(()) => {}
            Err(error) if self.skip_malformed && error.kind() == ErrorKind::Decode => self.skipped += 1,
            Err(error) => self.fail(error),
        }
    }

    fn pass(&mut self, event: &StreamEvent) {
        if matches!(event, StreamEvent::Finish(_)) {
            self.ended = true;
            self.events.clear();
            self.pending = None;
        }
    }

    fn fail(&mut self, error: Error) {
        self.pending = Some(error);
        self.ended = true;
    }
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReader")
            .field("ended", &self.ended)
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

/// Raw frames of a stream, kept for the caller who asked for them.
///
/// Put one into the call's context (`Context::with_extension(log.clone())`) and read it when the stream is over.
#[derive(Clone, Default)]
pub struct FrameLog(Arc<Mutex<Vec<Frame>>>);

impl FrameLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frames so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, frame: Frame) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
    }
}

impl fmt::Debug for FrameLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameLog")
            .field("frames", &self.frames().len())
            .finish()
    }
}

/// A last frame without its end that cannot be read was cut, not malformed: trying again may help.
fn cut_short(error: Error) -> Error {
    if error.kind() != ErrorKind::Decode {
        return error;
    }
    let message = format!("the stream ended inside a frame: {}", error.message());
    Error::new(ErrorKind::Truncated, message).with_source(error)
}

fn framing_error(error: FramingError) -> Error {
    let kind = match error {
        FramingError::Truncated => ErrorKind::Truncated,
        _ => ErrorKind::Decode,
    };
    Error::new(kind, error.to_string())
}
