//! DashScope's own wire from the other side: what the client writes is read as it was meant, and answers in both forms of pieces.

use bytes::BytesMut;
use router_aliyun::{AliyunCodec, endpoints};
use router_core::chat::{ReasoningConfig, ReasoningEffort};
use router_core::content::MediaKind;
use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{
    Call, ChatRequest, ContentPart, Error, ErrorKind, FinishReason, Head, Media, Message, Mode, Operation,
    Output, ProviderId, StreamEvent, ToolCall, ToolResult, Usage,
};
use router_wire::server::Ingress;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, HttpRequest, HttpResponse, StreamReader};
use serde_json::{Value, json};

const TEXT: &str = "/api/v1/services/aigc/text-generation/generation";

fn codec() -> AliyunCodec {
    AliyunCodec::new(ProviderId::from_static("aliyun"))
}

fn read(request: &HttpRequest) -> router_core::Result<Ingress> {
    let endpoints = endpoints();
    let endpoint = endpoints.iter().find(|endpoint| endpoint.claims(request));
    endpoint.expect("an endpoint").decode(request)
}

fn asked(parameters: Value) -> HttpRequest {
    let body = json!({"model": "m", "input": {"messages": [{"role": "user", "content": "x"}]}, "parameters": parameters});
    HttpRequest::post_json(TEXT, body.to_string())
}

fn chat_of(ingress: Ingress) -> ChatRequest {
    match ingress.operation {
        Operation::Chat(chat) => (*chat).clone(),
        other => panic!("a chat: {other:?}"),
    }
}

#[test]
fn what_the_client_writes_is_read() {
    let sound = Media::base64(MediaKind::Audio, "audio/wav", "UklGRg==");
    let parts = [
        ContentPart::text("What is this?"),
        Media::image_url("https://example.com/cat.png").into(),
        sound.into(),
        Media::url(MediaKind::Video, "https://example.com/cat.mp4").into(),
    ];
    let chat = ChatRequest::new(vec![
        Message::user(parts),
        Message::assistant(ContentPart::ToolCall(ToolCall::new("c1", "look", "{\"a\":1}"))),
        Message::tool([ToolResult::new("c1", "a cat")]),
    ])
    .with_temperature(0.5)
    .with_provider_options("aliyun", &json!({"api": "native", "enable_search": true}))
    .expect("options");
    let call = Call::new("qwen3-vl-plus", chat.clone()).streaming();
    let encoded = codec().encode(&call).expect("a request");
    let ingress = read(&encoded.request).expect("it reads");
    assert_eq!(
        (ingress.model.as_str(), ingress.mode),
        ("qwen3-vl-plus", Mode::Stream)
    );
    let got = chat_of(ingress);
    assert_eq!(got.settings, chat.settings);
    let media = |chat: &ChatRequest| -> Vec<_> {
        let parts = chat.messages[0].content.parts();
        parts
            .iter()
            .filter_map(|part| match part {
                ContentPart::Media(media) => Some((media.kind, media.source.clone())),
                _ => None,
            })
            .collect()
    };
    assert_eq!(media(&got), media(&chat));
    assert_eq!(got.messages.len(), 3);
    assert_eq!(got.messages[1], chat.messages[1]);
    // And written again, it is the same request.
    let again = got
        .with_provider_options("aliyun", &json!({"api": "native"}))
        .expect("options");
    let again = codec()
        .encode(&Call::new("qwen3-vl-plus", again).streaming())
        .expect("a request");
    let body = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    assert_eq!(body(&again.request.body), body(&encoded.request.body));
}

#[test]
fn older_forms_of_a_question() {
    let body =
        json!({"model": "m", "input": {"prompt": "And now?", "history": [{"user": "Hi", "bot": "Hello"}]}});
    let ingress = read(&HttpRequest::post_json(TEXT, body.to_string())).expect("it reads");
    let chat = chat_of(ingress);
    let texts: Vec<String> = chat
        .messages
        .iter()
        .map(|message| message.text().to_string())
        .collect();
    assert_eq!(texts, ["Hi", "Hello", "And now?"]);
}

#[test]
fn how_much_to_think() {
    let reasoning = |parameters: Value| {
        let chat = chat_of(read(&asked(parameters)).expect("it reads"));
        assert!(
            chat.extra.is_empty()
                || chat
                    .extra
                    .for_wire("openai.chat")
                    .iter()
                    .all(|(name, _)| !name.contains("think"))
        );
        chat.settings.reasoning
    };
    assert_eq!(reasoning(json!({})), None);
    let none = ReasoningConfig::effort(ReasoningEffort::None);
    assert_eq!(reasoning(json!({"enable_thinking": false})), Some(none));
    let budget = json!({"enable_thinking": true, "thinking_budget": 99});
    assert_eq!(reasoning(budget), Some(ReasoningConfig::budget(99)));
}

fn events() -> Vec<StreamEvent> {
    let mut finish = StreamFinish::default();
    finish
        .choices
        .push(ChoiceFinish::new(0, FinishReason::ToolCalls, None));
    let mut usage = Usage::new(5, 7);
    usage.reasoning_output_tokens = Some(2);
    usage.cache_read_input_tokens = Some(3);
    finish.usage = Some(usage);
    vec![
        StreamEvent::start(Some("r-1".into()), None),
        StreamEvent::ReasoningDelta {
            choice: 0,
            text: "Hm.".into(),
        },
        StreamEvent::text("Hel"),
        StreamEvent::text("lo!"),
        StreamEvent::tool_call_start(0, 0, "c1".into(), "look".into(), ToolCallKind::Function),
        StreamEvent::ToolCallDelta {
            choice: 0,
            call: 0,
            arguments: "{\"a\":".into(),
        },
        StreamEvent::ToolCallDelta {
            choice: 0,
            call: 0,
            arguments: "1}".into(),
        },
        StreamEvent::ToolCallEnd {
            choice: 0,
            call: 0,
            riders: router_core::content::Riders::new(),
        },
        StreamEvent::Finish(Box::new(finish)),
    ]
}

fn written(parameters: Value) -> String {
    let mut encoder = read(&asked(parameters)).expect("it reads").reply;
    let mut out = BytesMut::new();
    events().iter().for_each(|event| encoder.event(event, &mut out));
    String::from_utf8(out.to_vec()).expect("text")
}

fn pieces(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

#[test]
fn pieces_of_what_is_new() {
    let stream = written(json!({"result_format": "message", "incremental_output": true}));
    assert!(
        stream.starts_with("id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"),
        "{stream}"
    );
    let call = Call::new("m", ChatRequest::user("x")).streaming();
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([stream.into()]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = router_core::collect::Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    let answer = collector.finish();
    assert_eq!(
        (answer.text().as_str(), answer.choices[0].reasoning().as_str()),
        ("Hello!", "Hm.")
    );
    let called = answer.tool_calls().next().expect("a call");
    assert_eq!(
        (called.id.as_str(), called.arguments.as_str()),
        ("c1", "{\"a\":1}")
    );
    let usage = answer.usage.expect("counts");
    assert_eq!((usage.input_tokens, usage.output_tokens), (5, 7));
    assert_eq!(
        (usage.reasoning_output_tokens, usage.cache_read_input_tokens),
        (Some(2), Some(3))
    );
}

#[test]
fn pieces_of_all_so_far() {
    let pieces = pieces(&written(json!({"result_format": "message"})));
    let texts: Vec<&str> = pieces
        .iter()
        .filter_map(|piece| piece["output"]["choices"][0]["message"]["content"].as_str())
        .collect();
    assert_eq!(
        texts,
        ["", "Hel", "Hello!", "Hello!", "Hello!", "Hello!", "Hello!"]
    );
    let last = &pieces[6]["output"]["choices"][0];
    assert_eq!(last["finish_reason"], "tool_calls");
    assert_eq!(
        last["message"]["tool_calls"][0]["function"]["arguments"],
        "{\"a\":1}"
    );
    assert_eq!(pieces[5]["output"]["choices"][0]["finish_reason"], "null");
    assert_eq!(pieces[6]["usage"]["total_tokens"], 12);
}

/// Without a word about it, an answer is a text; parts where the address says so.
#[test]
fn forms_of_an_answer() {
    let choice = router_core::chat::Choice::new(0, vec![ContentPart::text("Hi")], FinishReason::Stop);
    let mut answer = router_core::ChatResponse::default();
    answer.choices.push(choice);
    let answer = Output::Chat(answer);
    let body = |request: &HttpRequest| -> Value {
        let mut encoder = read(request).expect("it reads").reply;
        let response = encoder.full(&Head::default(), &answer).expect("an answer");
        serde_json::from_slice::<Value>(&response.body).expect("JSON")["output"].clone()
    };
    assert_eq!(
        body(&asked(json!({}))),
        json!({"text": "Hi", "finish_reason": "stop"})
    );
    let mut several = asked(json!({}));
    several.path = several
        .path
        .replace("text-generation", "multimodal-generation")
        .into();
    let content = &body(&several)["choices"][0]["message"]["content"];
    assert_eq!(*content, json!([{"text": "Hi"}]));
}

#[test]
fn errors_are_read_as_they_were_meant() {
    let kinds = [
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::InvalidRequest,
        ErrorKind::ContentFiltered,
        ErrorKind::RateLimited,
        ErrorKind::QuotaExceeded,
        ErrorKind::Overloaded,
        ErrorKind::Server,
        ErrorKind::Timeout(router_core::error::TimeoutKind::Vendor),
    ];
    let call = Call::new("m", ChatRequest::user("x"));
    for kind in kinds {
        let error = Error::new(kind, "no");
        let response: HttpResponse = endpoints()[0].error(&error);
        assert_eq!(codec().error(&call, &response).kind(), kind);
        let mut encoder = read(&asked(json!({}))).expect("it reads").reply;
        let mut out = BytesMut::new();
        encoder.event(&StreamEvent::text("Hi"), &mut out);
        encoder.stream_error(&error, &mut out);
        let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
        let (_, found) = reader.read_all([out.freeze()]);
        assert_eq!(found.map(|error| error.kind()), Some(kind));
    }
}

#[test]
fn what_is_wrong_is_named() {
    let message = |body: Value| {
        let error = read(&HttpRequest::post_json(TEXT, body.to_string())).expect_err("it is wrong");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        error.message().to_owned()
    };
    assert!(message(json!({"input": {}})).contains("model"));
    assert!(message(json!({"model": "m"})).contains("input"));
    assert!(message(json!({"model": "m", "input": {"messages": []}})).contains("messages"));
    let frames =
        json!({"model": "m", "input": {"messages": [{"role": "user", "content": [{"video": ["a", "b"]}]}]}});
    assert!(message(frames).contains("content[0].video"));
}
