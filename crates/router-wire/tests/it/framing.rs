//! Bodies cut anywhere give the frames that a plain reading of the whole body gives.

use bytes::Bytes;
use proptest::prelude::*;
use router_wire::framing::{FrameReader, FramingError};
use router_wire::{FrameLimits, Framing};

/// Name and data of a frame.
type Plain = (Option<String>, String);

/// The frames of a body that comes in these pieces, and the error that ended them.
fn read(framing: Framing, limit: usize, pieces: &[&[u8]]) -> (Vec<Plain>, Option<FramingError>) {
    let mut reader = FrameReader::new(framing, FrameLimits::new(limit));
    let mut frames = Vec::new();
    for piece in pieces {
        reader.push(Bytes::copy_from_slice(piece));
        loop {
            match reader.next() {
                Ok(Some(frame)) => frames.push(plain(&frame)),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    loop {
        match reader.finish() {
            Ok(Some(frame)) => frames.push(plain(&frame)),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn plain(frame: &router_wire::Frame) -> Plain {
    (
        frame.event.as_ref().map(|name| name.as_str().to_owned()),
        frame.data.as_str().to_owned(),
    )
}

const ROOMY: usize = 1 << 20;

/// Server-sent events read plainly: the whole text, line by line.
fn events_of(body: &str) -> Vec<Plain> {
    let body = body.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']);
    let text = body.replace("\r\n", "\n").replace('\r', "\n");
    let mut frames = Vec::new();
    let (mut name, mut data): (Option<String>, Option<String>) = (None, None);
    for line in text.split('\n').chain([""]) {
        if line.is_empty() {
            let event = name.take().filter(|name| !name.is_empty());
            if let Some(data) = data.take() {
                frames.push((event, data));
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = Some(value.to_owned()),
            "data" => {
                data = Some(match data {
                    None => value.to_owned(),
                    Some(before) => before + "\n" + value,
                });
            }
            _ => {}
        }
    }
    frames
}

fn pieces<'a>(body: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
    cuts.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for cut in cuts {
        pieces.push(&body[start..cut]);
        start = cut;
    }
    pieces.push(&body[start..]);
    pieces
}

fn line() -> impl Strategy<Value = String> {
    let text = "[ -~äß😀\u{2028}\u{feff}]{0,12}";
    prop_oneof![
        3 => text.prop_map(|text| format!("data: {text}")),
        2 => text.prop_map(|text| format!("data:{text}")),
        1 => text.prop_map(|text| format!("event: {text}")),
        1 => text.prop_map(|text| format!(": {text}")),
        1 => text.prop_map(|text| format!("id: {text}")),
        1 => text.prop_map(|text| format!("x-{text}")),
        1 => Just("data".to_owned()),
        1 => Just("event".to_owned()),
        1 => Just("retry: 3000".to_owned()),
        4 => Just(String::new()),
    ]
}

fn end() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn server_sent_events(
        first in prop_oneof![Just("data: first"), Just(": comment"), Just("\u{feff}event: e"), Just("\n\ndata:")],
        lines in prop::collection::vec((line(), end()), 0..20),
        open in line(),
        cuts in prop::collection::vec(0_usize..5000, 0..6),
    ) {
        let mut body = format!("{first}\n");
        for (line, end) in &lines {
            body.push_str(line);
            body.push_str(end);
        }
        body.push_str(&open);
        let (frames, error) = read(Framing::Sse, ROOMY, &pieces(body.as_bytes(), &cuts));
        prop_assert_eq!(error, None);
        prop_assert_eq!(frames, events_of(&body));
    }

    #[test]
    fn json_lines(
        lines in prop::collection::vec(("[ \t]{0,2}", "[{\\[\"a-zä😀0-9][ -~ä]{0,12}", end()), 0..12),
        open in "[ \t]{0,2}([{][ -~😀]{0,8})?",
        cuts in prop::collection::vec(0_usize..500, 0..6),
    ) {
        let mut body = String::new();
        for (indent, line, end) in &lines {
            body.push_str(&format!("{indent}{line}{end}"));
        }
        body.push_str(&open);
        let expected: Vec<Plain> = body
            .split(['\r', '\n'])
            .map(str::trim_start)
            .filter(|line| !line.is_empty())
            .map(|line| (None, line.to_owned()))
            .collect();
        let (frames, error) = read(Framing::JsonLines, ROOMY, &pieces(body.as_bytes(), &cuts));
        prop_assert_eq!(error, None);
        prop_assert_eq!(frames, expected);
    }

    /// Elements of a list, or values one after another, come out as they went in.
    #[test]
    fn json_documents(
        values in prop::collection::vec(object(), 1..6),
        list in any::<bool>(),
        gap in "[ \t\r\n]{0,3}",
        cuts in prop::collection::vec(0_usize..2000, 0..6),
    ) {
        let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        let body = if list {
            format!("{gap}[{gap}{}{gap}]{gap}", texts.join(&format!("{gap},{gap}")))
        } else {
            format!("{gap}{}{gap}", texts.join(&gap))
        };
        let expected: Vec<Plain> = texts.into_iter().map(|text| (None, text)).collect();
        let (frames, error) = read(Framing::Sse, ROOMY, &pieces(body.as_bytes(), &cuts));
        prop_assert_eq!(error, None);
        prop_assert_eq!(frames, expected);
    }

    /// Whatever comes, the cuts change nothing, and nothing panics.
    #[test]
    fn any_bytes_cut_anywhere(
        body in prop::collection::vec(
            prop_oneof![
                any::<u8>(),
                prop::sample::select(b"\r\n:{}[]\",\\ data".to_vec()),
            ],
            0..200,
        ),
        cuts in prop::collection::vec(0_usize..200, 0..6),
        limit in prop_oneof![Just(ROOMY), 0_usize..40],
    ) {
        for framing in [Framing::Sse, Framing::JsonLines] {
            let whole = read(framing, limit, &[&body]);
            prop_assert_eq!(read(framing, limit, &pieces(&body, &cuts)), whole);
        }
    }
}

fn object() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[ -~\\{\\}\\[\\]\"\\\\ä😀\n]{0,10}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-z\"\\\\}]{0,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[a-z{\\]]{1,4}", value, 0..4)
        .prop_map(|map| serde_json::Value::Object(map.into_iter().collect()))
}

/// One awkward body, cut in three at every two places.
#[test]
fn every_two_cuts() {
    let body = "\u{feff}: hi\r\nevent: a\rdata: {\"x\": \"é😀\"}\r\n\r\ndata:one\ndata: two\n\n\r\n\
                event: gone\n\nid: 7\ndata\n\nretry: 1\ndata: [DONE]";
    let expected = events_of(body);
    assert_eq!(expected.len(), 4);
    let bytes = body.as_bytes();
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let parts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            let (frames, error) = read(Framing::Sse, ROOMY, &parts);
            assert_eq!(
                (frames, error),
                (expected.clone(), None),
                "cut at {first} and {second}"
            );
        }
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(read(Framing::Sse, ROOMY, &single), (expected, None));
}

/// A frame within one piece is a slice of it.
#[test]
fn frames_are_slices() {
    let body = Bytes::from_static(b"data: {\"text\":\"hello\"}\n\ndata: second\n\n");
    let within = body.as_ptr_range();
    let mut reader = FrameReader::new(Framing::Sse, FrameLimits::default());
    reader.push(body.clone());
    while let Some(frame) = reader.next().expect("frames") {
        assert!(within.contains(&frame.data.as_ptr()), "the frame was copied");
    }
}

#[test]
fn limits() {
    let too_long = |limit| Some(FramingError::TooLong { limit });
    let line = format!("data: {}\n\n", "x".repeat(94));
    assert_eq!(read(Framing::Sse, 100, &[line.as_bytes()]).1, None);
    assert_eq!(read(Framing::Sse, 99, &[line.as_bytes()]).1, too_long(99));
    // Many lines of one event are one frame.
    let lines = "data: 0123456789\n".repeat(20) + "\n";
    assert_eq!(read(Framing::Sse, 100, &[lines.as_bytes()]).1, too_long(100));
    // A line that never ends is not gathered without bound.
    let endless: Vec<&[u8]> = std::iter::repeat_n(&b"data: xxxxxxxxxx"[..], 20).collect();
    assert_eq!(read(Framing::Sse, 100, &endless).1, too_long(100));
    assert_eq!(read(Framing::JsonLines, 100, &endless).1, too_long(100));
    let value = format!("{{\"x\":\"{}\"}}", "y".repeat(100));
    assert_eq!(read(Framing::Sse, 50, &[value.as_bytes()]).1, too_long(50));
    // A list is bounded by its elements.
    let list = format!("[{}]", ["{\"x\":1}"; 100].join(","));
    let (frames, error) = read(Framing::Sse, 50, &[list.as_bytes()]);
    assert_eq!((frames.len(), error), (100, None));
}

/// Keep-alive of blank lines before anything else is dropped, however much of it comes.
#[test]
fn blank_lines_cost_nothing() {
    let mut reader = FrameReader::new(Framing::Sse, FrameLimits::new(64));
    for _ in 0..10_000 {
        reader.push(Bytes::from_static(b"  \r\n\n"));
        assert_eq!(reader.next(), Ok(None));
    }
    reader.push(Bytes::from_static(b"data: x\n\n"));
    assert_eq!(reader.next().expect("a frame").expect("a frame").data, "x");
}

#[test]
fn what_is_no_stream() {
    let page = b"<!doctype html>\n<html><body>no</body></html>";
    let (_, error) = read(Framing::Sse, ROOMY, &[page]);
    assert!(error.is_some_and(|error| error.to_string().contains("HTML")));
    let (_, error) = read(Framing::JsonLines, ROOMY, &[page]);
    assert!(error.is_some_and(|error| error.to_string().contains("HTML")));
    let (_, error) = read(Framing::Sse, ROOMY, &[b"upstream connect error"]);
    assert!(error.is_some_and(|error| error.to_string().contains("upstream connect error")));
    assert_eq!(read(Framing::Sse, ROOMY, &[b""]), (vec![], None));
    assert_eq!(
        read(Framing::Sse, ROOMY, &[b": only a comment\n\n"]),
        (vec![], None)
    );
    assert_eq!(
        read(Framing::Sse, ROOMY, &[b"dat"]).1,
        Some(FramingError::Truncated)
    );
}

#[test]
fn cut_documents() {
    for body in ["{\"error\": {", "[{\"x\":1}", "[{\"x\":1},", "[", "{\"x\":\"}"] {
        let (_, error) = read(Framing::Sse, ROOMY, &[body.as_bytes()]);
        assert_eq!(error, Some(FramingError::Truncated), "{body}");
    }
    for body in ["[{}]x", "{} x", "[{}][{}]"] {
        let (_, error) = read(Framing::Sse, ROOMY, &[body.as_bytes()]);
        assert_eq!(error, Some(FramingError::Malformed), "{body}");
    }
}

/// A server that fails in mid-stream may write the error as it writes any other: a document, over several lines.
#[test]
fn a_document_between_events() {
    let frame = |data: &str| (None, data.to_owned());
    let body = "data: {\"x\":1}\r\n\r\n{\r\n  \"error\": {\r\n    \"message\": \"data: no }\\\" field\"\r\n  }\r\n}\r\ndata: 2\n\n\
                [{\"error\": 3}]";
    let expected = [
        frame("{\"x\":1}"),
        frame("{\n  \"error\": {\n    \"message\": \"data: no }\\\" field\"\n  }\n}"),
        frame("2"),
        frame("[{\"error\": 3}]"),
    ];
    let bytes = body.as_bytes();
    for cut in 0..=bytes.len() {
        let (frames, error) = read(Framing::Sse, ROOMY, &[&bytes[..cut], &bytes[cut..]]);
        assert_eq!((frames.as_slice(), error), (&expected[..], None), "cut at {cut}");
    }
    let cut = "data: 1\n\n{\n  \"error\": {";
    let (frames, error) = read(Framing::Sse, ROOMY, &[cut.as_bytes()]);
    assert_eq!((frames, error), (vec![frame("1")], Some(FramingError::Truncated)));
    let endless = format!("data: 1\n\n{{\"x\":\n{}", "\"y\",\n".repeat(40));
    let (_, error) = read(Framing::Sse, 100, &[endless.as_bytes()]);
    assert_eq!(error, Some(FramingError::TooLong { limit: 100 }));
    let page = "data: 1\n\n<html>\n<body>502</body>";
    let (_, error) = read(Framing::Sse, ROOMY, &[page.as_bytes()]);
    assert!(error.is_some_and(|error| error.to_string().contains("HTML")));
}

#[test]
fn bytes_that_are_no_text() {
    let (frames, error) = read(Framing::Sse, ROOMY, &[b"data: ok\n\ndata: \xff\n\n"]);
    assert_eq!(frames, [(None, "ok".to_owned())]);
    assert_eq!(error, Some(FramingError::InvalidUtf8));
    // In a comment they do not matter.
    assert_eq!(read(Framing::Sse, ROOMY, &[b": \xff\ndata: ok\n\n"]).1, None);
}

/// Bytes have no frames: pieces come as they are, and nothing is lost or added.
#[test]
fn bytes_as_they_come() {
    let mut reader = FrameReader::new(Framing::Bytes, FrameLimits::new(4));
    let mut all = Vec::new();
    for piece in [&b"ID3\xFF"[..], b"", b"\0\n\r{", b"[1]"] {
        reader.push(Bytes::copy_from_slice(piece));
        while let Ok(Some(frame)) = reader.next() {
            assert!(frame.data.is_empty() && frame.event.is_none());
            all.extend_from_slice(&frame.bytes);
        }
    }
    assert_eq!(reader.finish(), Ok(None));
    assert_eq!(all, b"ID3\xFF\0\n\r{[1]");
}
