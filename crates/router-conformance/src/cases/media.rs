//! Pictures and sound.

use router_core::audio::{SpeechRequest, TranscriptionRequest};
use router_core::content::{MediaKind, MediaSource};
use router_core::image::{ImageRequest, ImageResponse};
use router_core::{Media, ProviderExt as _};

use crate::exchange::{Exchange, check_request};
use crate::requests;
use crate::subject::Subject;

async fn image(subject: &Subject, cases: &[&str], request: ImageRequest) -> ImageResponse {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(cases));
    let answer = exchange
        .provider
        .generate_image(subject.model.clone(), request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", cases[0]));
    check_request(subject, cases[0], &exchange, true);
    answer.into_value()
}

pub(crate) async fn image_generate(subject: Subject) {
    let answer = image(&subject, &["image_generate"], ImageRequest::new("A red cat.")).await;
    assert_eq!(answer.images.len(), 1);
}

pub(crate) async fn image_edit(subject: Subject) {
    let mut request = ImageRequest::new("Make it blue.");
    if let router_core::ContentPart::Media(picture) = requests::image_by_value() {
        request.images.push(picture);
    }
    let answer = image(&subject, &["image_edit"], request).await;
    assert_eq!(answer.images.len(), 1);
}

/// The fixture answers with one picture by address and one by value.
pub(crate) async fn image_url_and_base64(subject: Subject) {
    let mut request = ImageRequest::new("Two cats.");
    request.n = Some(2);
    let answer = image(&subject, &["image_url_and_base64"], request).await;
    let by_url = |media: &Media| matches!(media.source, MediaSource::Url(_));
    assert_eq!(
        answer.images.iter().filter(|image| by_url(&image.media)).count(),
        1
    );
    assert_eq!(
        answer
            .images
            .iter()
            .filter_map(|image| image.media.decode())
            .count(),
        1
    );
}

pub(crate) async fn speech_bytes_and_format(subject: Subject) {
    let answered = subject.fixtures.response_of(&["speech_bytes_and_format"]);
    let exchange = Exchange::of(&subject, &answered);
    let mut request = SpeechRequest::new("Hello.");
    request.format = Some("mp3".into());
    let answer = exchange
        .provider
        .speak(subject.model.clone(), request)
        .await
        .unwrap_or_else(|error| panic!("speech_bytes_and_format: {error}"));
    check_request(&subject, "speech_bytes_and_format", &exchange, true);
    assert!(!answer.audio.is_empty(), "no sound came");
    assert!(answer.media_type.is_some(), "the format of the sound is unknown");
}

pub(crate) async fn transcribe_text_and_segments(subject: Subject) {
    let answered = subject.fixtures.response_of(&["transcribe_text_and_segments"]);
    let exchange = Exchange::of(&subject, &answered);
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF").with_name("hello.wav");
    let answer = exchange
        .provider
        .transcribe(subject.model.clone(), TranscriptionRequest::new(sound))
        .await
        .unwrap_or_else(|error| panic!("transcribe_text_and_segments: {error}"));
    check_request(&subject, "transcribe_text_and_segments", &exchange, false);
    assert_eq!(answer.text.trim(), "Hello there.");
    assert!(!answer.segments.is_empty(), "the segments were lost");
}
