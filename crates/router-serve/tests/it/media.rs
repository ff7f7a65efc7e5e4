//! Sounds break off instead of ending as if they were complete; transcripts come in the form asked for.

use bytes::Bytes;
use http_body::Body as _;
use router_core::audio::{Segment, SpeechResponse, TranscriptionResponse};
use router_core::image::ImageResponse;
use router_core::stream::StreamStart;
use router_core::{Error, ErrorKind, FinishReason, Media, OperationKind, Output, Scripted, StreamEvent};
use router_serve::Service;
use router_wire::multipart::Form;
use router_wire::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

async fn respond(provider: Scripted, request: HttpRequest) -> HttpResponse {
    Service::new(provider).respond(request).await.into_whole().await
}

fn speech(body: Value) -> HttpRequest {
    HttpRequest::post_json("/v1/audio/speech", body.to_string())
}

fn sound(end: Option<Error>) -> Scripted {
    let mut start = StreamStart::default();
    start.operation = OperationKind::Speak;
    start.media_type = Some("audio/wav".into());
    let piece = |audio: &'static [u8]| StreamEvent::AudioDelta {
        choice: 0,
        audio: Bytes::from_static(audio),
    };
    let mut events = vec![
        Ok(StreamEvent::Start(Box::new(start))),
        Ok(piece(b"RI")),
        Ok(piece(b"FF")),
    ];
    events.push(match end {
        Some(error) => Err(error),
        None => Ok(StreamEvent::finish(FinishReason::Stop, None)),
    });
    Scripted::new().events(events)
}

#[tokio::test]
async fn a_sound_is_what_the_provider_says() {
    let request = speech(json!({"model": "m", "input": "Hi", "voice": "a", "response_format": "mp3"}));
    let response = respond(sound(None), request).await;
    assert_eq!(&response.body[..], b"RIFF");
    assert_eq!(
        response.header("content-type"),
        Some("audio/wav"),
        "and not what was asked for"
    );
    // A provider that gives it whole is served the same.
    let whole = SpeechResponse::new(Bytes::from_static(b"ID3"), None);
    let request = speech(json!({"model": "m", "input": "Hi", "voice": "a"}));
    let response = respond(Scripted::new().output(whole), request).await;
    assert_eq!(&response.body[..], b"ID3");
    assert_eq!(response.header("content-type"), Some("audio/mpeg"));
}

/// A client must not take half a sound for a whole one.
#[tokio::test]
async fn a_sound_that_fails_breaks_off() {
    let failing = || sound(Some(Error::new(ErrorKind::Server, "gone")));
    let request = speech(json!({"model": "m", "input": "Hi", "voice": "a"}));
    let mut body = Box::pin(
        Service::new(failing())
            .respond(request)
            .await
            .into_http()
            .into_body(),
    );
    let (mut bytes, mut broke) = (Vec::new(), false);
    while let Some(frame) = std::future::poll_fn(|task| body.as_mut().poll_frame(task)).await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().expect("data")),
            Err(_) => broke = true,
        }
        if broke {
            break;
        }
    }
    assert_eq!((&bytes[..], broke), (&b"RIFF"[..], true));
    // Events can tell it.
    let request = speech(json!({"model": "m", "input": "Hi", "voice": "a", "stream_format": "sse"}));
    let text = respond(failing(), request).await;
    let text = String::from_utf8_lossy(&text.body).into_owned();
    assert!(
        text.contains("gone") && !text.contains("speech.audio.done"),
        "{text}"
    );
}

async fn transcript(answer: TranscriptionResponse, format: &str) -> HttpResponse {
    let mut form = Form::new();
    form.push_text("model", "m");
    form.push_text("response_format", format);
    form.push_file("file", "a.wav", Some("audio/wav"), &b"RIFF"[..]);
    let request = form.into_request("/v1/audio/transcriptions").expect("a request");
    respond(Scripted::new().output(answer), request).await
}

#[tokio::test]
async fn transcripts_in_every_form() {
    let mut timed = TranscriptionResponse::new("Hello.");
    timed.segments = vec![Segment::new(0.0, 1.5, " Hello.")];
    for (format, expected) in [
        ("text", "Hello.\n"),
        ("srt", "1\n00:00:00,000 --> 00:00:01,500\nHello.\n\n"),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello.\n\n"),
    ] {
        let response = transcript(timed.clone(), format).await;
        assert_eq!(String::from_utf8_lossy(&response.body), expected);
        assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    let verbose = transcript(timed, "verbose_json").await;
    let verbose: Value = serde_json::from_slice(&verbose.body).expect("JSON");
    assert_eq!(
        (&verbose["task"], &verbose["segments"][0]["end"]),
        (&json!("transcribe"), &json!(1.5))
    );
    assert_eq!(
        verbose["segments"][0]["tokens"],
        json!([]),
        "what the wire requires is there, also of vendors that do not measure it"
    );
    // Subtitles of the vendor's own go through as they are; without any times there are none.
    let mut own = TranscriptionResponse::new("1\nown\n");
    own.format = Some("srt".into());
    assert_eq!(&transcript(own, "srt").await.body[..], b"1\nown\n");
    assert_eq!(
        transcript(TranscriptionResponse::new("x"), "srt").await.status,
        400
    );
    assert_eq!(
        transcript(TranscriptionResponse::new("x"), "mp3").await.status,
        400
    );
}

#[tokio::test]
async fn what_a_picture_cost_is_told_with_the_last() {
    let mut answer = ImageResponse::new([
        Media::image_bytes("image/png", b"1"),
        Media::image_bytes("image/png", b"2"),
    ]);
    answer.usage = Some(router_core::Usage::new(3, 32));
    let body = json!({"model": "m", "prompt": "cats", "n": 2, "stream": true});
    let request = HttpRequest::post_json("/v1/images/generations", body.to_string());
    let response = respond(Scripted::new().output(Output::GenerateImage(answer)), request).await;
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    assert_eq!(events.len(), 2, "{text}");
    assert!(
        events
            .iter()
            .all(|event| event["type"] == "image_generation.completed")
    );
    assert_eq!(
        (&events[0]["usage"], &events[1]["usage"]["total_tokens"]),
        (&Value::Null, &json!(35))
    );
}
