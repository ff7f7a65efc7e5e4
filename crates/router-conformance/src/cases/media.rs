//! Pictures and sound.

use router_core::audio::{SpeechRequest, Timestamps, TranscriptionRequest};
use router_core::content::{MediaKind, MediaSource};
use router_core::image::{ImageRequest, ImageResponse};
use router_core::{Media, OperationKind, ProviderExt as _};

use crate::exchange::{Exchange, check_request};
use crate::requests;
use crate::subject::Subject;

async fn image(subject: &Subject, cases: &[&str], request: ImageRequest) -> ImageResponse {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(cases));
    let model = subject.model_of(OperationKind::GenerateImage).clone();
    let answer = exchange
        .provider
        .generate_image(model, request)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", cases[0]));
    check_request(subject, cases[0], &exchange, true);
    answer.into_value()
}

/// A picture is there by value, its type known, or by an address.
fn check_picture(case: &str, media: &Media) {
    assert_eq!(media.kind, MediaKind::Image, "{case}: it is no picture");
    match &media.source {
        MediaSource::Url(url) => assert!(url.starts_with("http"), "{case}: {url} is no address"),
        _ => {
            let bytes = media
                .decode()
                .unwrap_or_else(|| panic!("{case}: the picture is no base64"));
            assert!(!bytes.is_empty(), "{case}: the picture is empty");
            assert!(
                media.media_type.is_some(),
                "{case}: the picture's type is unknown"
            );
        }
    }
}

pub(crate) async fn image_generate(subject: Subject) {
    let answer = image(&subject, &["image_generate"], ImageRequest::new("A red cat.")).await;
    assert_eq!(answer.images.len(), 1);
    check_picture("image_generate", &answer.images[0].media);
}

pub(crate) async fn image_edit(subject: Subject) {
    let mut request = ImageRequest::new("Make it blue.");
    if let router_core::ContentPart::Media(picture) = requests::image_by_value() {
        request.images.push(picture);
    }
    let answer = image(&subject, &["image_edit"], request).await;
    assert_eq!(answer.images.len(), 1);
    check_picture("image_edit", &answer.images[0].media);
}

/// The fixture answers with one picture by address and one by value.
pub(crate) async fn image_url_and_base64(subject: Subject) {
    let mut request = ImageRequest::new("Two cats.");
    request.n = Some(2);
    let answer = image(&subject, &["image_url_and_base64"], request).await;
    assert_eq!(answer.images.len(), 2);
    for image in &answer.images {
        check_picture("image_url_and_base64", &image.media);
    }
    let by_url = answer
        .images
        .iter()
        .filter(|image| matches!(image.media.source, MediaSource::Url(_)));
    assert_eq!(by_url.count(), 1, "one is there by address, one by value");
}

pub(crate) async fn speech_bytes_and_format(subject: Subject) {
    let answered = subject.fixtures.response_of(&["speech_bytes_and_format"]);
    let exchange = Exchange::of(&subject, &answered);
    let mut request = SpeechRequest::new("Hello.").with_format("mp3");
    request.voice = subject.voice.map(Into::into);
    let answer = exchange
        .provider
        .speak(subject.model_of(OperationKind::Speak).clone(), request)
        .await
        .unwrap_or_else(|error| panic!("speech_bytes_and_format: {error}"));
    check_request(&subject, "speech_bytes_and_format", &exchange, true);
    assert!(!answer.audio.is_empty(), "no sound came");
    let kind = answer.media_type.as_deref().unwrap_or_default();
    assert!(
        kind.starts_with("audio/"),
        "the format of the sound is {kind:?}, which is none"
    );
}

pub(crate) async fn transcribe_text_and_segments(subject: Subject) {
    let answered = subject.fixtures.response_of(&["transcribe_text_and_segments"]);
    let exchange = Exchange::of(&subject, &answered);
    let sound = Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF").with_name("hello.wav");
    let request = TranscriptionRequest::new(sound).with_timestamps([Timestamps::Segment]);
    let answer = exchange
        .provider
        .transcribe(subject.model_of(OperationKind::Transcribe).clone(), request)
        .await
        .unwrap_or_else(|error| panic!("transcribe_text_and_segments: {error}"));
    check_request(&subject, "transcribe_text_and_segments", &exchange, true);
    assert_eq!(answer.text.trim(), "Hello there.");
    let segments: Vec<_> = answer
        .segments
        .iter()
        .map(|segment| (segment.start, segment.end, segment.text.trim()))
        .collect();
    assert_eq!(segments, [(0.0, 1.5, "Hello there.")]);
}
