//! Pictures, sound, film and documents, in and out.

use router_core::audio::SpeechRequest;
use router_core::content::{Media, MediaKind, MediaSource};
use router_core::image::ImageRequest;
use router_core::{Call, ChatRequest, ContentPart, ErrorKind, Message, ModelId, Text};
use router_wire::HttpResponse;
use router_wire_gemini::{images, speech};
use serde_json::{Value, json};

use crate::side::{encoded, sent, speaker};

const NOW: &str = "gemini-3-pro-preview";
const OLD: &str = "gemini-2.5-flash";

fn with(media: Media) -> ChatRequest {
    ChatRequest::new(vec![Message::user(ContentPart::from(media))])
}

fn part(model: &'static str, media: Media) -> Value {
    sent(model, &with(media)).0["contents"][0]["parts"][0].clone()
}

#[test]
fn media_is_given_by_value_by_file_and_by_address() {
    let cases = [
        (
            Media::bytes(MediaKind::Image, "image/png", b"png"),
            json!({"inlineData": {"mimeType": "image/png", "data": "cG5n"}}),
        ),
        (
            Media::bytes(MediaKind::Document, "application/pdf", b"%PDF"),
            json!({"inlineData": {"mimeType": "application/pdf", "data": "JVBERg=="}}),
        ),
        (
            Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF"),
            json!({"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}),
        ),
        (
            Media::bytes(MediaKind::Video, "video/mp4", b"mp4"),
            json!({"inlineData": {"mimeType": "video/mp4", "data": "bXA0"}}),
        ),
        (
            Media::new(MediaKind::Document, MediaSource::Text(Text::from("Hi"))),
            json!({"inlineData": {"mimeType": "text/plain", "data": "SGk="}}),
        ),
    ];
    for (media, expected) in cases {
        assert_eq!(part(OLD, media.clone()), expected);
        assert_eq!(part(NOW, media), expected);
    }
    let uri = "https://generativelanguage.googleapis.com/v1beta/files/abc";
    let mut file = Media::new(MediaKind::Video, MediaSource::File(Text::from(uri)));
    assert_eq!(part(OLD, file.clone()), json!({"fileData": {"fileUri": uri}}));
    file.media_type = Some(Text::from("video/mp4"));
    assert_eq!(
        part(OLD, file),
        json!({"fileData": {"mimeType": "video/mp4", "fileUri": uri}})
    );
    let film = Media::url(MediaKind::Video, "https://www.youtube.com/watch?v=1");
    assert_eq!(
        part(OLD, film),
        json!({"fileData": {"fileUri": "https://www.youtube.com/watch?v=1"}})
    );
    let page = Media::url(MediaKind::Document, "https://example.com/a.PDF?x=1.png");
    let expected =
        json!({"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.com/a.PDF?x=1.png"}});
    assert_eq!(part(NOW, page.clone()), expected);
    let chat = with(page);
    let error =
        encoded(&Call::new("gemini-2.0-flash", chat.clone()), &chat).expect_err("this model fetches nothing");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn pictures_are_looked_at_closely_where_the_model_can_be_told() {
    let picture = |detail: &str| {
        let mut media = Media::bytes(MediaKind::Image, "image/png", b"png");
        media.detail = Some(Text::from(detail));
        with(media)
    };
    let told = |model, detail: &str| {
        let (body, warnings) = sent(model, &picture(detail));
        (
            body["contents"][0]["parts"][0]["mediaResolution"].clone(),
            warnings.len(),
        )
    };
    assert_eq!(told(NOW, "high"), (json!({"level": "MEDIA_RESOLUTION_HIGH"}), 0));
    assert_eq!(told(NOW, "auto"), (Value::Null, 0));
    assert_eq!(told(NOW, "odd"), (Value::Null, 1));
    assert_eq!(told(OLD, "low"), (Value::Null, 1));
}

fn speech_body(request: &SpeechRequest) -> (Value, Vec<String>) {
    let call = Call::new("gemini-2.5-flash-preview-tts", request.clone());
    let encoded = speech::encode(&speaker(), &call, request).expect("a request");
    assert_eq!(
        encoded.request.path,
        "/models/gemini-2.5-flash-preview-tts:generateContent"
    );
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let warnings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    (body, warnings.collect())
}

#[test]
fn speech_is_an_answer_of_sound_alone() {
    let (body, warnings) = speech_body(&SpeechRequest::new("Hello.").with_voice("Kore"));
    let expected = json!({
        "contents": [{"role": "user", "parts": [{"text": "Hello."}]}],
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
        },
    });
    assert_eq!((body, warnings.len()), (expected, 0));
    let mut request = SpeechRequest::new("Hello.").with_format("mp3");
    request.speed = Some(1.5);
    request.instructions = Some(Text::from("Say it cheerfully:"));
    let (body, warnings) = speech_body(&request);
    assert_eq!(
        body["contents"][0]["parts"][0]["text"],
        "Say it cheerfully:\n\nHello."
    );
    assert_eq!(warnings, ["speed", "format", "instructions"]);
    request.strict = true;
    let call = Call::new("m", request.clone());
    assert_eq!(
        speech::encode(&speaker(), &call, &request)
            .expect_err("strict")
            .kind(),
        ErrorKind::Unsupported
    );
    let mut several = SpeechRequest::new("A: Hi. B: Ho.").with_voice("Kore");
    let config = json!({"generationConfig": {"speechConfig": {"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": []}}}});
    several.provider_options.set("gemini", &config).expect("options");
    assert_eq!(
        speech_body(&several).0["generationConfig"]["speechConfig"],
        config["generationConfig"]["speechConfig"]
    );
}

#[test]
fn spoken_answers_are_the_sound_that_came_or_a_file() {
    let body = json!({
        "candidates": [{"content": {"parts": [
            {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AQI="}},
            {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AwQ="}},
        ]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 5, "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}]},
        "modelVersion": "m",
    });
    let read = |format: Option<&str>, body: &Value| {
        let mut request = SpeechRequest::new("x");
        request.format = format.map(Text::from);
        speech::decode(&speaker(), &request, &HttpResponse::json(200, body.to_string()))
    };
    let bare = read(None, &body).expect("sound");
    assert_eq!(&bare.audio[..], [1, 2, 3, 4]);
    assert_eq!(bare.media_type.as_deref(), Some("audio/L16;codec=pcm;rate=24000"));
    assert_eq!(bare.usage.and_then(|usage| usage.audio_output_tokens), Some(5));
    let file = read(Some("wav"), &body).expect("a file");
    assert_eq!(
        (file.media_type.as_deref(), file.audio.len()),
        (Some("audio/wav"), 48)
    );
    let none = json!({"candidates": [{"content": {"parts": [{"text": "No."}]}, "finishReason": "OTHER"}]});
    assert_eq!(read(None, &none).expect_err("no sound").kind(), ErrorKind::Decode);
    let filtered = json!({"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]});
    assert_eq!(
        read(None, &filtered).expect_err("no sound").kind(),
        ErrorKind::ContentFiltered
    );
}

fn image_request(model: &'static str, request: &ImageRequest) -> (String, Value, Vec<String>) {
    let call = Call::new(model, request.clone());
    let encoded = images::encode(&speaker(), &call, request).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let warnings = encoded.warnings.iter().map(|warning| warning.setting.to_string());
    (encoded.request.path.into(), body, warnings.collect())
}

#[test]
fn pictures_are_asked_for_as_the_model_makes_them() {
    let mut request =
        ImageRequest::new("A cat.").with_image(Media::bytes(MediaKind::Image, "image/png", b"png"));
    request.aspect_ratio = Some(Text::from("16:9"));
    request.size = Some(Text::from("2K"));
    request.quality = Some(Text::from("high"));
    let (path, body, warnings) = image_request("gemini-3-pro-image", &request);
    assert_eq!(path, "/models/gemini-3-pro-image:generateContent");
    let expected = json!({
        "contents": [{"role": "user", "parts": [{"text": "A cat."}, {"inlineData": {"mimeType": "image/png", "data": "cG5n"}}]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}},
    });
    assert_eq!((body, warnings), (expected, vec!["quality".to_owned()]));
    request.images.clear();
    request.n = Some(2);
    request.seed = Some(7);
    request.output_format = Some(Text::from("jpeg"));
    request.negative_prompt = Some(Text::from("dogs"));
    let (path, body, warnings) = image_request("imagen-4.0-generate-001", &request);
    assert_eq!(path, "/models/imagen-4.0-generate-001:predict");
    let expected = json!({
        "instances": [{"prompt": "A cat."}],
        "parameters": {
            "sampleCount": 2, "aspectRatio": "16:9", "sampleImageSize": "2K", "negativePrompt": "dogs",
            "seed": 7, "addWatermark": false, "outputOptions": {"mimeType": "image/jpeg"},
        },
    });
    assert_eq!((body, warnings), (expected, vec!["quality".to_owned()]));
}

fn pictures(model: &'static str, body: &Value) -> router_core::Result<router_core::image::ImageResponse> {
    let call = Call::new(ModelId::from_static(model), ImageRequest::new("x"));
    images::decode(&speaker(), &call, &HttpResponse::json(200, body.to_string()))
}

#[test]
fn answers_with_pictures_and_without() {
    let body = json!({"candidates": [{"content": {"parts": [
        {"text": "Here."}, {"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thoughtSignature": "c2ln"},
    ]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}, "modelVersion": "m"});
    let answer = pictures("gemini-3-pro-image", &body).expect("pictures");
    assert_eq!((answer.images.len(), answer.model.as_deref()), (1, Some("m")));
    let refused = json!({"candidates": [{"finishReason": "IMAGE_SAFETY"}]});
    let error = pictures("gemini-3-pro-image", &refused).expect_err("none");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::ContentFiltered, Some("IMAGE_SAFETY"))
    );
    let said =
        json!({"candidates": [{"content": {"parts": [{"text": "I cannot."}]}, "finishReason": "STOP"}]});
    let error = pictures("gemini-3-pro-image", &said).expect_err("none");
    assert!(
        error.kind() == ErrorKind::Decode && error.message().contains("I cannot."),
        "{error}"
    );
    let some = json!({"predictions": [
        {"mimeType": "image/png", "bytesBase64Encoded": "cG5n", "prompt": "A red cat."},
        {"mimeType": "image/png", "gcsUri": "gs://a/b.png"},
        {"raiFilteredReason": "One picture was filtered."},
    ]});
    let answer = pictures("imagen-4", &some).expect("pictures");
    assert_eq!((answer.images.len(), answer.filtered), (2, 1));
    assert_eq!(answer.images[0].revised_prompt.as_deref(), Some("A red cat."));
    assert!(matches!(answer.images[1].media.source, MediaSource::Url(_)));
    let none = json!({"predictions": [{"raiFilteredReason": "All filtered."}]});
    let answer = pictures("imagen-4", &none).expect("an answer that counts");
    assert_eq!((answer.images.len(), answer.filtered), (0, 1));
    let why = answer
        .extra
        .get("gemini", "raiFilteredReason")
        .expect("the reason");
    assert_eq!(why.as_str(), "\"All filtered.\"");
    assert_eq!(
        pictures("imagen-4", &json!({})).expect_err("none").kind(),
        ErrorKind::ContentFiltered
    );
}

/// Pictures of chats are parts, and go back as they came, drafts among them.
#[test]
fn pictures_of_a_chat_go_back_as_they_came() {
    let parts = json!([
        {"inlineData": {"mimeType": "image/png", "data": "ZHJhZnQ="}, "thought": true},
        {"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thoughtSignature": "c2ln"},
        {"fileData": {"mimeType": "image/png", "fileUri": "gs://a/b.png"}},
    ]);
    let body =
        json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}]});
    let answer = router_wire_gemini::response::decode(&speaker(), &HttpResponse::json(200, body.to_string()))
        .expect("an answer");
    let chat = ChatRequest::new(vec![Message::user("x"), answer.to_message(), Message::user("y")]);
    assert_eq!(sent(NOW, &chat).0["contents"][1]["parts"], parts);
}
