//! Requests that are written again, and recorded answers on every wire, fit what vendors have published.
//!
//! The schemas lie in a folder named by `ROUTER_SPECS`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bytes::BytesMut;
use jsonschema::Validator;
use router_cassette::{Cassette, service};
use router_core::collect::Collector;
use router_core::{ChatResponse, Head, Output, replay};
use router_wire::framing::{FrameLimits, FrameReader};
use router_wire::server::ReplyEncoder;
use router_wire::{Framing, HttpRequest, ServerCodec, StreamReader};
use serde_json::Value;

use crate::folder;
use crate::requests::Request;

fn specs() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUTER_SPECS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ROUTER_SPECS not set");
    }
    folder
}

/// Published schemas, made once each.
struct Schemas {
    folder: PathBuf,
    made: BTreeMap<(&'static str, &'static str), Validator>,
}

impl Schemas {
    fn new(folder: PathBuf) -> Self {
        let made = BTreeMap::new();
        Self { folder, made }
    }

    fn errors(&mut self, (file, root): (&'static str, &'static str), value: &Value) -> Vec<String> {
        let folder = &self.folder;
        let validator = self.made.entry((file, root)).or_insert_with(|| {
            let text = fs::read_to_string(folder.join(file)).expect("a file of schemas");
            let mut schema: Value = serde_json::from_str(&text).expect("JSON");
            schema["$ref"] = format!("#/$defs/{root}").into();
            jsonschema::validator_for(&schema).expect("a schema")
        });
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }
}

const OPENAI: &str = "openai/openai-schemas.json";
const ANTHROPIC: &str = "anthropic/anthropic-request-schemas.json";
const ANTHROPIC_REPLIES: &str = "anthropic/anthropic-response-schemas.json";
const COHERE: &str = "cohere/cohere-schemas.json";
const MISTRAL: &str = "mistral/mistral-schemas.json";
const GOOGLE: &str = "google/vertex-generative-request-schemas.json";
const GOOGLE_REPLIES: &str = "google/vertex-generative-response-schemas.json";

/// The schema of a request.
fn schema_of(cassette: &Cassette, body: &Value) -> Option<(&'static str, &'static str)> {
    let google = cassette.path().contains("/publishers/google/") || cassette.provider == "gemini";
    let cohere = cassette.path().contains("/v2/");
    Some(match cassette.endpoint.as_str() {
        "chat" if cassette.path().ends_with("/api/chat") => return None,
        "chat" if cohere => (COHERE, "ChatRequest"),
        "embeddings" if cohere => (COHERE, "EmbedRequest"),
        "rerank" if cohere => (COHERE, "RerankRequest"),
        "chat" if cassette.provider == "mistral" => (MISTRAL, "ChatCompletionRequest"),
        "embeddings" if cassette.provider == "mistral" => (MISTRAL, "EmbeddingRequest"),
        "chat" => (OPENAI, "CreateChatCompletionRequest"),
        "responses" => (OPENAI, "CreateResponse"),
        "embeddings" if google || cassette.path().ends_with("/api/embed") => return None,
        "embeddings" => (OPENAI, "CreateEmbeddingRequest"),
        "images" => (OPENAI, "CreateImageRequest"),
        "audio-speech" if cassette.provider == "mistral" => return None,
        "audio-speech" => (OPENAI, "CreateSpeechRequest"),
        "moderations" => (OPENAI, "CreateModerationRequest"),
        "messages" if body["stream"] == true => (ANTHROPIC, "MessageCreateStreaming_2023-06-01"),
        "messages" => (ANTHROPIC, "MessageCreate_2023-06-01"),
        "count_tokens" if google => return None,
        "count_tokens" => (ANTHROPIC, "CountTokens"),
        "generateContent" => (GOOGLE, "GenerateContentRequest"),
        _ => return None,
    })
}

#[test]
fn recorded_requests_fit_when_written_again() {
    let (Some(specs), Some(cassettes)) = (specs(), folder::recordings()) else {
        return;
    };
    let mut schemas = Schemas::new(specs);
    let (mut checked, mut report) = (0, Vec::new());
    for request in cassettes.iter().filter_map(Request::of) {
        let Some(schema) = schema_of(request.cassette, &request.body) else {
            continue;
        };
        // Betas and other vendors have fields and tools that the schema does not know.
        if !schemas.errors(schema, &request.body).is_empty() {
            continue;
        }
        let Ok(written) = request.again(&request.body) else {
            continue;
        };
        checked += 1;
        let errors = schemas.errors(schema, &written);
        if !errors.is_empty() {
            report.push(format!(
                "{}: {}\n    {written}",
                request.cassette.id,
                errors.join("; ")
            ));
        }
    }
    println!("{checked} requests checked");
    assert!(
        report.is_empty(),
        "{} do not fit:\n{}",
        report.len(),
        report.join("\n")
    );
}

/// A wire as a server writes it: a request for it, and the schemas of whole answers and of events.
struct Wire {
    /// The endpoint of recordings on this wire.
    endpoint: &'static str,
    endpoints: Vec<Box<dyn ServerCodec>>,
    path: &'static str,
    body: &'static str,
    whole: (&'static str, &'static str),
    event: (&'static str, &'static str),
}

impl Wire {
    fn encoder(&self) -> Box<dyn ReplyEncoder> {
        let http = HttpRequest::post_json(self.path, self.body);
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.claims(&http));
        endpoint
            .expect("an endpoint")
            .decode(&http)
            .expect("a request")
            .reply
    }

    fn whole(&self, answer: &ChatResponse) -> Value {
        let output = Output::Chat(answer.clone());
        let response = self.encoder().full(&Head::default(), &output).expect("an answer");
        serde_json::from_slice(&response.body).expect("JSON")
    }

    fn events(&self, answer: &ChatResponse) -> Vec<Value> {
        let mut encoder = self.encoder();
        let mut out = BytesMut::new();
        for event in replay::events(answer.clone()) {
            encoder.event(&event, &mut out);
        }
        let mut frames = FrameReader::new(Framing::Sse, FrameLimits::default());
        frames.push(out.freeze());
        let mut events = Vec::new();
        while let Some(frame) = frames.finish().expect("frames") {
            if frame.data != "[DONE]" {
                events.push(serde_json::from_str(&frame.data).expect("JSON"));
            }
        }
        events
    }
}

fn wires() -> [Wire; 5] {
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}"#;
    [
        Wire {
            endpoint: "chat",
            endpoints: router_wire_openai::endpoints(),
            path: "/v1/chat/completions",
            body: chat,
            whole: (OPENAI, "CreateChatCompletionResponse"),
            event: (OPENAI, "CreateChatCompletionStreamResponse"),
        },
        Wire {
            endpoint: "responses",
            endpoints: router_wire_openai::endpoints(),
            path: "/v1/responses",
            body: r#"{"model":"m","input":"x","stream":true}"#,
            whole: (OPENAI, "Response"),
            event: (OPENAI, "ResponseStreamEvent"),
        },
        Wire {
            endpoint: "messages",
            endpoints: router_wire_anthropic::endpoints(),
            path: "/v1/messages",
            body: r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"stream":true}"#,
            whole: (ANTHROPIC_REPLIES, "Message"),
            event: (ANTHROPIC_REPLIES, "StreamEvent"),
        },
        Wire {
            endpoint: "generateContent",
            endpoints: router_wire_gemini::endpoints(),
            path: "/v1beta/models/m:streamGenerateContent?alt=sse",
            body: r#"{"contents":[{"parts":[{"text":"x"}]}]}"#,
            whole: (GOOGLE_REPLIES, "GenerateContentResponse"),
            event: (GOOGLE_REPLIES, "GenerateContentResponse"),
        },
        Wire {
            endpoint: "chat",
            endpoints: router_cohere::endpoints(),
            path: "/v2/chat",
            body: r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true}"#,
            whole: (COHERE, "ChatResponse"),
            event: (COHERE, "ChatStreamEvent"),
        },
    ]
}

/// The answer of a recording, when it is one to a chat.
fn answer(cassette: &Cassette) -> Option<ChatResponse> {
    let service = service(cassette).ok()?;
    let response = cassette
        .http_response()
        .ok()
        .filter(|response| response.status < 400)?;
    if !service.call.is_stream() {
        return match service.codec.decode(&service.call, &response).ok()? {
            Output::Chat(answer) => Some(answer),
            _ => None,
        };
    }
    let decoder = service.codec.stream_decoder(&service.call);
    let (events, error) = StreamReader::new(decoder, FrameLimits::default()).read_all([response.body]);
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    error.is_none().then(|| collector.finish())
}

/// What the schemas do not know and vendors send: the beginning of the error, and why it is so.
const UNPUBLISHED: &[(&str, &str)] = &[
    (
        "/delta/tool_calls/0/type: \"custom\"",
        "custom tools are published for whole answers alone",
    ),
    (
        "/service_tier: \"provisioned\"",
        "tiers of other vendors than OpenAI",
    ),
];

/// Whether a recorded answer itself fits the schemas of its wire.
fn fits(schemas: &mut Schemas, wire: &Wire, cassette: &Cassette) -> bool {
    let body = cassette.http_response().expect("an answer").body;
    if let Ok(whole) = serde_json::from_slice::<Value>(&body) {
        return schemas.errors(wire.whole, &whole).is_empty();
    }
    let mut frames = FrameReader::new(Framing::Sse, FrameLimits::default());
    frames.push(body);
    while let Some(frame) = frames.finish().expect("frames") {
        let ping = frame.event.as_deref() == Some("ping") || frame.data == "[DONE]";
        let fits = |event: Value| schemas.errors(wire.event, &event).is_empty();
        if !ping && !serde_json::from_str(&frame.data).is_ok_and(fits) {
            return false;
        }
    }
    true
}

#[test]
fn recorded_answers_fit_on_every_wire() {
    let (Some(specs), Some(cassettes)) = (specs(), folder::recordings()) else {
        return;
    };
    let mut schemas = Schemas::new(specs);
    let (mut checked, mut report) = (0, BTreeMap::new());
    for cassette in &cassettes {
        let Some(answer) = answer(cassette) else { continue };
        for wire in wires() {
            // What is new or odd in the vendor's own answer comes back on the vendor's own wire.
            if wire.endpoint == cassette.endpoint && !fits(&mut schemas, &wire, cassette) {
                continue;
            }
            checked += 1;
            let mut check = |schema, value: Value| {
                for error in schemas.errors(schema, &value) {
                    if !UNPUBLISHED.iter().any(|(place, _)| error.contains(place)) {
                        let error: String = error.chars().take(300).collect();
                        let what = format!("{} {error}", schema.1);
                        report.entry(what).or_insert_with(|| cassette.id.clone());
                    }
                }
            };
            check(wire.whole, wire.whole(&answer));
            wire.events(&answer)
                .into_iter()
                .for_each(|event| check(wire.event, event));
        }
    }
    println!("{checked} answers checked");
    assert!(report.is_empty(), "{} do not fit: {report:#?}", report.len());
}
