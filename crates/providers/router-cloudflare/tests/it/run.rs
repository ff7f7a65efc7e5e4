//! Models that are run: the path, bodies without a model, and answers in an envelope.

use std::sync::Arc;

use router_cloudflare::{CloudflareCodec, build};
use router_core::audio::{SpeechRequest, TranscriptionRequest};
use router_core::chat::JsonSchemaFormat;
use router_core::collect::Collector;
use router_core::content::MediaKind;
use router_core::embedding::EmbeddingRequest;
use router_core::image::ImageRequest;
use router_core::message::Role;
use router_core::{
    Call, ChatRequest, ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Media, Message, Operation,
    Output, ProviderExt as _, ProviderId, ResponseFormat, Result, Settings, ToolCall, ToolChoice,
    ToolDefinition, ToolResult,
};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, HttpResponse, StreamReader};
use serde_json::{Value, json};

const MODEL: &str = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";

fn codec() -> CloudflareCodec {
    CloudflareCodec::new(ProviderId::from_static("cloudflare"))
}

fn run(mut request: ChatRequest) -> Call {
    let options = json!({"api": "run", "repetition_penalty": 1.1});
    request
        .provider_options
        .set("cloudflare", &options)
        .expect("JSON");
    Call::new(MODEL, request)
}

fn sent(call: &Call) -> (String, Value, Vec<String>) {
    let encoded = codec().encode(call).expect("a request");
    let warned = encoded.warnings.iter();
    (
        encoded.request.path.to_string(),
        serde_json::from_slice(&encoded.request.body).expect("JSON"),
        warned.map(|warning| warning.setting.to_string()).collect(),
    )
}

fn weather() -> ToolDefinition {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    ToolDefinition::function("get_weather", "Tells the weather.", schema)
}

fn answered(body: Value) -> Result<ChatResponse> {
    let body = json!({"result": body, "success": true, "errors": [], "messages": []});
    match codec().decode(&run("x".into()), &HttpResponse::json(200, body.to_string()))? {
        Output::Chat(answer) => Ok(answer),
        other => panic!("no chat: {other:?}"),
    }
}

fn streamed(text: &str) -> (ChatResponse, Option<Error>) {
    let call = run("x".into()).streaming();
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([text.to_owned().into()]);
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    (collector.finish(), error)
}

#[test]
fn the_model_is_the_path_and_slashes_stay() {
    let mut settings = Settings::default();
    settings.max_output_tokens = Some(300);
    settings.temperature = Some(0.5);
    settings.top_k = Some(40);
    settings.stop_sequences = vec!["END".into()];
    settings.user = Some("u-1".into());
    let (path, body, warned) = sent(&run(ChatRequest::user("Hi").with_settings(settings)));
    assert_eq!(path, "/run/@cf/meta/llama-3.3-70b-instruct-fp8-fast");
    let expected = json!({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 300, "temperature": 0.5,
        "top_k": 40, "repetition_penalty": 1.1});
    assert_eq!(body, expected);
    assert_eq!(warned, ["stop_sequences", "user"]);
    let (_, body, _) = sent(&run("x".into()).streaming());
    assert_eq!(body["stream"], true);
}

#[test]
fn an_envelope_around_nothing_is_no_answer() {
    for nothing in [Value::Null, json!({})] {
        let error = answered(nothing).expect_err("no answer");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
    let silent = answered(json!({"response": "", "usage": {"prompt_tokens": 3, "completion_tokens": 0}}));
    assert_eq!(silent.expect("an answer without a word").text(), "");
}

#[test]
fn a_name_leads_to_no_other_address_of_the_vendor() {
    let away = |operation: Operation| Call::new("@cf/../../../../user/tokens", operation);
    let chat = run("x".into()).operation;
    for operation in [
        chat,
        ImageRequest::new("x").into(),
        SpeechRequest::new("x").into(),
    ] {
        let error = codec().encode(&away(operation)).map(|_| ()).expect_err("no name");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("model"), "{error}");
    }
}

#[test]
fn the_schema_of_an_answer_stands_bare() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "number"}}});
    let format = ResponseFormat::JsonSchema(JsonSchemaFormat::new("numbers", schema.clone()));
    let (_, body, _) = sent(&run(ChatRequest::user("x").with_response_format(format)));
    assert_eq!(
        body["response_format"],
        json!({"type": "json_schema", "json_schema": schema})
    );
    let answer = answered(json!({"response": {"a": 1.5}})).expect("an answer");
    let parsed: Value = serde_json::from_str(&answer.text()).expect("JSON");
    assert_eq!(parsed, json!({"a": 1.5}));
}

#[test]
fn no_tool_can_be_asked_for_and_calls_have_no_ids() {
    let call = ToolCall::new("call_0_0", "get_weather", r#"{"city":"Paris"}"#);
    let request = ChatRequest::new([
        Message::user("How is the weather in Paris?"),
        Message::new(Role::Assistant, vec![ContentPart::from(call)]),
        Message::tool([ToolResult::new("call_0_0", "21 degrees")]),
    ])
    .with_tools([weather()]);
    let mut forced = request.clone();
    forced.tool_choice = Some(ToolChoice::Required);
    let (_, body, warned) = sent(&run(forced));
    assert_eq!(warned, ["tool_choice"]);
    assert_eq!(body["tool_choice"], Value::Null);
    assert_eq!(body["tools"][0]["function"]["name"], "get_weather");
    assert_eq!(body["messages"][2]["role"], "tool");
    let mut automatic = request;
    automatic.tool_choice = Some(ToolChoice::Auto);
    let (_, body, warned) = sent(&run(automatic));
    assert!(warned.is_empty(), "{warned:?}");
    assert_eq!(body["tool_choice"], Value::Null);

    let answer = answered(json!({"response": null, "tool_calls": [
        {"name": "get_weather", "arguments": {"city": "Paris"}},
        {"name": "get_weather", "arguments": "{\"city\":\"Rome\"}"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}}))
    .expect("an answer");
    let calls: Vec<(&str, String)> = answer
        .tool_calls()
        .map(|call| (call.id.as_str(), call.arguments.replace(' ', "")))
        .collect();
    assert_eq!(
        calls,
        [
            ("call_0_0", r#"{"city":"Paris"}"#.to_owned()),
            ("call_0_1", r#"{"city":"Rome"}"#.to_owned())
        ]
    );
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));
    let usage = answer.usage.expect("counts");
    assert_eq!((usage.input_tokens, usage.output_tokens), (12, 7));
}

#[test]
fn pictures_go_by_value() {
    let see = |media: Media| {
        let parts = [ContentPart::from("What is it?"), ContentPart::from(media)];
        run(ChatRequest::new([Message::new(Role::User, parts.to_vec())]))
    };
    let (_, body, _) = sent(&see(Media::image_bytes("image/png", b"a")));
    let url = &body["messages"][0]["content"][1]["image_url"]["url"];
    assert_eq!(url, "data:image/png;base64,YQ==");
    let error = codec().encode(&see(Media::image_url("https://pictures.test/a.png")));
    assert_eq!(error.expect_err("no address").kind(), ErrorKind::Unsupported);
}

#[test]
fn padding_is_no_text_and_numbers_are() {
    let (answer, error) = streamed(
        "data: {\"response\":\"It is \",\"p\":\"abdefgh\"}\n\ndata: {\"response\":42,\"p\":\"a\"}\n\n\
         data: {\"response\":\"\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}\n\ndata: [DONE]\n\n",
    );
    assert!(error.is_none(), "{error:?}");
    assert_eq!(answer.text(), "It is 42");
    assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop));
    assert_eq!(answer.usage.map(|usage| usage.output_tokens), Some(2));
}

#[test]
fn a_stream_without_its_mark_is_cut() {
    let (answer, error) = streamed("data: {\"response\":\"It is\"}\n\n");
    assert_eq!(answer.text(), "It is");
    assert_eq!(error.expect("cut").kind(), ErrorKind::Truncated);
}

#[test]
fn an_error_in_a_stream_and_one_in_a_success() {
    let body = r#"{"errors":[{"code":3040,"message":"Capacity temporarily exceeded"}],"success":false,"result":null,"messages":[]}"#;
    let (_, error) = streamed(&format!("data: {{\"response\":\"It\"}}\n\ndata: {body}\n\n"));
    assert_eq!(error.expect("an error").kind(), ErrorKind::Overloaded);
    let error = codec()
        .decode(&run("x".into()), &HttpResponse::json(200, body))
        .expect_err("an error");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Overloaded, Some("3040"))
    );
}

/// Newer models answer as OpenAI's do, inside of the envelope and in streams.
#[test]
fn newer_models_answer_as_the_family_does() {
    let answer = answered(
        json!({"id": "c-1", "model": "m", "choices": [{"index": 0, "finish_reason": "length",
        "message": {"role": "assistant", "content": "Hello", "reasoning_content": "Hm."}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}),
    )
    .expect("an answer");
    assert_eq!(
        (&*answer.text(), answer.finish_reason()),
        ("Hello", Some(&FinishReason::Length))
    );
    let (answer, error) = streamed(
        "data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n\
         data: {\"id\":\"c-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n\
         data: {\"id\":\"c-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
    );
    assert!(error.is_none(), "{error:?}");
    assert_eq!(answer.text(), "Hello");
    assert_eq!(answer.usage.map(|usage| usage.input_tokens), Some(3));
}

#[test]
fn vectors_of_a_run() {
    let mut request = EmbeddingRequest::new(["a", "b"]);
    request.dimensions = Some(8);
    request
        .provider_options
        .set("cloudflare", &json!({"api": "run", "pooling": "cls"}))
        .expect("JSON");
    let call = Call::new("@cf/baai/bge-base-en-v1.5", Operation::from(request));
    let (path, body, warned) = sent(&call);
    assert_eq!(path, "/run/@cf/baai/bge-base-en-v1.5");
    assert_eq!(body, json!({"text": ["a", "b"], "pooling": "cls"}));
    assert_eq!(warned, ["dimensions"]);
    let body = r#"{"result":{"shape":[2,2],"data":[[0.5,1],[2,3]],"pooling":"cls"},"success":true}"#;
    let Ok(Output::Embed(answer)) = codec().decode(&call, &HttpResponse::json(200, body)) else {
        panic!("no vectors")
    };
    assert_eq!(answer.embeddings, [vec![0.5, 1.0], vec![2.0, 3.0]]);
}

/// Older models answer with the bytes of a picture, newer ones want a form.
#[test]
fn pictures_come_as_bytes_too_and_are_asked_for_in_forms() {
    let mut request = ImageRequest::new("A cat");
    request.size = Some("1024x768".into());
    request.seed = Some(7);
    let call = Call::new(
        "@cf/bytedance/stable-diffusion-xl-lightning",
        Operation::from(request.clone()),
    );
    let (_, body, _) = sent(&call);
    assert_eq!(
        body,
        json!({"prompt": "A cat", "width": 1024, "height": 768, "seed": 7})
    );
    let png = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0].to_vec();
    let reply = HttpResponse::new(200, http::HeaderMap::new(), png.clone());
    let Ok(Output::GenerateImage(answer)) = codec().decode(&call, &reply) else {
        panic!("no picture")
    };
    assert_eq!(answer.images[0].media.decode().as_deref(), Some(&png[..]));
    let call = Call::new("@cf/black-forest-labs/flux-2-dev", Operation::from(request));
    let encoded = codec().encode(&call).expect("a request");
    let kind = encoded.request.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("multipart/form-data"), "{kind}");
}

#[test]
fn sounds_go_as_the_model_takes_them() {
    let sound = || Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF....WAVE");
    let mut request = TranscriptionRequest::new(sound());
    request.language = Some("de".into());
    let bare = Call::new("@cf/openai/whisper", Operation::from(request.clone()));
    let encoded = codec().encode(&bare).expect("a request");
    assert_eq!(&encoded.request.body[..], b"RIFF....WAVE");
    assert_eq!(encoded.request.header("content-type"), Some("audio/wav"));
    assert_eq!(encoded.warnings[0].setting, "language");
    request.translate = true;
    let call = Call::new(
        "@cf/openai/whisper-large-v3-turbo",
        Operation::from(request.clone()),
    );
    let (_, body, warned) = sent(&call);
    assert_eq!(body["task"], "translate");
    assert_eq!(body["language"], "de");
    assert!(warned.is_empty());
    let bare = Call::new("@cf/openai/whisper", Operation::from(request));
    assert_eq!(
        codec().encode(&bare).expect_err("it cannot").kind(),
        ErrorKind::Unsupported
    );

    let request = SpeechRequest::new("Hello").with_voice("luna").with_format("opus");
    let call = Call::new("@cf/deepgram/aura-1", Operation::from(request.clone()));
    let (_, body, _) = sent(&call);
    assert_eq!(
        body,
        json!({"text": "Hello", "speaker": "luna", "encoding": "opus"})
    );
    let (_, body, warned) = sent(&Call::new("@cf/myshell-ai/melotts", Operation::from(request)));
    assert_eq!(body, json!({"prompt": "Hello"}));
    assert_eq!(warned, ["voice", "format"]);
}

/// An address of either surface is that of the account; a gateway has its own, and runs nothing.
#[tokio::test]
async fn the_address_says_where_models_are_run() {
    let sent = async |base: &str, model_run: bool| {
        let answer = r#"{"result":{"response":"Hi"},"success":true,"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;
        let transport = Arc::new(ReplayTransport::new().json(200, answer));
        let settings = ProviderSettings::default()
            .with_api_key("t-1")
            .with_base_url(base)
            .with_transport(Arc::clone(&transport) as _);
        let mut request = ChatRequest::user("x");
        let api = if model_run { "run" } else { "chat_completions" };
        request
            .provider_options
            .set("cloudflare", &json!({"api": api}))
            .expect("JSON");
        let answer = build(&settings)
            .expect("a provider")
            .chat("@cf/a/b", request)
            .await;
        answer.map(|answer| (answer.text(), transport.requests()[0].url.clone()))
    };
    let account = "https://api.cloudflare.com/client/v4/accounts/0f1e2d/ai";
    for base in [account.to_owned(), format!("{account}/"), format!("{account}/v1")] {
        let (text, url) = sent(&base, true).await.expect("an answer");
        assert_eq!(
            (text.as_str(), url),
            ("Hi", format!("{account}/run/@cf/a/b").into())
        );
        let (_, url) = sent(&base, false).await.expect("an answer");
        assert_eq!(url, format!("{account}/v1/chat/completions"));
    }
    let gateway = "https://gateway.ai.cloudflare.com/v1/0f1e2d/mine/compat";
    let (_, url) = sent(gateway, false).await.expect("an answer");
    assert_eq!(url, format!("{gateway}/chat/completions"));
    let error = sent(gateway, true).await.expect_err("nothing is run there");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
