//! The server side, judged by the client side, and what it refuses.

use bytes::{Bytes, BytesMut};
use router_core::chat::Choice;
use router_core::collect::Collector;
use router_core::content::{Citation, MediaKind, Reasoning, TextPart};
use router_core::tool::ServerToolCall;
use router_core::{
    Call, ChatRequest, ChatResponse, ContentPart, Error, ErrorKind, FinishReason, Head, Json, Media, Mode,
    Operation, Output, Signature, StreamEvent, ToolCall, Usage,
};
use router_wire::framing::FrameLimits;
use router_wire::server::{Ingress, ReplyEncoder};
use router_wire::{Codec as _, HttpRequest, HttpResponse, StreamReader};
use serde_json::{Value, json};

use crate::requests::full;
use crate::side::{codec, encode};

fn decode(path: &str, body: &str) -> Result<Ingress, (Error, HttpResponse)> {
    let http = HttpRequest::post_json(path, body.to_owned());
    let endpoints = router_bedrock::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    endpoint.decode(&http).map_err(|error| {
        let response = endpoint.error(&error);
        (error, response)
    })
}

fn chat(path: &str, body: &str) -> (Ingress, ChatRequest) {
    let ingress = decode(path, body).map_err(|(error, _)| error).expect("a request");
    let Operation::Chat(request) = &ingress.operation else {
        panic!("no chat: {ingress:?}")
    };
    let request = (**request).clone();
    (ingress, request)
}

/// What the client wrote, the server reads, and the client writes it again the same.
#[test]
fn requests_come_out_as_they_went_in() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let first = encode(&Call::new(arn, full()));
    let (ingress, request) = chat(&first.path, std::str::from_utf8(&first.body).expect("text"));
    assert_eq!((ingress.model.as_str(), ingress.mode), (arn, Mode::Full));
    let second = encode(&Call::new(arn, request));
    let value = |http: &HttpRequest| serde_json::from_slice::<Value>(&http.body).expect("JSON");
    assert_eq!(value(&second), value(&first));
    let (ingress, _) = chat(
        "/model/m/converse-stream",
        r#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#,
    );
    assert_eq!(ingress.mode, Mode::Stream);
}

/// Fields that no type here names, and parts that only this vendor knows.
#[test]
fn unnamed_fields_and_own_parts_are_kept() {
    let body = json!({
        "messages": [
            {"role": "user", "content": [{"guardContent": {"text": {"text": "Tokyo", "qualifiers": ["query"]}}}, {"text": "x"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "t1", "name": "nova_grounding", "input": {"query": "q"}, "type": "server_tool_use"}},
                {"toolResult": {"toolUseId": "t1", "content": [{"text": "r"}], "status": "success", "type": "nova_grounding_result"}},
                {"citationsContent": {"content": [{"text": "said"}], "citations": [{"title": "t", "location": {"web": {"url": "u"}}}]}},
            ]},
            {"role": "user", "content": [{"text": "y"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]},
        ],
        "inferenceConfig": {"maxTokens": 5, "newKnob": 1},
        "additionalModelRequestFields": {"own": true},
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        "toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]},
        "tomorrow": {"a": [1]},
    });
    let (_, request) = chat("/model/amazon.nova-pro-v1%3A0/converse", &body.to_string());
    let again = encode(&Call::new("amazon.nova-pro-v1:0", request));
    assert_eq!(serde_json::from_slice::<Value>(&again.body).expect("JSON"), body);
}

#[test]
fn bad_requests_are_told_by_their_fields() {
    let user = json!({"role": "user", "content": [{"text": "x"}]});
    let orphan = json!({"role": "user", "content": [{"toolResult": {"toolUseId": "n", "content": []}}]});
    for (body, field) in [
        (json!({}), "messages"),
        (json!({"messages": "x"}), "messages"),
        (
            json!({"messages": [{"role": "judge", "content": [{"text": "x"}]}]}),
            "messages[0].role",
        ),
        (
            json!({"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}),
            "messages[0].role",
        ),
        (
            json!({"messages": [{"role": "user", "content": []}]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{}]}]}),
            "messages[0].content[0]",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "?"}}}]}]}),
            "messages[0].content[0].image.source.bytes",
        ),
        (
            json!({"messages": [orphan]}),
            "messages[0].content.toolResult.toolUseId",
        ),
        (
            json!({"messages": [user], "inferenceConfig": {"temperature": 1.5}}),
            "inferenceConfig.temperature",
        ),
        (
            json!({"messages": [user], "inferenceConfig": {"maxTokens": 0}}),
            "inferenceConfig.maxTokens",
        ),
        (
            json!({"messages": [user], "toolConfig": {"tools": [{"toolSpec": {"name": "f"}}]}}),
            "toolConfig.tools[0].toolSpec.inputSchema",
        ),
        (
            json!({"messages": [user], "toolConfig": {"tools": [], "toolChoice": {}}}),
            "toolConfig.toolChoice",
        ),
    ] {
        let (error, response) = decode("/model/m/converse", &body.to_string()).expect_err("a refusal");
        assert!(
            error.message().starts_with(&format!("{field}: ")),
            "{}",
            error.message()
        );
        assert_eq!((error.kind(), response.status), (ErrorKind::InvalidRequest, 400));
        assert_eq!(response.header("x-amzn-errortype"), Some("ValidationException"));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|message| message.starts_with(field)),
            "{body}"
        );
    }
    assert!(decode("/model/m/invoke", r#"{"prompt":"x"}"#).is_err());
    assert!(decode("/model/m/count-tokens", "{}").is_err());
}

/// An answer with everything that the wire can express.
fn answer() -> ChatResponse {
    let mut cited = TextPart::new("It is sunny.");
    let mut source = Citation::default();
    source.url = Some("https://example.com".into());
    source.title = Some("Weather".into());
    cited.citations.push(source);
    let raw = r#"{"toolUse":{"input":{"q":"x"},"name":"search","toolUseId":"s1","type":"server_tool_use"}}"#;
    let mut ran = ServerToolCall::new("bedrock", "search", Json::parse(raw).expect("JSON"));
    ran.id = Some("s1".into());
    ran.arguments = Some(r#"{"q":"x"}"#.into());
    let mut hidden = Reasoning::default();
    hidden.redacted = true;
    hidden
        .riders
        .set_signature(Some(Signature::new("bedrock", "aGlkZGVu")));
    let content = vec![
        ContentPart::from(Reasoning::new("Hm.").with_signature(Signature::new("bedrock", "sig"))),
        ContentPart::from(hidden),
        ContentPart::ServerToolCall(ran),
        ContentPart::Text(cited),
        Media::bytes(MediaKind::Image, "image/png", b"pixels").into(),
        ToolCall::new("tooluse_1", "look", r#"{"at":1}"#).into(),
        ToolCall::new("tooluse_2", "wait", "{}").into(),
    ];
    let mut choice = Choice::new(0, content, FinishReason::ToolCalls);
    choice.finish_reason_raw = Some("tool_use".into());
    let mut answer = ChatResponse::default();
    answer.choices.push(choice);
    let mut usage = Usage::new(100, 20);
    usage.cache_read_input_tokens = Some(60);
    usage.cache_creation_input_tokens = Some(10);
    usage.cache_creation_1h_input_tokens = Some(4);
    answer.usage = Some(usage);
    answer
}

/// The same without what a wire may write in another form: sources in the vendor's own object, and its counts.
fn plain(mut answer: ChatResponse) -> ChatResponse {
    answer.extra = Default::default();
    if let Some(usage) = &mut answer.usage {
        usage.raw = None;
    }
    for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.content) {
        if let ContentPart::Text(part) = part {
            part.citations.iter_mut().for_each(|citation| citation.raw = None);
        }
    }
    answer
}

fn encoder(path: &str, body: &str) -> Box<dyn ReplyEncoder> {
    decode(path, body)
        .map_err(|(error, _)| error)
        .expect("a request")
        .reply
}

fn streamed(reply: &mut dyn ReplyEncoder, events: &[StreamEvent]) -> Bytes {
    let head = reply.stream_head(&Head::default());
    assert_eq!(
        head.header("content-type"),
        Some("application/vnd.amazon.eventstream")
    );
    let mut out = BytesMut::new();
    reply.heartbeat(&mut out);
    assert!(out.is_empty(), "nothing without meaning");
    events.iter().for_each(|event| reply.event(event, &mut out));
    out.freeze()
}

fn read(call: &Call, body: Bytes) -> (ChatResponse, Option<Error>) {
    let reader = StreamReader::new(codec().stream_decoder(call), FrameLimits::default());
    let (events, error) = reader.read_all([body]);
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    (collector.finish(), error)
}

const ASKED: &str = r#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#;

#[test]
fn answers_come_out_as_they_went_in() {
    let call = Call::new("m", ChatRequest::user("x"));
    let output = Output::Chat(answer());
    let whole = encoder("/model/m/converse", ASKED)
        .full(&Head::default(), &output)
        .expect("an answer");
    let Output::Chat(read_back) = codec().decode(&call, &whole).expect("an answer") else {
        panic!("no chat")
    };
    assert_eq!(plain(read_back), plain(answer()));
    let events = router_core::replay::output_events(output);
    let body = streamed(encoder("/model/m/converse-stream", ASKED).as_mut(), &events);
    let (read_back, error) = read(&call, body);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(plain(read_back), plain(answer()));
}

#[test]
fn another_vendors_signatures_find_home_again() {
    let mut hidden = Reasoning::default();
    hidden.redacted = true;
    hidden
        .riders
        .set_signature(Some(Signature::new("gemini", "not base64!")));
    let shown = Reasoning::new("Hm.").with_signature(Signature::new("gemini", "sig"));
    let mut answer = ChatResponse::default();
    let content = vec![
        ContentPart::from(shown.clone()),
        ContentPart::from(hidden.clone()),
    ];
    answer.choices.push(Choice::new(0, content, FinishReason::Stop));
    let whole = encoder("/model/m/converse", ASKED)
        .full(&Head::default(), &Output::Chat(answer))
        .expect("an answer");
    let whole: Value = serde_json::from_slice(&whole.body).expect("JSON");
    let back =
        json!({"messages": [{"role": "user", "content": [{"text": "x"}]}, whole["output"]["message"]]});
    let (_, request) = chat("/model/m/converse", &back.to_string());
    assert_eq!(
        request.messages[1].content.parts(),
        [ContentPart::from(shown), ContentPart::from(hidden)]
    );
}

#[test]
fn an_error_in_a_stream_is_an_exception() {
    for (kind, name) in [
        (ErrorKind::RateLimited, "throttlingException"),
        (ErrorKind::Overloaded, "serviceUnavailableException"),
        (ErrorKind::Server, "internalServerException"),
        (ErrorKind::InvalidRequest, "validationException"),
    ] {
        let mut out = BytesMut::new();
        encoder("/model/m/converse-stream", ASKED).stream_error(&Error::new(kind, "not now"), &mut out);
        let (_, error) = read(&Call::new("m", ChatRequest::user("x")), out.freeze());
        let error = error.expect("an error");
        assert_eq!(
            (error.kind(), error.code(), error.message()),
            (kind, Some(name), "not now")
        );
    }
}

#[test]
fn keys_are_found_in_signatures() {
    let mut http = HttpRequest::post_json("/model/m/converse", ASKED);
    let endpoints = router_bedrock::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    for (authorization, key) in [
        ("Bearer sk-1", Some("sk-1")),
        (
            "AWS4-HMAC-SHA256 Credential=sk-2/20260115/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=0",
            Some("sk-2"),
        ),
        ("AWS4-HMAC-SHA256 nothing", None),
    ] {
        http.headers
            .insert("authorization", authorization.parse().expect("a header"));
        assert_eq!(endpoint.key(&http), key);
    }
}
