//! Pictures, sound and rankings: in pieces, whole, and as JSON.

use bytes::Bytes;
use router_core::audio::{
    Segment, SpeechRequest, SpeechResponse, Timestamps, TranscriptionRequest, TranscriptionResponse,
};
use router_core::capability::{Feature, OperationKind};
use router_core::content::MediaKind;
use router_core::image::{GeneratedImage, ImageRequest, ImageResponse};
use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::stream::{ChoiceFinish, StreamFinish, StreamStart};
use router_core::{
    Call, EventStream, FinishReason, Media, Operation, Output, ProviderExt as _, Scripted, StreamEvent,
    Usage, replay,
};

fn picture(byte: u8) -> GeneratedImage {
    Media::image_bytes("image/png", &[byte]).into()
}

async fn gathered(events: Vec<StreamEvent>) -> Output {
    EventStream::from_events(events)
        .into_output()
        .await
        .expect("the stream has an end")
}

fn start(operation: OperationKind) -> StreamEvent {
    let mut start = StreamStart::default();
    start.operation = operation;
    start.media_type = Some("audio/mpeg".into());
    start.model = Some("model-a".into());
    start.created = Some(7);
    StreamEvent::Start(Box::new(start))
}

#[tokio::test]
async fn sound_in_pieces_is_one_file() {
    let audio = |bytes: &'static [u8]| StreamEvent::AudioDelta {
        choice: 0,
        audio: Bytes::from_static(bytes),
    };
    let output = gathered(vec![
        start(OperationKind::Speak),
        audio(b"ID"),
        audio(b"3"),
        StreamEvent::finish(FinishReason::Stop, Some(Usage::new(3, 9))),
    ])
    .await;
    let mut expected = SpeechResponse::new(Bytes::from_static(b"ID3"), Some("audio/mpeg".into()));
    expected.model = Some("model-a".into());
    expected.usage = Some(Usage::new(3, 9));
    assert_eq!(output, Output::Speak(expected));
}

#[tokio::test]
async fn previews_are_no_pictures_and_filtered_ones_are_counted() {
    let image = |choice, preview, byte| StreamEvent::Image {
        choice,
        preview,
        image: Box::new(picture(byte)),
    };
    let mut finish = StreamFinish::default();
    finish.choices = [
        FinishReason::Stop,
        FinishReason::Stop,
        FinishReason::ContentFilter,
    ]
    .into_iter()
    .enumerate()
    .map(|(index, reason)| ChoiceFinish::new(index as u32, reason, None))
    .collect();
    let output = gathered(vec![
        start(OperationKind::GenerateImage),
        image(0, Some(0), 1),
        image(1, None, 2),
        image(0, Some(1), 3),
        image(0, None, 4),
        StreamEvent::Finish(Box::new(finish)),
    ])
    .await;
    let mut expected = ImageResponse::new([picture(4), picture(2)]);
    expected.filtered = 1;
    expected.created = Some(7);
    expected.model = Some("model-a".into());
    assert_eq!(output, Output::GenerateImage(expected));
}

#[tokio::test]
async fn a_transcript_has_text_and_segments() {
    let output = gathered(vec![
        start(OperationKind::Transcribe),
        StreamEvent::text("Hello"),
        StreamEvent::Segment(Box::new(Segment::new(0.0, 1.5, "Hello there."))),
        StreamEvent::text(" there."),
        StreamEvent::finish(FinishReason::Stop, None),
    ])
    .await;
    let mut expected = TranscriptionResponse::new("Hello there.");
    expected.segments = vec![Segment::new(0.0, 1.5, "Hello there.")];
    expected.model = Some("model-a".into());
    assert_eq!(output, Output::Transcribe(expected));
}

/// A provider that does not stream an answer still answers a call for a stream.
#[tokio::test]
async fn whole_answers_pass_through_streams() {
    let mut ranking = RerankResponse::default();
    ranking.results = vec![RankedDocument::new(1, 0.5)];
    ranking.usage = Some(Usage::new(5, 0));
    let output = Output::Rerank(ranking);
    assert_eq!(gathered(replay::output_events(output.clone())).await, output);

    let provider = Scripted::new().output(SpeechResponse::new(Bytes::from_static(b"RIFF"), None));
    let operation = Operation::from(SpeechRequest::new("Hi."));
    let stream = provider
        .stream("model", operation, router_core::Context::new())
        .await
        .expect("an answer")
        .into_value();
    let Output::Speak(speech) = stream.into_output().await.expect("an answer") else {
        panic!("the answer to another operation")
    };
    assert_eq!(&speech.audio[..], b"RIFF");
}

/// Only a chat depends on coming in pieces.
#[test]
fn other_operations_need_no_streams() {
    let needs = |operation: Operation| Call::new("m", operation).streaming().needs().features;
    assert!(needs(router_core::ChatRequest::user("x").into()).contains(Feature::Streaming));
    assert!(!needs(SpeechRequest::new("x").into()).contains(Feature::Streaming));
    let edit = ImageRequest::new("x").with_image(Media::image_url("https://x"));
    assert!(needs(edit.into()).contains(Feature::ImageEdit));
}

#[test]
fn as_json() {
    let speech = SpeechResponse::new(Bytes::from_static(b"RIFF"), Some("audio/wav".into()));
    let json = serde_json::to_value(&speech).expect("JSON");
    assert_eq!(json["audio"], "UklGRg==", "bytes are base64");
    assert_eq!(
        serde_json::from_value::<SpeechResponse>(json).expect("the same"),
        speech
    );
    let event = StreamEvent::AudioDelta {
        choice: 0,
        audio: Bytes::from_static(&[0xFF, 0]),
    };
    let text = serde_json::to_string(&event).expect("JSON");
    assert_eq!(
        serde_json::from_str::<StreamEvent>(&text).expect("the same"),
        event
    );
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF").with_name("a.wav");
    let request = TranscriptionRequest::new(sound)
        .with_timestamps([Timestamps::Word, Timestamps::Other("sentence".into())]);
    let json = serde_json::to_value(&request).expect("JSON");
    assert_eq!(json["timestamps"], serde_json::json!(["word", "sentence"]));
    assert_eq!(
        serde_json::from_value::<TranscriptionRequest>(json).expect("the same"),
        request
    );
    let request = RerankRequest::new("q", ["a", "b"]).with_top_n(1);
    let text = serde_json::to_string(&request).expect("JSON");
    assert_eq!(
        serde_json::from_str::<RerankRequest>(&text).expect("the same"),
        request
    );
}
