//! A recorded stream that ends early is an error, never a clean end, unless its terminal marker was there.

use router_cassette::Cassette;
use router_core::ErrorKind;
use serde_json::Value;

use crate::streams::recordings;

#[test]
fn every_stream_ended_after_every_event() {
    let Some(streams) = recordings() else { return };
    let mut ends = 0;
    for stream in &streams {
        let (_, error) = stream.whole();
        let marker = marker(&stream.cassette, &stream.body);
        for end in stream.events() {
            let (events, early) = stream.read([], end);
            ends += 1;
            let at = || format!("{} ended after {end} bytes", stream.cassette.id);
            match early {
                Some(ErrorKind::Truncated) => {}
                // What the vendor itself said went wrong.
                Some(kind) => assert_eq!(Some(kind), error, "{}", at()),
                None => assert!(
                    marker.is_some_and(|marker| end >= marker),
                    "{}: a clean end with {:?}",
                    at(),
                    events.last()
                ),
            }
        }
    }
    println!("{ends} early ends of {} streams", streams.len());
}

#[test]
fn every_stream_ended_inside_of_every_event() {
    let Some(streams) = recordings() else { return };
    let mut ends = 0;
    for stream in &streams {
        let marker = marker(&stream.cassette, &stream.body).unwrap_or(stream.body.len());
        let starts = stream.events();
        for event in [0].iter().chain(&starts).zip(&starts) {
            let end = (event.0 + event.1) / 2;
            if end >= marker {
                break;
            }
            let (_, early) = stream.read([], end);
            ends += 1;
            // The last event may be whole but for the blank line behind it.
            assert!(
                early.is_some() || self::marker(&stream.cassette, &stream.body[..end]).is_some(),
                "{} ended after {end} bytes",
                stream.cassette.id
            );
        }
    }
    println!("{ends} early ends of {} streams", streams.len());
}

/// Behind which byte a stream is complete, by the rules of its wire: read from the text, not by a codec.
fn marker(cassette: &Cassette, body: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(body)
        .unwrap_or_else(|error| std::str::from_utf8(&body[..error.valid_up_to()]).expect("the valid part"));
    // One list, sent in pieces, is complete when it is closed.
    if text.trim_start().starts_with('[') {
        return text.trim_end().ends_with(']').then_some(body.len());
    }
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        let data = line.strip_prefix("data:").unwrap_or(line).trim();
        let complete = data == "[DONE]"
            || serde_json::from_str::<Value>(data).is_ok_and(|event| is_last(cassette, &event));
        if complete {
            // Its line end, and the blank line behind it, may be missing.
            return Some(end - (line.len() - line.trim_end().len()));
        }
    }
    None
}

fn is_last(cassette: &Cassette, event: &Value) -> bool {
    let word = |value: &Value| value.as_str().is_some_and(|word| !word.is_empty());
    let any = |list: &Value, name: &str| {
        let items = list.as_array().into_iter().flatten();
        items.into_iter().any(|item| word(&item[name]))
    };
    match cassette.endpoint.as_str() {
        "chat" if event["type"] == "message-end" => true,
        "responses" => matches!(
            event["type"].as_str(),
            Some("response.completed" | "response.incomplete" | "response.failed")
        ),
        "messages" => event["type"] == "message_stop",
        // The data of `event: done`; pieces of the answer are plain text.
        "predictions" => event
            .as_object()
            .is_some_and(|end| end.is_empty() || end.contains_key("reason")),
        "audio-transcription" => event["type"] == "transcript.text.done",
        "generateContent" => {
            any(&event["candidates"], "finishReason") || word(&event["promptFeedback"]["blockReason"])
        }
        _ => event["done"] == true || any(&event["choices"], "finish_reason"),
    }
}
