//! Binary frames: published vectors, cuts anywhere, what is written reads back, and what is broken says so.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use router_core::Text;
use router_wire::framing::event_stream::{Message, Value};
use router_wire::framing::{FrameReader, FramingError};
use router_wire::{Frame, FrameLimits, Framing};
use serde_json::Value as Json;

const ROOMY: usize = 1 << 20;

fn read(limit: usize, pieces: impl IntoIterator<Item = Bytes>) -> (Vec<Frame>, Option<FramingError>) {
    let mut reader = FrameReader::new(Framing::EventStream, FrameLimits::new(limit));
    let mut frames = Vec::new();
    for piece in pieces {
        reader.push(piece);
        loop {
            match reader.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    loop {
        match reader.finish() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn whole(bytes: &[u8]) -> (Vec<Frame>, Option<FramingError>) {
    read(ROOMY, [Bytes::copy_from_slice(bytes)])
}

fn byte_by_byte(bytes: &[u8]) -> (Vec<Frame>, Option<FramingError>) {
    read(ROOMY, bytes.iter().map(|byte| Bytes::copy_from_slice(&[*byte])))
}

fn written(messages: &[Message]) -> BytesMut {
    let mut out = BytesMut::new();
    for message in messages {
        message.write(&mut out).expect("it fits");
    }
    out
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("two digits"))
        .collect()
}

/// What a vector expects of a frame: a name, and what the payload holds.
fn shown(frame: &Frame) -> (String, Json) {
    let payload = serde_json::from_str(&frame.data).unwrap_or_else(|_| Json::from(frame.data.as_str()));
    // What a model said of its own is in base64 inside of the payload.
    let payload = match payload["bytes"].as_str() {
        Some(inner) => {
            let media = router_core::Media::base64(router_core::content::MediaKind::Document, "", inner);
            serde_json::from_slice(&media.decode().expect("base64")).expect("JSON")
        }
        None => payload,
    };
    let name = match (&frame.event, &frame.failure) {
        (Some(event), None) => event.to_string(),
        (None, Some(failure)) if failure.ends_with("Exception") => format!("EXCEPTION {failure}"),
        (None, Some(failure)) => format!("ERROR {failure}"),
        other => panic!("neither an event nor a failure: {other:?}"),
    };
    (name, payload)
}

#[test]
fn published_vectors() {
    let Some(folder) = std::env::var_os("ROUTER_SPECS") else {
        println!("skipped: ROUTER_SPECS not set");
        return;
    };
    let path = std::path::Path::new(&folder).join("aws/eventstream-vectors.json");
    let text = std::fs::read_to_string(path).expect("the file of vectors");
    let file: Json = serde_json::from_str(&text).expect("JSON");
    let cases = file["cases"].as_array().expect("a list");
    assert!(cases.len() >= 9);
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let bytes = hex(case["hex"].as_str().expect("hex"));
        let (frames, error) = whole(&bytes);
        assert_eq!(byte_by_byte(&bytes), (frames.clone(), error.clone()), "{name}");
        for cut in 0..bytes.len() {
            let pieces = [&bytes[..cut], &bytes[cut..]].map(Bytes::copy_from_slice);
            assert_eq!(
                read(ROOMY, pieces),
                (frames.clone(), error.clone()),
                "{name}, cut at {cut}"
            );
        }
        match case["expect_error"].as_str() {
            Some("message checksum") => assert_eq!(error, Some(FramingError::Checksum { of: "message" })),
            Some("prelude checksum") => assert_eq!(error, Some(FramingError::Checksum { of: "prelude" })),
            Some("unexpected end of stream") => assert_eq!(error, Some(FramingError::Truncated)),
            Some(other) => panic!("{name}: no such error: {other}"),
            None => {
                assert_eq!(error, None, "{name}");
                let expected = case["expect"].as_array().expect("a list");
                let shown: Vec<Json> = frames
                    .iter()
                    .map(|frame| serde_json::json!([shown(frame).0, shown(frame).1]))
                    .collect();
                assert_eq!(&shown, expected, "{name}");
            }
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i8>().prop_map(Value::Byte),
        any::<i16>().prop_map(Value::Short),
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Long),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Value::Bytes(bytes.into())),
        ".{0,20}".prop_map(|text| Value::Text(text.into())),
        any::<i64>().prop_map(Value::Timestamp),
        any::<[u8; 16]>().prop_map(Value::Uuid),
    ]
}

prop_compose! {
    fn message()(
        headers in prop::collection::vec(("[a-z:-]{0,12}", value()), 0..5),
        payload in ".{0,60}",
    ) -> Message {
        let message = Message::new(payload);
        headers.into_iter().fold(message, |message, (name, value)| message.with_header(name, value))
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(message in message()) {
        let frame = written(std::slice::from_ref(&message)).freeze();
        prop_assert_eq!(Message::read(frame).unwrap(), message);
    }

    #[test]
    fn pieces_of_any_size_give_the_same(
        messages in prop::collection::vec(message(), 0..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        changed in prop::option::of((any::<prop::sample::Index>(), 1_u8..)),
    ) {
        let mut bytes = written(&messages);
        let clean = changed.is_none() || bytes.is_empty();
        if let Some((place, bits)) = changed.filter(|_| !bytes.is_empty()) {
            let place = place.index(bytes.len());
            bytes[place] ^= bits;
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([bytes.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let pieces = starts.zip(ends).map(|(start, end)| Bytes::copy_from_slice(&bytes[start..end]));
        let (frames, error) = whole(&bytes);
        let (in_pieces, error_in_pieces) = read(ROOMY, pieces);
        prop_assert_eq!(&in_pieces, &frames);
        prop_assert_eq!(error_in_pieces.is_some(), error.is_some());
        prop_assert_eq!(byte_by_byte(&bytes).0, frames.clone());
        if clean {
            prop_assert_eq!(error, None);
            prop_assert_eq!(frames.len(), messages.len());
        } else {
            prop_assert!(error.is_some(), "a changed byte passed by");
        }
    }
}

#[test]
fn events_exceptions_and_errors_are_told_apart() {
    let event = Message::event("messageStop", r#"{"stopReason":"end_turn"}"#);
    assert_eq!(
        event.header(":event-type"),
        Some(&Value::Text("messageStop".into()))
    );
    let failed = Message::exception("throttlingException", r#"{"message":"slow down"}"#);
    let text = |text: &'static str| Value::Text(Text::from_static(text));
    let other = Message::new("")
        .with_header(":message-type", text("error"))
        .with_header(":error-code", text("InternalError"))
        .with_header(":error-message", text("something broke"));
    let (frames, error) = whole(&written(&[event, failed, other]));
    assert_eq!(error, None);
    assert_eq!(
        (frames[0].event.as_deref(), &frames[0].failure),
        (Some("messageStop"), &None)
    );
    assert_eq!(
        (&frames[1].event, frames[1].failure.as_deref()),
        (&None, Some("throttlingException"))
    );
    assert_eq!(frames[1].data, r#"{"message":"slow down"}"#);
    assert_eq!(frames[2].failure.as_deref(), Some("InternalError"));
    assert_eq!(frames[2].data, "something broke");
}

/// The prelude of a frame that says these lengths.
fn prelude(total: u32, headers: u32) -> Vec<u8> {
    let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

#[test]
fn lengths_are_checked_before_anything_is_kept() {
    let too_long = |limit| Some(FramingError::TooLong { limit });
    assert_eq!(whole(&prelude(0x1000_0000, 0)).1, too_long(ROOMY));
    assert_eq!(whole(&prelude(0x0010_0000, 0x000F_0000)).1, too_long(128 * 1024));
    assert!(matches!(
        whole(&prelude(20, 5)).1,
        Some(FramingError::BadFrame { .. })
    ));
    assert!(matches!(
        whole(&prelude(0, 0)).1,
        Some(FramingError::BadFrame { .. })
    ));
    let frame = written(&[Message::event("a", "x".repeat(100))]);
    let bytes = || [Bytes::copy_from_slice(&frame)];
    assert_eq!(read(frame.len(), bytes()).1, None);
    assert_eq!(read(frame.len() - 1, bytes()).1, too_long(frame.len() - 1));
}

/// A frame with these bytes as headers and right checksums.
fn with_headers(headers: &[u8]) -> Vec<u8> {
    let mut bytes = prelude(16 + headers.len() as u32, headers.len() as u32);
    bytes.extend_from_slice(headers);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

#[test]
fn headers_that_are_none() {
    for headers in [
        &b"\x01a"[..],
        b"\x01a\x0a",
        b"\x01a\x07\x00",
        b"\x01a\x07\x00\x05abc",
        b"\x01a\x05\0\0\0",
        b"\x09abc",
    ] {
        let error = whole(&with_headers(headers)).1;
        assert!(
            matches!(error, Some(FramingError::BadFrame { .. })),
            "{headers:?}: {error:?}"
        );
    }
    assert_eq!(
        whole(&with_headers(b"\x01\xff\x00")).1,
        Some(FramingError::InvalidUtf8)
    );
}

#[test]
fn what_does_not_fit_is_not_written() {
    let long = Message::new("").with_header("n".repeat(256), Value::Bool(true));
    let wide = Message::new("").with_header("n", Value::Text("v".repeat(65_536).into()));
    let many = (0..3).fold(Message::new(""), |message, _| {
        message.with_header("n", Value::Bytes(vec![0; 60_000].into()))
    });
    for message in [long, wide, many] {
        let mut out = BytesMut::from(&b"kept"[..]);
        assert!(matches!(
            message.write(&mut out),
            Err(FramingError::TooLong { .. })
        ));
        assert_eq!(&out[..], b"kept");
    }
}

#[test]
fn one_frame_is_one_frame() {
    let frame = written(&[Message::event("a", "{}")]).freeze();
    assert_eq!(
        Message::read(frame.slice(..frame.len() - 1)),
        Err(FramingError::Truncated)
    );
    assert_eq!(Message::read(frame.slice(..5)), Err(FramingError::Truncated));
    let two = Bytes::from([&frame[..], &frame[..]].concat());
    assert_eq!(Message::read(two), Err(FramingError::Malformed));
}

#[test]
fn other_bodies_are_told() {
    let (frames, error) = whole(br#"{"message":"no"}"#);
    assert_eq!((frames.len(), error), (1, None));
    assert_eq!(frames[0].data, r#"{"message":"no"}"#);
    let (_, error) = whole(b"<html><body>Bad gateway</body></html>");
    assert!(
        matches!(error, Some(FramingError::NotAStream { .. })),
        "{error:?}"
    );
    assert_eq!(whole(b""), (vec![], None));
    assert_eq!(whole(b"\0\0"), (vec![], Some(FramingError::Truncated)));
}
