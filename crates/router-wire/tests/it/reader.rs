//! Framing and decoder joined: one end, nothing behind it, and nothing lost before it.

use bytes::Bytes;
use router_core::{Error, ErrorKind, FinishReason, Result, StreamEvent};
use router_wire::{Events, Frame, FrameLimits, FrameLog, Framing, StreamDecoder, StreamReader};

/// Every word is a delta; some words are something else.
#[derive(Debug, Default)]
struct Words {
    complete: bool,
}

impl StreamDecoder for Words {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        match frame.data.as_str() {
            "end" => events.push_back(StreamEvent::finish(FinishReason::Stop, None)),
            "enough" => self.complete = true,
            "both" => events.extend([StreamEvent::text("one"), StreamEvent::text("two")]),
            "late" => {
                events.push_back(StreamEvent::text("before"));
                return Err(Error::new(ErrorKind::Overloaded, "busy"));
            }
            word if word.starts_with('?') => return Err(Error::new(ErrorKind::Decode, "what?")),
            word => events.push_back(StreamEvent::text(word)),
        }
        Ok(())
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if !self.complete {
            return Err(Error::new(ErrorKind::Truncated, "no end"));
        }
        events.push_back(StreamEvent::finish(FinishReason::Stop, None));
        Ok(())
    }
}

fn reader() -> StreamReader {
    StreamReader::new((Framing::Sse, Box::new(Words::default())), FrameLimits::default())
}

/// The texts, and how it ended.
fn told(mut reader: StreamReader, body: &'static str) -> (Vec<String>, std::result::Result<(), ErrorKind>) {
    reader.push(Bytes::from_static(body.as_bytes()));
    let mut texts = Vec::new();
    let mut finished = false;
    loop {
        match reader.finish() {
            Ok(Some(StreamEvent::TextDelta { text, .. })) => texts.push(text.to_string()),
            Ok(Some(StreamEvent::Finish(_))) => finished = true,
            Ok(Some(_)) => {}
            Ok(None) => {
                assert!(finished, "a silent end");
                assert!(reader.is_ended());
                return (texts, Ok(()));
            }
            Err(error) => {
                assert!(reader.is_ended());
                assert!(
                    matches!(reader.next_event(), Ok(None)),
                    "something came behind the error"
                );
                return (texts, Err(error.kind()));
            }
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn ends_at_finish() {
    let body = "data: a\n\ndata: both\n\ndata: end\n\ndata: b\n\ndata: ?\n\n";
    assert_eq!(told(reader(), body), (words(&["a", "one", "two"]), Ok(())));
}

#[test]
fn ends_at_the_end_of_the_input() {
    assert_eq!(
        told(reader(), "data: a\n\ndata: enough\n\n"),
        (words(&["a"]), Ok(()))
    );
    assert_eq!(
        told(reader(), "data: a\n\n"),
        (words(&["a"]), Err(ErrorKind::Truncated))
    );
    assert_eq!(told(reader(), ""), (vec![], Err(ErrorKind::Truncated)));
}

#[test]
fn ends_at_an_error_behind_what_came_before() {
    let body = "data: a\n\ndata: late\n\ndata: b\n\ndata: end\n\n";
    assert_eq!(
        told(reader(), body),
        (words(&["a", "before"]), Err(ErrorKind::Overloaded))
    );
    let body = "data: a\n\ndata: ?\n\ndata: end\n\n";
    assert_eq!(told(reader(), body), (words(&["a"]), Err(ErrorKind::Decode)));
}

/// What was cut may be tried again; what was sent whole and makes no sense may not.
#[test]
fn cut_is_not_malformed() {
    assert_eq!(
        told(reader(), "data: a\n\ndata: ?b"),
        (words(&["a"]), Err(ErrorKind::Truncated))
    );
    assert_eq!(
        told(reader(), "data: a\n\ndata: ?b\n\n"),
        (words(&["a"]), Err(ErrorKind::Decode))
    );
    assert_eq!(told(reader(), "da"), (vec![], Err(ErrorKind::Truncated)));
    let mut inside_a_character = reader();
    inside_a_character.push(Bytes::from_static(b"data: a\xF0\x9F"));
    assert_eq!(
        inside_a_character.finish().map_err(|error| error.kind()),
        Err(ErrorKind::Truncated)
    );
}

#[test]
fn skips_and_counts_when_asked() {
    let mut skipping = reader().skipping_malformed();
    skipping.push(Bytes::from_static(
        b"data: a\n\ndata: ?\n\ndata: ??\n\ndata: b\n\ndata: end\n\n",
    ));
    let mut events = 0;
    while let Some(event) = skipping.next_event().expect("skipped") {
        events += 1;
        let _ = event;
    }
    assert_eq!((events, skipping.skipped()), (3, 2));
    // The vendor's own errors are not skipped.
    let body = "data: late\n\ndata: end\n\n";
    assert_eq!(
        told(reader().skipping_malformed(), body),
        (words(&["before"]), Err(ErrorKind::Overloaded))
    );
}

#[test]
fn keeps_raw_frames_when_asked() {
    let log = FrameLog::new();
    let (_, end) = told(
        reader().with_log(log.clone()),
        "event: x\ndata: a\n\ndata: end\n\n",
    );
    assert_eq!(end, Ok(()));
    let frames = log.frames();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].event.as_deref(), Some("x"));
    assert_eq!(format!("{log:?}"), "FrameLog { frames: 2 }", "frames are content");
}

/// Events come as soon as their frame is whole.
#[test]
fn gives_what_is_there() {
    let mut reader = reader();
    assert!(matches!(reader.next_event(), Ok(None)));
    reader.push(Bytes::from_static(b"data: a\n\ndata: b"));
    assert!(matches!(
        reader.next_event(),
        Ok(Some(StreamEvent::TextDelta { .. }))
    ));
    assert!(matches!(reader.next_event(), Ok(None)));
    reader.push(Bytes::from_static(b"\n\n"));
    assert!(matches!(
        reader.next_event(),
        Ok(Some(StreamEvent::TextDelta { .. }))
    ));
    assert!(!reader.is_ended());
}

#[test]
fn pieces_are_read_to_the_end() {
    let piece = |text: &'static str| Bytes::from_static(text.as_bytes());
    let (events, error) = reader().read_all([piece("data: a\n"), piece("\ndata: e"), piece("nd")]);
    assert!(error.is_none());
    assert_eq!(
        events,
        [
            StreamEvent::text("a"),
            StreamEvent::finish(FinishReason::Stop, None)
        ]
    );
    let (events, error) = reader().read_all([piece("data: a\n\n"), piece("data: ?\n\ndata: b\n\n")]);
    assert_eq!(events, [StreamEvent::text("a")]);
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Decode));
}
