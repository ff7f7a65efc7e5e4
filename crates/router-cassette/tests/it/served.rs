//! A recorded answer that is served on any wire, whole or as the stream it came in, says the same to a client of that wire.

use bytes::BytesMut;
use router_cassette::{Cassette, Service, service};
use router_core::collect::Collector;
use router_core::content::Riders;
use router_core::stream::{ChoiceFinish, StreamFinish};
use router_core::tool::ToolCallKind;
use router_core::{ChatResponse, ContentPart, Error, FinishReason, Head, Output, StreamEvent, Usage};
use router_wire::framing::FrameLimits;
use router_wire::server::ReplyEncoder;
use router_wire::{HttpRequest, ServerCodec, StreamReader};
use serde_json::{Value, json};

use crate::streams;

/// A wire from both sides.
struct Wire {
    endpoints: Vec<Box<dyn ServerCodec>>,
    path: &'static str,
    request: Value,
    client: Service,
}

impl Wire {
    fn new(
        endpoint: &str,
        provider: &str,
        endpoints: Vec<Box<dyn ServerCodec>>,
        path: &'static str,
        mut request: Value,
    ) -> Self {
        request["stream"] = json!(true);
        let recording = json!({
            "id": "a", "provider": provider, "endpoint": endpoint,
            "request": {"method": "POST", "url": format!("https://a.example{path}"), "body": request},
            "response": {"status": 200, "text": ""},
        });
        let client =
            service(&Cassette::parse(&recording.to_string()).expect("a recording")).expect("a codec");
        Self {
            endpoints,
            path,
            request,
            client,
        }
    }

    fn encoder(&self) -> Box<dyn ReplyEncoder> {
        let http = HttpRequest::post_json(self.path, self.request.to_string());
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.claims(&http));
        endpoint
            .expect("an endpoint")
            .decode(&http)
            .expect("a request")
            .reply
    }

    /// What a client makes of a stream of these events.
    fn streamed(&self, events: &[StreamEvent]) -> (ChatResponse, Option<Error>) {
        let mut encoder = self.encoder();
        let mut out = BytesMut::new();
        events.iter().for_each(|event| encoder.event(event, &mut out));
        let decoder = self.client.codec.stream_decoder(&self.client.call);
        let reader = StreamReader::new(decoder, FrameLimits::default());
        let (events, error) = reader.read_all([out.freeze()]);
        (collected(events), error)
    }

    /// What a client makes of the whole answer.
    fn whole(&self, answer: &ChatResponse) -> Result<ChatResponse, Error> {
        let response = self
            .encoder()
            .full(&Head::default(), &Output::Chat(answer.clone()))?;
        match self.client.codec.decode(&self.client.call, &response)? {
            Output::Chat(answer) => Ok(answer),
            other => panic!("{other:?}"),
        }
    }
}

fn wires() -> [Wire; 7] {
    let asked = || json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
    let with = |name: &str, value: Value| {
        let mut request = asked();
        request[name] = value;
        request
    };
    let usage = with("stream_options", json!({"include_usage": true}));
    let openai = router_wire_openai::endpoints;
    [
        Wire::new("chat", "openai", openai(), "/v1/chat/completions", usage),
        Wire::new(
            "responses",
            "openai",
            openai(),
            "/v1/responses",
            json!({"model": "m", "input": "x"}),
        ),
        Wire::new(
            "messages",
            "anthropic",
            router_wire_anthropic::endpoints(),
            "/v1/messages",
            with("max_tokens", json!(1)),
        ),
        Wire::new(
            "generateContent",
            "gemini",
            router_wire_gemini::endpoints(),
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            json!({"contents": [{"parts": [{"text": "x"}]}]}),
        ),
        Wire::new("chat", "ollama", router_ollama::endpoints(), "/api/chat", asked()),
        Wire::new("chat", "cohere", router_cohere::endpoints(), "/v2/chat", asked()),
        Wire::new(
            "chat",
            "dashscope",
            router_aliyun::endpoints(),
            "/api/v1/services/aigc/text-generation/generation",
            json!({
                "model": "m", "input": {"messages": [{"role": "user", "content": "x"}]},
                "parameters": {"result_format": "message", "incremental_output": true},
            }),
        ),
    ]
}

fn collected(events: Vec<StreamEvent>) -> ChatResponse {
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    collector.finish()
}

/// What every wire has a place for. Where a wire has no word of its own, `other` is `stop`, no count is a count of nothing, and
/// arguments that are no object stand in the field `input` of one.
fn said(answer: &ChatResponse) -> Value {
    let Some(choice) = answer.first() else {
        return Value::Null;
    };
    let mut text = String::new();
    let mut calls = Vec::new();
    for part in &choice.content {
        match part {
            ContentPart::Text(part) => text.push_str(&part.text),
            ContentPart::Refusal(part) => text.push_str(&part.text),
            ContentPart::ToolCall(call) => {
                let arguments = serde_json::from_str::<Value>(&call.arguments);
                let arguments = arguments.ok().filter(Value::is_object);
                let arguments = arguments.unwrap_or_else(|| json!({"input": call.arguments.as_str()}));
                calls.push(json!([call.name.as_str(), arguments]));
            }
            _ => {}
        }
    }
    let finish = match choice.finish_reason.as_str() {
        "other" => "stop",
        word => word,
    };
    let usage = answer.usage.as_ref();
    json!({
        "text": without_pictures(text),
        "reasoning": choice.reasoning().as_str(),
        "calls": calls,
        "finish": finish,
        "usage": usage.map_or([0, 0], |usage| [usage.input_tokens, usage.output_tokens]),
    })
}

/// The messages wire has no place for pictures of the model: they are links in the text.
fn without_pictures(text: String) -> String {
    match text.split_once("![image](data:") {
        None => text,
        Some((before, rest)) => format!("{before}{}", rest.split_once(')').map_or("", |(_, after)| after)),
    }
}

#[test]
fn every_recorded_stream_on_every_wire() {
    let Some(recordings) = streams::recordings() else {
        return;
    };
    let wires = wires();
    let (mut served, mut report) = (0, Vec::new());
    for recording in recordings.iter().filter(|recording| recording.is_chat()) {
        let (events, error) = recording.whole();
        if error.is_some() {
            continue;
        }
        let answer = collected(events.clone());
        let want = said(&answer);
        for wire in &wires {
            served += 1;
            let (streamed, error) = wire.streamed(&events);
            assert!(
                error.is_none(),
                "{} at {}: {error:?}",
                recording.cassette.id,
                wire.path
            );
            let whole = wire
                .whole(&answer)
                .expect("an answer that can be written and read");
            for (form, got) in [("streamed", said(&streamed)), ("whole", said(&whole))] {
                if got != want {
                    let id = &recording.cassette.id;
                    report.push(format!(
                        "{id} {form} at {}\n    came {want}\n    said {got}",
                        wire.path
                    ));
                }
            }
        }
    }
    println!("{served} streams served");
    assert!(
        report.is_empty(),
        "{} differ:\n{}",
        report.len(),
        report.join("\n")
    );
}

/// The pieces of two calls come in turns, with text between them.
#[test]
fn interleaved_calls_on_every_wire() {
    let start = |call: u32, name: &'static str| {
        StreamEvent::tool_call_start(
            0,
            call,
            format!("call_{call}").into(),
            name.into(),
            ToolCallKind::Function,
        )
    };
    let more = |call: u32, arguments: &'static str| StreamEvent::ToolCallDelta {
        choice: 0,
        call,
        arguments: arguments.into(),
    };
    let end = |call: u32| StreamEvent::ToolCallEnd {
        choice: 0,
        call,
        riders: Riders::new(),
    };
    let mut finish = StreamFinish::default();
    finish
        .choices
        .push(ChoiceFinish::new(0, FinishReason::ToolCalls, None));
    finish.usage = Some(Usage::new(1, 2));
    let events = [
        StreamEvent::text("I look."),
        start(0, "first"),
        start(1, "second"),
        more(0, "{\"a\":"),
        more(1, "{\"b\":"),
        StreamEvent::text("And look."),
        more(0, "1}"),
        more(1, "2}"),
        end(0),
        end(1),
        StreamEvent::Finish(Box::new(finish)),
    ];
    for wire in wires() {
        let (answer, error) = wire.streamed(&events);
        assert!(error.is_none(), "{}: {error:?}", wire.path);
        let want = json!({
            "text": "I look.And look.", "reasoning": "", "finish": "tool_calls", "usage": [1, 2],
            "calls": [["first", {"a": 1}], ["second", {"b": 2}]],
        });
        assert_eq!(said(&answer), want, "{}", wire.path);
    }
}
