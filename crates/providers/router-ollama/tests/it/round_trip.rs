//! What one side writes the other reads to the same value.

use proptest::prelude::*;
use router_core::chat::{
    ChatResponse, Choice, JsonSchemaFormat, Logprobs, ReasoningConfig, TokenLogprob, Usage,
};
use router_core::content::{Media, MediaKind, Reasoning};
use router_core::model::{ModelInfo, ModelList};
use router_core::tool::{FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, EmbeddingResponse, FinishReason, Head, Json, Message,
    ModelId, Operation, Output, ReasoningEffort, ResponseFormat, Text, ToolDefinition,
};
use router_wire::{Codec as _, HttpRequest, HttpResponse, ReplyEncoder};

use crate::side::{codec, collected, reader};

fn words() -> impl Strategy<Value = String> {
    prop::string::string_regex("[a-zA-Zäöü€😀\"\\\\\n{}:]{1,12}").expect("a pattern")
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,10}"
}

fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}".to_owned()),
        words().prop_map(|text| serde_json::json!({ "a": text, "b": [1, 2.5, null] }).to_string()),
    ]
}

/// Text, and pictures behind it: the order between them is not on the wire.
fn user() -> impl Strategy<Value = Message> {
    let image = prop_oneof![
        Just(Media::bytes(MediaKind::Image, "image/png", b"\x89PNG")),
        Just(Media::bytes(MediaKind::Image, "image/jpeg", b"\xFF\xD8\xFF")),
        Just(Media::bytes(MediaKind::Image, "image/gif", b"GIF89a")),
        Just(Media::bytes(MediaKind::Image, "image/webp", b"RIFF")),
    ];
    prop_oneof![
        words().prop_map(Message::user),
        (words(), prop::collection::vec(image, 1..3)).prop_map(|(text, images)| {
            let mut parts = vec![ContentPart::text(text)];
            parts.extend(images.into_iter().map(ContentPart::Media));
            Message::user(parts)
        }),
    ]
}

/// A question, perhaps with thoughts, calls and their results.
fn turn() -> impl Strategy<Value = Vec<Message>> {
    let said = (prop::option::of(words()), prop::option::of(words()));
    let calls = prop::collection::vec((id(), arguments(), words()), 0..3);
    (user(), said, calls).prop_map(|(user, (thoughts, text), calls)| {
        let mut messages = vec![user];
        if thoughts.is_none() && calls.is_empty() {
            messages.extend(text.map(Message::assistant));
            return messages;
        }
        let mut parts: Vec<ContentPart> = Vec::new();
        parts.extend(thoughts.map(|text| ContentPart::from(Reasoning::new(text))));
        parts.extend(text.map(ContentPart::from));
        let mut results = Vec::new();
        for (at, (name, arguments, result)) in calls.into_iter().enumerate() {
            let id = format!("{name}-{at}");
            results.push(Message::tool([
                ToolResult::new(id.as_str(), result).with_name(name.as_str())
            ]));
            parts.push(ToolCall::new(id, name, arguments).into());
        }
        messages.push(Message::assistant(parts));
        messages.extend(results);
        messages
    })
}

fn tools() -> impl Strategy<Value = Vec<ToolDefinition>> {
    let tool = (id(), prop::option::of(words()), prop::bool::ANY);
    let tool = tool.prop_map(|(name, description, has_parameters)| {
        let mut tool = FunctionTool::new(name);
        tool.description = description.map(Text::from);
        tool.parameters = has_parameters.then(schema);
        ToolDefinition::Function(tool)
    });
    prop::collection::vec(tool, 0..3)
}

fn schema() -> Json {
    Json::parse(r#"{"type":"object","properties":{}}"#).expect("JSON")
}

fn format() -> impl Strategy<Value = Option<ResponseFormat>> {
    let mut format = JsonSchemaFormat::new("response", schema());
    format.strict = None;
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(ResponseFormat::Json)),
        1 => Just(Some(ResponseFormat::JsonSchema(format))),
    ]
}

fn thinking() -> impl Strategy<Value = Option<ReasoningConfig>> {
    let effort = prop_oneof![
        Just(ReasoningEffort::None),
        Just(ReasoningEffort::Low),
        Just(ReasoningEffort::Medium),
        Just(ReasoningEffort::High),
        Just(ReasoningEffort::Max),
    ];
    prop::option::of(effort.prop_map(ReasoningConfig::effort))
}

fn chat() -> impl Strategy<Value = ChatRequest> {
    let tenths = || prop::option::of((0u8..=20).prop_map(|tenths| f64::from(tenths) / 10.0));
    let sampling = (
        tenths(),
        tenths(),
        prop::option::of(0u64..100),
        prop::option::of(any::<i64>()),
        tenths(),
        tenths(),
    );
    let limits = (
        prop::option::of(0u64..100_000),
        prop::collection::vec(words(), 0..3),
        prop::option::of(prop::bool::ANY),
        prop::option::of(0u32..20),
    );
    let system = prop::option::of(words().prop_map(Message::system));
    let turns = prop::collection::vec(turn(), 1..4);
    (system, turns, tools(), format(), thinking(), sampling, limits).prop_map(
        |(system, turns, tools, format, thinking, sampling, (most, stops, logprobs, top))| {
            let mut chat = ChatRequest::new(Vec::new()).with_tools(tools);
            chat.messages.extend(system);
            chat.messages.extend(turns.into_iter().flatten());
            chat.response_format = format;
            let settings = &mut chat.settings;
            settings.reasoning = thinking;
            (
                settings.temperature,
                settings.top_p,
                settings.top_k,
                settings.seed,
            ) = (sampling.0, sampling.1, sampling.2, sampling.3);
            (settings.frequency_penalty, settings.presence_penalty) = (sampling.4, sampling.5);
            settings.max_output_tokens = most;
            settings.stop_sequences = stops.into_iter().map(Text::from).collect();
            settings.logprobs = logprobs;
            settings.top_logprobs = top;
            chat
        },
    )
}

fn answer() -> impl Strategy<Value = ChatResponse> {
    let said = (prop::option::of(words()), prop::option::of(words()));
    let calls = prop::collection::vec((id(), arguments()), 0..3);
    let end = prop_oneof![
        Just(FinishReason::Stop),
        Just(FinishReason::Length),
        Just(FinishReason::ContentFilter),
        Just(FinishReason::Other(Text::from("load"))),
    ];
    let tokens = prop::collection::vec((words(), -9i8..0), 0..3);
    let usage = prop::option::of((0u64..1000, 0u64..1000));
    (said, calls, end, tokens, usage).prop_map(|((thoughts, text), calls, reason, tokens, usage)| {
        let mut parts: Vec<ContentPart> = Vec::new();
        parts.extend(thoughts.map(|text| ContentPart::from(Reasoning::new(text))));
        parts.extend(text.map(ContentPart::from));
        let called = !calls.is_empty();
        for (at, (name, arguments)) in calls.into_iter().enumerate() {
            parts.push(ToolCall::new(format!("call_{at}"), name, arguments).into());
        }
        let (reason, raw) = match reason {
            FinishReason::Stop if called => (FinishReason::ToolCalls, Text::from("stop")),
            FinishReason::Other(word) => (FinishReason::Other(word.clone()), word),
            reason => (reason.clone(), Text::from(reason.as_str())),
        };
        let mut choice = Choice::new(0, parts, reason);
        choice.finish_reason_raw = Some(raw);
        choice.logprobs = (!tokens.is_empty()).then(|| {
            let token = |(token, logprob): (String, i8)| TokenLogprob::new(token, f64::from(logprob) / 4.0);
            Logprobs::of_content(tokens.into_iter().map(token).collect())
        });
        let mut answer = ChatResponse::default();
        answer.model = Some(Text::from("qwen3:8b"));
        answer.created = Some(1_763_000_000);
        answer.choices.push(choice);
        answer.usage = usage.map(|(input, output)| Usage::new(input, output));
        answer
    })
}

/// The encoder of replies to a request.
fn encoder(path: &str, body: &str) -> Box<dyn ReplyEncoder> {
    let http = HttpRequest::post_json(path, body.to_owned());
    let endpoints = router_ollama::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    endpoint.decode(&http).expect("a request").reply
}

fn chat_encoder() -> Box<dyn ReplyEncoder> {
    encoder(
        "/api/chat",
        r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
    )
}

fn whole(answer: ChatResponse) -> HttpResponse {
    chat_encoder()
        .full(&Head::default(), &Output::Chat(answer))
        .expect("an answer that can be written")
}

fn streamed(answer: ChatResponse) -> bytes::Bytes {
    let mut encoder = chat_encoder();
    let mut out = bytes::BytesMut::new();
    for event in router_core::replay::events(answer) {
        encoder.event(&event, &mut out);
    }
    out.freeze()
}

fn decoded(operation: impl Into<Operation>, response: &HttpResponse) -> Output {
    let call = Call::new("m", operation.into());
    codec()
        .decode(&call, response)
        .expect("an answer that can be read")
}

/// The server adds durations that nobody measured.
fn without_durations(mut answer: ChatResponse) -> ChatResponse {
    answer.extra = router_core::Extra::new();
    answer
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(chat in chat(), streams in prop::bool::ANY) {
        let mut call = Call::new("qwen3:8b", chat.clone());
        if streams {
            call = call.streaming();
        }
        let encoded = codec().encode(&call).expect("a request that can be written");
        prop_assert_eq!(&encoded.warnings, &[]);
        let endpoints = router_ollama::endpoints();
        let endpoint = endpoints.iter().find(|endpoint| endpoint.claims(&encoded.request)).expect("an endpoint");
        let ingress = endpoint.decode(&encoded.request).expect("a request that can be read");
        prop_assert_eq!(ingress.model.as_str(), "qwen3:8b");
        prop_assert_eq!(ingress.mode, call.mode);
        let Operation::Chat(decoded) = ingress.operation else { unreachable!("the endpoint has no other operation") };
        prop_assert_eq!(&*decoded, &chat);
    }

    #[test]
    fn answers(answer in answer()) {
        let Output::Chat(decoded) = decoded(ChatRequest::user("x"), &whole(answer.clone())) else {
            unreachable!("a chat was asked for")
        };
        prop_assert_eq!(without_durations(decoded), answer);
    }

    #[test]
    fn streams(answer in answer()) {
        prop_assert_eq!(without_durations(collected(streamed(answer.clone()))), answer);
    }

    #[test]
    fn streams_cut_anywhere(answer in answer(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 8)) {
        let body = streamed(answer);
        let (whole, _) = reader().read_all([body.clone()]);
        for cut in cuts {
            let cut = cut.index(body.len());
            let (events, error) = reader().read_all([body.slice(..cut), body.slice(cut..)]);
            prop_assert!(error.is_none());
            prop_assert_eq!(&events, &whole, "cut at {}", cut);
        }
    }

    #[test]
    fn vectors(rows in prop::collection::vec(prop::collection::vec(-1.0f32..1.0, 3), 0..4)) {
        let mut answer = EmbeddingResponse::new(rows);
        answer.model = Some(Text::from("all-minilm"));
        answer.usage = Some(Usage::new(5, 0));
        let mut encoder = encoder("/api/embed", r#"{"model":"all-minilm","input":["x"]}"#);
        let response = encoder.full(&Head::default(), &Output::Embed(answer.clone())).expect("vectors");
        let Output::Embed(decoded) = decoded(EmbeddingRequest::new(["x"]), &response) else {
            unreachable!("vectors were asked for")
        };
        prop_assert_eq!(decoded, answer);
    }
}

#[test]
fn models_come_back() {
    let mut info = ModelInfo::new(ModelId::from("qwen3:8b"));
    info.created = Some(1_763_000_000);
    let endpoints = router_ollama::endpoints();
    let http = HttpRequest::get("/api/tags");
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&http))
        .expect("an endpoint");
    let mut encoder = endpoint.decode(&http).expect("a request").reply;
    let list = Output::ListModels(ModelList::new(vec![info]));
    let response = encoder.full(&Head::default(), &list).expect("a list");
    let Output::ListModels(decoded) = decoded(router_core::model::ListModelsRequest::default(), &response)
    else {
        unreachable!("models were asked for")
    };
    assert_eq!(decoded.models[0].id.as_str(), "qwen3:8b");
    assert_eq!(decoded.models[0].created, Some(1_763_000_000));
    // What the vendor said of a model goes on as it came.
    let mut encoder = endpoint.decode(&http).expect("a request").reply;
    let again = encoder
        .full(&Head::default(), &Output::ListModels(decoded))
        .expect("a list");
    assert_eq!(again.body, response.body);
}
