//! The wire as a server sees it: what is read, what is written fits the schemas, and the client side reads it back.

use http::HeaderValue;
use http::header::USER_AGENT;
use router_core::chat::{ChatResponse, Choice, Usage};
use router_core::collect::Collector;
use router_core::content::Reasoning;
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingResponse, Error, ErrorKind, FinishReason, Head, Operation,
    Output, Signature, Text, ToolCall, replay,
};
use router_wire::framing::FrameLimits;
use router_wire::server::Ingress;
use router_wire::{Codec as _, HttpRequest, HttpResponse, ServerCodec, StreamReader};
use router_wire_openai::completions;
use serde_json::{Value, json};

use crate::own::{codec, misfits};

fn request(path: &str, body: &Value) -> HttpRequest {
    HttpRequest::post_json(path, body.to_string()).with_header(
        USER_AGENT,
        HeaderValue::from_static("mistral-client-python/3.7.0"),
    )
}

fn endpoint(http: &HttpRequest) -> Option<Box<dyn ServerCodec>> {
    let mut endpoints = router_mistral::endpoints().into_iter();
    endpoints.find(|endpoint| endpoint.claims(http))
}

fn read(path: &str, body: &Value) -> Ingress {
    let http = request(path, body);
    endpoint(&http)
        .expect("an endpoint")
        .decode(&http)
        .expect("a request")
}

fn asked() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": "x"}]})
}

fn answer() -> ChatResponse {
    let signed = Reasoning::new("Hm.").with_signature(Signature::new("mistral", "c2ln"));
    let call = |id: &str| ContentPart::from(ToolCall::new(id, "look", r#"{"at":1}"#));
    let parts = vec![
        signed.into(),
        ContentPart::text("Red."),
        call("aB3dE6gH9"),
        call("bB3dE6gH9"),
    ];
    let mut answer = ChatResponse::default();
    answer.id = Some("a".into());
    answer.model = Some("m".into());
    answer.created = Some(1_763_000_000);
    answer
        .choices
        .push(Choice::new(0, parts, FinishReason::ToolCalls));
    answer.usage = Some(Usage::new(7, 3));
    answer
}

/// What a client makes of it, as far as the wire tells.
fn told(answer: &ChatResponse) -> Value {
    let choice = answer.first().expect("a choice");
    let signature = choice.content[0].riders().and_then(|riders| riders.signature());
    let calls = choice
        .tool_calls()
        .map(|call| json!([*call.id, *call.name, *call.arguments]));
    json!({
        "said": [&*choice.reasoning(), &*choice.text(), choice.finish_reason.as_str()],
        "signed": signature.map(|signature| &*signature.data),
        "calls": calls.collect::<Vec<_>>(),
        "ids": [answer.id.as_deref(), answer.model.as_deref()],
        "counts": answer.usage.as_ref().map(|usage| [usage.input_tokens, usage.output_tokens]),
    })
}

fn sealed(mut expected: Value) -> Value {
    // The wire's own servers make signatures without a name; others' bear their maker's.
    expected["signed"] = json!("llm-router:mistral:c2ln");
    expected
}

#[test]
fn whole_answers_fit_and_come_back() {
    let output = Output::Chat(answer());
    let response = read("/v1/chat/completions", &asked())
        .reply
        .full(&Head::default(), &output)
        .expect("an answer");
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    let without_signature = json_without(&body, "signature");
    assert_eq!(misfits("ChatCompletionResponse", &without_signature), [""; 0]);
    let call = Call::new("m", ChatRequest::user("x"));
    let Ok(Output::Chat(back)) = codec().decode(&call, &response) else {
        panic!("a chat")
    };
    assert_eq!(told(&back), sealed(told(&answer())));
}

/// Signatures are newer than the schema.
fn json_without(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let left = fields.iter().filter(|(known, _)| *known != name);
            left.map(|(known, value)| (known.clone(), json_without(value, name)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(|item| json_without(item, name)).collect(),
        other => other.clone(),
    }
}

#[test]
fn streams_fit_and_come_back() {
    let mut encoder = read("/v1/chat/completions", &asked()).reply;
    let mut out = bytes::BytesMut::new();
    for event in replay::events(answer()) {
        encoder.event(&event, &mut out);
    }
    let text = String::from_utf8_lossy(&out).into_owned();
    for line in text.lines().filter_map(|line| line.strip_prefix("data: {")) {
        let chunk: Value = serde_json::from_str(&format!("{{{line}")).expect("JSON");
        assert_eq!(
            misfits("CompletionChunk", &json_without(&chunk, "signature")),
            [""; 0],
            "{chunk}"
        );
    }
    assert!(text.ends_with("data: [DONE]\n\n"));
    let call = Call::new("m", ChatRequest::user("x")).streaming();
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([out.freeze()]);
    assert!(error.is_none(), "{error:?}");
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    let back = collector.finish();
    assert_eq!(back.text(), "Red.");
    assert_eq!(told(&back)["calls"], told(&answer())["calls"]);
    assert_eq!(told(&back)["counts"], json!([7, 3]));
}

#[test]
fn requests_are_read_in_its_words() {
    let mut body = asked();
    body["random_seed"] = json!(7);
    body["safe_prompt"] = json!(true);
    let ingress = read("/v1/chat/completions", &body);
    let call = Call::new(ingress.model, ingress.operation);
    let again = codec().encode(&call).expect("a request");
    let again: Value = serde_json::from_slice(&again.request.body).expect("JSON");
    assert_eq!(again, body);
    let Operation::Chat(chat) = &call.operation else {
        panic!("a chat")
    };
    assert_eq!(chat.settings.seed, Some(7));
    let fim = json!({"model": "m", "prompt": "def f(", "suffix": "return x", "stop": ["END"], "random_seed": 7, "min_tokens": 1});
    let ingress = read("/v1/fim/completions", &fim);
    assert!(matches!(&ingress.operation, Operation::Chat(chat) if completions::came_so(chat)));
    let again = codec()
        .encode(&Call::new(ingress.model, ingress.operation))
        .expect("a request");
    let again: Value = serde_json::from_slice(&again.request.body).expect("JSON");
    assert_eq!(again, fim);
    let embed = json!({"model": "m", "input": ["x"], "output_dimension": 8, "output_dtype": "int8"});
    let ingress = read("/v1/embeddings", &embed);
    let call = Call::new(ingress.model.clone(), ingress.operation.clone());
    let again = codec().encode(&call).expect("a request");
    let again: Value = serde_json::from_slice(&again.request.body).expect("JSON");
    assert_eq!(again, embed);
    let Operation::Embed(request) = &call.operation else {
        panic!("vectors")
    };
    assert_eq!(request.dimensions, Some(8));
    let mut reply = ingress.reply;
    let output = Output::Embed(EmbeddingResponse::new(vec![vec![0.5, 1.0]]));
    let response = reply.full(&Head::default(), &output).expect("vectors");
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(misfits("EmbeddingResponse", &body), [""; 0]);
    assert_eq!(body["data"][0]["embedding"], json!([0.5, 1.0]));
}

#[test]
fn others_find_other_endpoints_at_these_addresses() {
    let plain = HttpRequest::post_json("/v1/chat/completions", asked().to_string());
    assert!(endpoint(&plain).is_none());
    assert!(endpoint(&HttpRequest::get("/v1/models")).is_none());
    let fim = HttpRequest::post_json("/v1/fim/completions", r#"{"model":"m","prompt":"x"}"#);
    assert!(endpoint(&fim).is_some());
}

#[test]
fn errors_have_its_form() {
    let http = request("/v1/chat/completions", &json!({"model": "m", "messages": []}));
    let endpoint = endpoint(&http).expect("an endpoint");
    let error = endpoint.decode(&http).expect_err("a refusal");
    let response: HttpResponse = endpoint.error(&error);
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(
        (response.status, &body["object"], &body["param"]),
        (400, &json!("error"), &json!("messages"))
    );
    let mut encoder = read("/v1/chat/completions", &asked()).reply;
    let mut out = bytes::BytesMut::new();
    encoder.event(&router_core::StreamEvent::text("Re"), &mut out);
    encoder.stream_error(&Error::new(ErrorKind::Overloaded, "busy"), &mut out);
    let call = Call::new("m", ChatRequest::user("x")).streaming();
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([out.freeze()]);
    assert!(!events.is_empty());
    assert_eq!(
        error.map(|error| Text::from(error.message())),
        Some(Text::from("busy"))
    );
}
