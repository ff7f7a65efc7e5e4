//! What one side writes the other reads to the same value, and it fits the published schemas.

use proptest::prelude::*;
use router_core::chat::{
    ChatResponse, Choice, JsonSchemaFormat, Logprobs, ReasoningConfig, TokenLogprob, Usage,
};
use router_core::content::{Citation, Media, MediaKind, MediaSource, Opaque, Reasoning, Riders};
use router_core::embedding::EmbeddingInput;
use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::tool::{FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, EmbeddingResponse, Extra, FinishReason, Head, Json,
    Message, Operation, Output, ReasoningEffort, ResponseFormat, Text, ToolChoice, ToolDefinition,
};
use router_wire::{Codec as _, HttpRequest, HttpResponse, ReplyEncoder};

use crate::side::{codec, collected, decoded, reader};
use crate::specs::{self, Schema};

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

fn plan(text: String) -> ContentPart {
    let mark = (
        Text::from_static("tool_plan"),
        Json::from(serde_json::json!(true)),
    );
    let mut part = Reasoning::new(text);
    part.riders = Riders::new().with_extra(Extra::of(Text::from_static("cohere.chat"), vec![mark]));
    part.into()
}

fn user() -> impl Strategy<Value = Message> {
    let image = prop_oneof![
        Just(Media::bytes(MediaKind::Image, "image/png", b"\x89PNG")),
        Just(Media::image_url("https://example.com/cat.png")),
    ];
    let part = prop_oneof![
        words().prop_map(ContentPart::text),
        image.prop_map(ContentPart::Media)
    ];
    prop_oneof![
        words().prop_map(Message::user),
        prop::collection::vec(part, 1..4).prop_map(Message::user),
    ]
}

/// A question, perhaps with thoughts, calls and their results.
fn turn() -> impl Strategy<Value = Vec<Message>> {
    let said = (
        prop::option::of(words()),
        prop::option::of(words()),
        prop::option::of(words()),
    );
    let calls = prop::collection::vec((id(), arguments(), words()), 0..3);
    (user(), said, calls).prop_map(|(user, (planned, thoughts, text), calls)| {
        let mut messages = vec![user];
        if planned.is_none() && thoughts.is_none() && calls.is_empty() {
            messages.extend(text.map(Message::assistant));
            return messages;
        }
        let mut parts: Vec<ContentPart> = Vec::new();
        parts.extend(planned.map(plan));
        parts.extend(thoughts.map(|text| ContentPart::from(Reasoning::new(text))));
        parts.extend(text.map(ContentPart::from));
        let mut results = Vec::new();
        for (at, (name, arguments, result)) in calls.into_iter().enumerate() {
            let id = format!("{name}-{at}");
            results.push(Message::tool([ToolResult::new(id.as_str(), result)]));
            parts.push(ToolCall::new(id, name, arguments).into());
        }
        messages.push(Message::assistant(parts));
        messages.extend(results);
        messages
    })
}

fn tools() -> impl Strategy<Value = Vec<ToolDefinition>> {
    let tools = prop::collection::vec((id(), prop::option::of(words())), 0..3);
    (tools, prop::bool::ANY).prop_map(|(tools, strict)| {
        let tool = |(name, description): (String, Option<String>)| {
            let mut tool = FunctionTool::new(name);
            tool.description = description.map(Text::from);
            tool.parameters = Some(schema());
            tool.strict = strict.then_some(true);
            ToolDefinition::Function(tool)
        };
        tools.into_iter().map(tool).collect()
    })
}

fn schema() -> Json {
    Json::parse(r#"{"type":"object","properties":{}}"#).expect("JSON")
}

fn format() -> impl Strategy<Value = Option<ResponseFormat>> {
    let mut format = JsonSchemaFormat::new("response", schema());
    format.strict = None;
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(ResponseFormat::Text)),
        1 => Just(Some(ResponseFormat::Json)),
        1 => Just(Some(ResponseFormat::JsonSchema(format))),
    ]
}

fn thinking() -> impl Strategy<Value = Option<ReasoningConfig>> {
    prop::option::of(prop_oneof![
        Just(ReasoningConfig::effort(ReasoningEffort::None)),
        (1u64..40_000).prop_map(ReasoningConfig::budget),
    ])
}

/// A document, where the wire has those of a request: in front of the last question.
fn with_documents(chat: &mut ChatRequest, documents: Vec<(Option<String>, String)>) {
    let media = |(title, text): (Option<String>, String)| {
        let mut media = Media::new(MediaKind::Document, MediaSource::Text(text.into()));
        media.name = title.map(Text::from);
        ContentPart::Media(media)
    };
    if !documents.is_empty() {
        let last = chat
            .messages
            .iter_mut()
            .rfind(|message| message.role == router_core::message::Role::User);
        let parts = last.expect("a question").content.parts_mut();
        parts.splice(0..0, documents.into_iter().map(media));
    }
}

fn chat() -> impl Strategy<Value = ChatRequest> {
    let hundredths = || prop::option::of((1u8..=99).prop_map(|number| f64::from(number) / 100.0));
    let sampling = (
        hundredths(),
        hundredths(),
        prop::option::of(0u64..=500),
        prop::option::of(0i64..i64::MAX),
    );
    let penalties = (hundredths(), hundredths());
    let limits = (
        prop::option::of(0u64..100_000),
        prop::collection::vec(words(), 0..=5),
        prop::option::of(prop::bool::ANY),
    );
    let system = prop::option::of(words().prop_map(Message::system));
    let turns = prop::collection::vec(turn(), 1..4);
    let documents = prop::collection::vec((prop::option::of(words()), words()), 0..3);
    let choice = prop_oneof![
        Just(None),
        Just(Some(ToolChoice::Required)),
        Just(Some(ToolChoice::None))
    ];
    let asked = (system, turns, documents, tools(), choice, format(), thinking());
    (asked, sampling, penalties, limits).prop_map(
        |((system, turns, documents, tools, choice, format, thinking), sampling, penalties, limits)| {
            let mut chat = ChatRequest::new(Vec::new()).with_tools(tools);
            chat.messages.extend(system);
            chat.messages.extend(turns.into_iter().flatten());
            with_documents(&mut chat, documents);
            chat.tool_choice = choice.filter(|_| !chat.tools.is_empty());
            chat.response_format = format;
            let settings = &mut chat.settings;
            settings.reasoning = thinking;
            (
                settings.temperature,
                settings.top_p,
                settings.top_k,
                settings.seed,
            ) = sampling;
            (settings.frequency_penalty, settings.presence_penalty) = penalties;
            settings.max_output_tokens = limits.0;
            settings.stop_sequences = limits.1.into_iter().map(Text::from).collect();
            settings.logprobs = limits.2;
            chat
        },
    )
}

fn cited(words: String) -> Citation {
    let raw = serde_json::json!({
        "start": 0, "end": 1, "text": words, "type": "TEXT_CONTENT",
        "sources": [{"type": "document", "id": "doc:0", "document": {"title": "A"}}],
    });
    let mut citation = Citation::default();
    citation.cited_text = Some(words.into());
    citation.title = Some("A".into());
    citation.range = Some((0, 1));
    citation.raw = Some(Opaque::new("cohere", Json::from(raw)));
    citation
}

fn usage() -> impl Strategy<Value = Option<Usage>> {
    let counts = (
        0u64..1000,
        0u64..1000,
        prop::option::of(0u64..10),
        prop::option::of(0u64..10),
    );
    prop::option::of(counts.prop_map(|(input, output, cached, thought)| {
        let mut usage = Usage::new(input, output);
        usage.cache_read_input_tokens = cached;
        usage.reasoning_output_tokens = thought;
        usage
    }))
}

fn answer() -> impl Strategy<Value = ChatResponse> {
    let said = (
        prop::option::of(words()),
        prop::option::of(words()),
        prop::option::of(words()),
    );
    let calls = prop::collection::vec((id(), arguments()), 0..3);
    let end = prop_oneof![
        Just((FinishReason::Stop, "COMPLETE")),
        Just((FinishReason::Stop, "STOP_SEQUENCE")),
        Just((FinishReason::Length, "MAX_TOKENS")),
        Just((FinishReason::Error, "ERROR")),
        Just((FinishReason::Other(Text::from("USER_CANCEL")), "USER_CANCEL")),
    ];
    let tokens = prop::collection::vec((words(), -9i8..0), 0..3);
    let source = prop::option::of(words().prop_map(cited));
    (said, calls, end, tokens, usage(), source).prop_map(
        |((planned, thoughts, text), calls, (reason, raw), tokens, usage, source)| {
            let mut parts: Vec<ContentPart> = Vec::new();
            parts.extend(planned.map(plan));
            parts.extend(thoughts.map(|text| ContentPart::from(Reasoning::new(text))));
            if let Some(text) = text {
                let mut part = router_core::content::TextPart::new(text);
                part.citations.extend(source);
                parts.push(ContentPart::Text(part));
            }
            let called = !calls.is_empty();
            for (at, (name, arguments)) in calls.into_iter().enumerate() {
                parts.push(ToolCall::new(format!("call_{at}"), name, arguments).into());
            }
            let (reason, raw) = match reason {
                FinishReason::Stop if called => (FinishReason::ToolCalls, "TOOL_CALL"),
                reason => (reason, raw),
            };
            let mut choice = Choice::new(0, parts, reason);
            choice.finish_reason_raw = Some(Text::from_static(raw));
            choice.logprobs = (!tokens.is_empty()).then(|| {
                let token =
                    |(token, logprob): (String, i8)| TokenLogprob::new(token, f64::from(logprob) / 4.0);
                Logprobs::of_content(tokens.into_iter().map(token).collect())
            });
            let mut answer = ChatResponse::default();
            answer.id = Some(Text::from("c14c80c3"));
            answer.choices.push(choice);
            answer.usage = usage;
            answer
        },
    )
}

/// The encoder of replies to a request.
fn encoder(http: &HttpRequest) -> Box<dyn ReplyEncoder> {
    let endpoints = router_cohere::endpoints();
    let endpoint = endpoints.iter().find(|endpoint| endpoint.claims(http));
    endpoint
        .expect("an endpoint")
        .decode(http)
        .expect("a request")
        .reply
}

fn post(path: &str, body: &str) -> Box<dyn ReplyEncoder> {
    encoder(&HttpRequest::post_json(path, body.to_owned()))
}

fn chat_encoder() -> Box<dyn ReplyEncoder> {
    post(
        "/v2/chat",
        r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
    )
}

fn whole(output: impl Into<Output>, mut encoder: Box<dyn ReplyEncoder>, schema: &Schema) -> HttpResponse {
    let response = encoder.full(&Head::default(), &output.into()).expect("an answer");
    assert_eq!(schema.errors(&response.body), [""; 0]);
    response
}

fn streamed(answer: ChatResponse) -> bytes::Bytes {
    let mut encoder = chat_encoder();
    let mut out = bytes::BytesMut::new();
    for event in router_core::replay::events(answer) {
        encoder.event(&event, &mut out);
    }
    for line in String::from_utf8_lossy(&out).lines() {
        if let Some(data) = line.strip_prefix("data: ").filter(|data| *data != "[DONE]") {
            assert_eq!(specs::CHAT_EVENT.errors(data.as_bytes()), [""; 0], "{data}");
        }
    }
    out.freeze()
}

/// The counts as the vendor wrote them are no part of what is compared.
fn without_raw(mut answer: ChatResponse) -> ChatResponse {
    if let Some(usage) = &mut answer.usage {
        usage.raw = None;
    }
    answer
}

/// What a server reads of what a client writes.
fn read(operation: impl Into<Operation>, streams: bool, schema: &Schema) -> Operation {
    let mut call = Call::new("command-a-03-2025", operation.into());
    if streams {
        call = call.streaming();
    }
    let encoded = codec().encode(&call).expect("a request that can be written");
    assert_eq!(&encoded.warnings, &[]);
    assert_eq!(schema.errors(&encoded.request.body), [""; 0]);
    let endpoints = router_cohere::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&encoded.request))
        .expect("an endpoint");
    let ingress = endpoint
        .decode(&encoded.request)
        .expect("a request that can be read");
    assert_eq!(
        (ingress.model.as_str(), ingress.mode),
        ("command-a-03-2025", call.mode)
    );
    ingress.operation
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(chat in chat(), streams in prop::bool::ANY) {
        prop_assert_eq!(read(chat.clone(), streams, &specs::CHAT), Operation::from(chat));
    }

    #[test]
    fn answers(answer in answer()) {
        let response = whole(answer.clone(), chat_encoder(), &specs::CHAT_ANSWER);
        let Output::Chat(decoded) = decoded(ChatRequest::user("x"), &response) else {
            unreachable!("a chat was asked for")
        };
        prop_assert_eq!(without_raw(decoded), answer);
    }

    #[test]
    fn streams(answer in answer()) {
        prop_assert_eq!(without_raw(collected(streamed(answer.clone()))), answer);
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
    fn texts_and_pictures_to_embed(
        texts in prop::collection::vec(words(), 1..4),
        picture in prop::bool::ANY,
        dimensions in prop::option::of(1u32..2048),
        truncate in prop::option::of(prop::bool::ANY),
    ) {
        let mut request = EmbeddingRequest::new(texts.into_iter().map(|text| match picture {
            true => EmbeddingInput::Parts(vec![
                ContentPart::text(text),
                Media::bytes(MediaKind::Image, "image/png", b"png").into(),
            ]),
            false => EmbeddingInput::from(text),
        }));
        request.input_type = Some("classification".into());
        request.encoding_format = Some("float".into());
        request.dimensions = dimensions;
        request.truncate = truncate;
        prop_assert_eq!(read(request.clone(), false, &specs::EMBED), Operation::from(request));
    }

    #[test]
    fn vectors(rows in prop::collection::vec(prop::collection::vec(-1.0f32..1.0, 3), 1..4), base64 in prop::bool::ANY) {
        let kind = if base64 { "base64" } else { "float" };
        let body = format!(r#"{{"model":"m","input_type":"clustering","texts":["x"],"embedding_types":["{kind}"]}}"#);
        let mut answer = EmbeddingResponse::new(rows);
        answer.usage = Some(Usage::new(5, 0));
        let response = whole(answer.clone(), post("/v2/embed", &body), &specs::EMBED_ANSWER);
        let Output::Embed(decoded) = decoded(EmbeddingRequest::new(["x"]), &response) else {
            unreachable!("vectors were asked for")
        };
        prop_assert_eq!(decoded.embeddings, answer.embeddings);
        prop_assert_eq!(decoded.usage.map(|usage| usage.input_tokens), Some(5));
    }

    #[test]
    fn rankings(query in words(), texts in prop::collection::vec(words(), 1..5), top in prop::option::of(1u32..5)) {
        let mut request = RerankRequest::new(query, texts);
        request.top_n = top;
        prop_assert_eq!(read(request.clone(), false, &specs::RERANK), Operation::from(request));
        let mut answer = RerankResponse::default();
        answer.id = Some("a".into());
        answer.results = vec![RankedDocument::new(1, 0.75), RankedDocument::new(0, 0.25)];
        let body = r#"{"model":"m","query":"x","documents":["a","b"]}"#;
        let response = whole(answer.clone(), post("/v2/rerank", body), &specs::RERANK_ANSWER);
        let Output::Rerank(decoded) = decoded(RerankRequest::new("x", ["a"]), &response) else {
            unreachable!("a ranking was asked for")
        };
        prop_assert_eq!((decoded.id, decoded.results), (answer.id, answer.results));
        let meta = decoded.extra.get("rerank", "meta").map(|meta| meta.to_value());
        prop_assert_eq!(meta, Some(serde_json::json!({"api_version": {"version": "2"}})), "clients take it for granted");
    }
}

#[test]
fn models_come_back() {
    let mut info = ModelInfo::new("command-a-03-2025");
    info.context_window = Some(288_000);
    let fields = vec![(
        Text::from_static("endpoints"),
        Json::from(serde_json::json!(["chat"])),
    )];
    info.extra = Extra::of(Text::from_static(router_cohere::models::WIRE), fields);
    let mut list = ModelList::new(vec![info]);
    list.next_page = Some("n".into());
    let sdk = http::HeaderName::from_static("x-fern-sdk-name");
    let http =
        |path| HttpRequest::get(path).with_header(sdk.clone(), http::HeaderValue::from_static("cohere"));
    let all = http("/v1/models?page_token=a%26b");
    let response = encoder(&all)
        .full(&Head::default(), &Output::ListModels(list.clone()))
        .expect("a list");
    assert_eq!(
        decoded(ListModelsRequest::default(), &response),
        Output::ListModels(list.clone())
    );
    let endpoints = router_cohere::endpoints();
    let endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.claims(&all))
        .expect("an endpoint");
    let Operation::ListModels(asked) = endpoint.decode(&all).expect("a request").operation else {
        unreachable!("models were asked for")
    };
    assert_eq!(asked.page.as_deref(), Some("a&b"));
    let list = Output::ListModels(list);
    let mut one = encoder(&http("/v1/models/command-a-03-2025"));
    assert!(one.full(&Head::default(), &list).is_ok());
    let mut none = encoder(&http("/v1/models/other"));
    assert_eq!(
        none.full(&Head::default(), &list).unwrap_err().kind(),
        router_core::ErrorKind::NotFound
    );
    // The address is OpenAI's for other clients.
    let others = HttpRequest::get("/v1/models");
    assert!(!endpoints.iter().any(|endpoint| endpoint.claims(&others)));
}
