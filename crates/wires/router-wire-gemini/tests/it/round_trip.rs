//! What one side writes the other reads to the same value.

use proptest::prelude::*;
use router_core::chat::{ChatResponse, Choice, JsonSchemaFormat, Logprobs, TokenLogprob, Usage};
use router_core::content::{Media, MediaKind, MediaSource, Reasoning, Riders};
use router_core::embedding::{EmbeddingRequest, EmbeddingResponse};
use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::tool::{FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, Content, ContentPart, Extra, FinishReason, Head, Json, Message, Operation, Output,
    ResponseFormat, Signature, Text, ToolChoice, ToolDefinition,
};
use router_wire::{Encoded, HttpRequest, HttpResponse, ReplyEncoder, ServerCodec};
use router_wire_gemini::server::{CountTokens, EmbedContent, GenerateContent, Models};
use router_wire_gemini::{Rules, Service, WIRE, embeddings, models, response, tokens};

use crate::side::{collected, encoded, speaker};

const MODEL: &str = "gemini-3-pro-preview";

fn words() -> impl Strategy<Value = String> {
    prop::string::string_regex("[a-zA-Zäöü€😀\"\\\\\n{}:]{1,12}").expect("a pattern")
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,10}"
}

fn signature() -> impl Strategy<Value = Option<Signature>> {
    prop_oneof![
        3 => Just(None),
        1 => "[a-zA-Z0-9]{4}".prop_map(|data| Some(Signature::new(WIRE, data))),
    ]
}

fn ridden(part: ContentPart, signature: Option<Signature>) -> ContentPart {
    let mut part = part;
    if let (Some(riders), Some(signature)) = (part.riders_mut(), signature) {
        riders.set_signature(Some(signature));
    }
    part
}

fn text_part() -> impl Strategy<Value = ContentPart> {
    (words(), signature()).prop_map(|(text, signature)| ridden(ContentPart::text(text), signature))
}

/// A thought: signed, or one of this wire that is not.
fn thought() -> impl Strategy<Value = ContentPart> {
    (words(), signature()).prop_map(|(text, signature)| {
        let mut thought = Reasoning::new(text);
        match signature {
            Some(signature) => thought.riders.set_signature(Some(signature)),
            None => {
                let note = vec![(Text::from_static("~thought"), Json::null())];
                thought.riders = Riders::new().with_extra(Extra::of(WIRE, note));
            }
        }
        ContentPart::Reasoning(thought)
    })
}

fn media() -> impl Strategy<Value = ContentPart> {
    let media = prop_oneof![
        Just(Media::bytes(MediaKind::Image, "image/png", b"png")),
        Just(Media::bytes(MediaKind::Document, "application/pdf", b"%PDF-")),
        Just(Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF")),
        id().prop_map(|id| {
            let mut media = Media::new(MediaKind::Video, MediaSource::File(format!("gs://b/{id}").into()));
            media.media_type = Some(Text::from("video/mp4"));
            media
        }),
        id().prop_map(|path| {
            let mut media = Media::url(MediaKind::Image, format!("https://example.com/{path}"));
            media.media_type = Some(Text::from("image/png"));
            media.detail = Some(Text::from("high"));
            media
        }),
    ];
    media.prop_map(ContentPart::Media)
}

fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}".to_owned()),
        words().prop_map(|text| serde_json::json!({ "a": text, "b": [1, 2.5, null] }).to_string()),
    ]
}

fn user() -> impl Strategy<Value = Message> {
    prop_oneof![
        words().prop_map(Message::user),
        prop::collection::vec(prop_oneof![text_part(), media()], 2..4).prop_map(Message::user),
    ]
}

/// What the model says, perhaps with calls.
fn said() -> impl Strategy<Value = (Vec<ContentPart>, Vec<ToolCall>)> {
    let said = prop::collection::vec(prop_oneof![text_part(), thought(), media()], 1..4);
    let calls = prop::collection::vec((id(), arguments(), signature()), 0..3);
    (said, calls).prop_map(|(said, calls)| {
        let calls = calls
            .into_iter()
            .enumerate()
            .map(|(at, (name, arguments, signature))| {
                let mut call = ToolCall::new(format!("{name}-{at}"), name, arguments);
                // The first call of a step is always signed: one that is not gets a word for it.
                let signature = signature.or((at == 0).then(|| Signature::new(WIRE, "c2ln")));
                call.riders.set_signature(signature);
                call
            });
        (said, calls.collect())
    })
}

/// A question, an answer, perhaps with calls and their results.
fn turn() -> impl Strategy<Value = Vec<Message>> {
    (user(), said(), prop::bool::ANY).prop_map(|(user, (mut parts, calls), failed)| {
        let results: Vec<ToolResult> = calls
            .iter()
            .map(|call| {
                let mut result = ToolResult::new(call.id.clone(), "result").with_name(call.name.clone());
                result.is_error = failed;
                result
            })
            .collect();
        parts.extend(calls.into_iter().map(ContentPart::ToolCall));
        // A text alone is a text, not a list of one.
        let content = match parts.as_slice() {
            [ContentPart::Text(text)] if text.riders.is_empty() => Content::Text(text.text.clone()),
            _ => Content::from(parts),
        };
        let mut messages = vec![user, Message::new(router_core::Role::Assistant, content)];
        if !results.is_empty() {
            messages.push(Message::tool(results));
        }
        messages
    })
}

fn tools() -> impl Strategy<Value = Vec<ToolDefinition>> {
    let tool = (id(), prop::option::of(words()), prop::bool::ANY).prop_map(|(name, description, own)| {
        let mut tool = FunctionTool::new(name);
        tool.description = description.map(Text::from);
        tool.parameters = Some(Json::parse(r#"{"type":"object","properties":{"a":{}}}"#).expect("JSON"));
        if own {
            tool.extra.insert(WIRE, "~own_schema", Json::null());
        }
        ToolDefinition::Function(tool)
    });
    prop::collection::vec(tool, 0..3)
}

fn format() -> impl Strategy<Value = Option<ResponseFormat>> {
    let schema = |own: bool| {
        let mut format =
            JsonSchemaFormat::new("response", Json::parse(r#"{"type":"object"}"#).expect("JSON"));
        format.strict = None;
        if own {
            format.extra.insert(WIRE, "~own_schema", Json::null());
        }
        Some(ResponseFormat::JsonSchema(format))
    };
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(ResponseFormat::Json)),
        1 => prop::bool::ANY.prop_map(schema),
    ]
}

fn chat() -> impl Strategy<Value = ChatRequest> {
    let system = prop::option::of(prop_oneof![
        words().prop_map(Message::system),
        prop::collection::vec(words().prop_map(ContentPart::text), 2..3).prop_map(Message::system),
    ]);
    let choice = prop::option::of(prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        id().prop_map(|name| ToolChoice::Tool(name.into())),
    ]);
    let numbers = (
        prop::option::of(0u8..=20),
        prop::option::of(1u64..1000),
        prop::option::of(any::<i32>()),
        prop::option::of(1u32..8),
        prop::collection::vec(id(), 0..3),
    );
    let rest = (
        prop::option::of(id()),
        prop::option::of(prop::bool::ANY),
        prop::bool::ANY,
    );
    (
        system,
        prop::collection::vec(turn(), 0..3),
        user(),
        tools(),
        choice,
        format(),
        numbers,
        rest,
    )
        .prop_map(
            |(
                system,
                turns,
                last,
                tools,
                choice,
                format,
                (temperature, top_k, seed, n, stops),
                (tier, store, pictures),
            )| {
                let mut chat = ChatRequest::new(Vec::new()).with_tools(tools);
                chat.messages.extend(system);
                chat.messages.extend(turns.into_iter().flatten());
                chat.messages.push(last);
                // What follows results of tools is the user's turn with them.
                let settings = &mut chat.settings;
                settings.temperature = temperature.map(|tenths| f64::from(tenths) / 10.0);
                settings.top_k = top_k;
                settings.max_output_tokens = top_k;
                settings.seed = seed.map(i64::from);
                settings.n = n;
                settings.stop_sequences = stops.into_iter().map(Text::from).collect();
                settings.service_tier = tier.map(Text::from);
                settings.store = store;
                if pictures {
                    settings.modalities = vec![Text::from("text"), Text::from("image")];
                }
                chat.tool_choice = choice;
                chat.response_format = format;
                chat
            },
        )
}

fn answer() -> impl Strategy<Value = ChatResponse> {
    let end = prop_oneof![
        Just((FinishReason::Stop, "STOP")),
        Just((FinishReason::Length, "MAX_TOKENS")),
        Just((FinishReason::ContentFilter, "SAFETY")),
        Just((FinishReason::Error, "MALFORMED_FUNCTION_CALL")),
        Just((FinishReason::Other(Text::from("LANGUAGE")), "LANGUAGE")),
    ];
    let usage = prop::option::of((
        0u64..1000,
        0u64..1000,
        prop::option::of(0u64..1000),
        prop::option::of(0u64..1000),
        any::<[Option<u8>; 4]>(),
    ));
    (prop::collection::vec((said(), end, prop::bool::ANY), 1..3), usage).prop_map(|(choices, usage)| {
        let mut answer = ChatResponse::default();
        answer.id = Some(Text::from("resp-1"));
        answer.model = Some(Text::from("gemini-x"));
        for (index, ((mut parts, calls), (reason, raw), scored)) in (0..).zip(choices) {
            let called = !calls.is_empty();
            parts.extend(calls.into_iter().map(ContentPart::ToolCall));
            let stops = matches!(reason, FinishReason::Stop | FinishReason::Other(_));
            let reason = if called && stops {
                FinishReason::ToolCalls
            } else {
                reason
            };
            let mut choice = Choice::new(index, parts, reason);
            choice.finish_reason_raw = Some(Text::from(raw));
            if scored {
                let mut token = TokenLogprob::new("a", -0.5);
                token.top = vec![TokenLogprob::new("a", -0.5), TokenLogprob::new("b", -2.5)];
                choice.logprobs = Some(Logprobs::of_content(vec![token]));
                choice.extra.insert(
                    "gemini.candidate",
                    "avgLogprobs",
                    Json::parse("-0.5").expect("JSON"),
                );
            }
            answer.choices.push(choice);
        }
        answer.usage = usage.map(|(input, output, cached, thoughts, by_kind)| {
            let mut usage = Usage::new(input, output + thoughts.unwrap_or(0));
            usage.cache_read_input_tokens = cached;
            usage.reasoning_output_tokens = thoughts;
            let [heard, spoken, seen, drawn] = by_kind.map(|tokens| tokens.map(Into::into));
            usage.audio_input_tokens = heard;
            usage.audio_output_tokens = spoken;
            usage.image_input_tokens = seen;
            usage.image_output_tokens = drawn;
            usage
        });
        answer
    })
}

fn without_raw(mut answer: ChatResponse) -> ChatResponse {
    if let Some(usage) = &mut answer.usage {
        usage.raw = None;
    }
    for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.content) {
        // Made by this vendor, or read from its wire: the same.
        if let Some(riders) = part.riders_mut()
            && let Some(signature) = riders.signature().cloned()
        {
            riders.set_signature(Some(Signature::new(WIRE, signature.data)));
        }
        // Files of an answer have no kind of their own.
        if let ContentPart::Media(media) = part {
            media.detail = None;
            if let MediaSource::Url(uri) = &media.source {
                media.source = MediaSource::File(uri.clone());
            }
        }
    }
    answer
}

/// Texts and thoughts that follow each other unsigned are one: on this wire a stream gives them in pieces.
fn joined(mut answer: ChatResponse) -> ChatResponse {
    for choice in &mut answer.choices {
        let mut parts: Vec<ContentPart> = Vec::new();
        for part in std::mem::take(&mut choice.content) {
            match (parts.last_mut(), &part) {
                (Some(ContentPart::Text(last)), ContentPart::Text(next))
                    if last.riders.is_empty() && next.riders.is_empty() =>
                {
                    last.text = format!("{}{}", last.text, next.text).into();
                }
                (Some(ContentPart::Reasoning(last)), ContentPart::Reasoning(next))
                    if last.riders.signature().is_none() && next.riders.signature().is_none() =>
                {
                    last.text = format!("{}{}", last.text, next.text).into();
                }
                _ => parts.push(part),
            }
        }
        choice.content = parts;
    }
    answer
}

/// Texts and thoughts as a stream gives them: a signature stands on an empty one behind.
fn streamed_form(answer: ChatResponse) -> ChatResponse {
    let mut answer = without_raw(answer);
    for choice in &mut answer.choices {
        let mut parts: Vec<ContentPart> = Vec::new();
        for part in std::mem::take(&mut choice.content) {
            let signature = part.riders().and_then(Riders::signature).cloned();
            let bare = match &part {
                ContentPart::Text(part) if signature.is_some() => [
                    ContentPart::text(part.text.clone()),
                    ridden(ContentPart::text(""), signature),
                ],
                ContentPart::Reasoning(part) if signature.is_some() => {
                    let mut thought = Reasoning::new(part.text.clone());
                    let note = vec![(Text::from_static("~thought"), Json::null())];
                    thought.riders = Riders::new().with_extra(Extra::of(WIRE, note));
                    let empty = ContentPart::Reasoning(Reasoning::new(""));
                    [ContentPart::Reasoning(thought), ridden(empty, signature)]
                }
                _ => {
                    parts.push(part);
                    continue;
                }
            };
            parts.extend(bare);
        }
        choice.content = parts;
    }
    joined(answer)
}

fn reply_encoder(query: &str) -> Box<dyn ReplyEncoder> {
    let path = format!("/v1beta/models/m:streamGenerateContent{query}");
    let body = r#"{"contents":[{"role":"user","parts":[{"text":"x"}]}]}"#;
    GenerateContent
        .decode(&HttpRequest::post_json(path, body))
        .expect("a request")
        .reply
}

/// The bytes of a streamed answer.
pub(crate) fn streamed(answer: ChatResponse, query: &str) -> bytes::Bytes {
    let mut encoder = reply_encoder(query);
    let mut out = bytes::BytesMut::new();
    for event in router_core::replay::events(answer) {
        encoder.event(&event, &mut out);
    }
    out.freeze()
}

/// A whole answer.
pub(crate) fn whole(answer: ChatResponse) -> HttpResponse {
    reply_encoder("")
        .full(&Head::default(), &Output::Chat(answer))
        .expect("an answer that can be written")
}

/// The request as the other side gets it.
fn received(encoded: &Encoded) -> HttpRequest {
    let mut request = encoded.request.clone();
    request.path = format!("/v1beta{}", request.path).into();
    request
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(chat in chat()) {
        let call = Call::new(MODEL, chat.clone()).streaming();
        let encoded = encoded(&call, &chat).expect("a request that can be written");
        prop_assert_eq!(&encoded.warnings, &[]);
        let ingress = GenerateContent.decode(&received(&encoded)).expect("a request that can be read");
        prop_assert_eq!(ingress.model.as_str(), MODEL);
        prop_assert_eq!(ingress.mode, router_core::Mode::Stream);
        let Operation::Chat(decoded) = ingress.operation else { unreachable!("this method is a chat") };
        prop_assert_eq!(&*decoded, &chat);
    }

    #[test]
    fn counts(chat in chat(), tokens in 0u64..1000, cached in prop::option::of(0u64..10)) {
        let count = CountTokensRequest::new(chat);
        let call = Call::new(MODEL, count.clone());
        let encoded = tokens::encode(&Service::GEMINI, &Rules::of(MODEL), &speaker(), &call, &count).expect("a request");
        let mut ingress = CountTokens.decode(&received(&encoded)).expect("a request that can be read");
        let Operation::CountTokens(decoded) = ingress.operation else { unreachable!("this method counts") };
        prop_assert_eq!(&*decoded, &count);
        let mut counted = TokenCount::new(tokens);
        counted.cache_read_input_tokens = cached;
        let reply = ingress.reply.full(&Head::default(), &Output::CountTokens(counted.clone())).expect("a reply");
        prop_assert_eq!(tokens::decode(&reply).expect("a count"), counted);
    }

    #[test]
    fn answers(answer in answer()) {
        let decoded = response::decode(&speaker(), &whole(answer.clone())).expect("an answer that can be read");
        prop_assert_eq!(without_raw(decoded), joined(without_raw(answer)));
    }

    #[test]
    fn streams(answer in answer()) {
        let expected = streamed_form(answer.clone());
        prop_assert_eq!(without_raw(collected(streamed(answer.clone(), "?alt=sse"))), expected.clone());
        prop_assert_eq!(without_raw(collected(streamed(answer, ""))), expected);
    }

    #[test]
    fn vectors(
        texts in prop::collection::vec(words(), 1..4),
        dimensions in prop::option::of(1u32..9),
        kind in prop::option::of(id()),
        counted in prop::option::of(0u64..1000),
    ) {
        let mut request = EmbeddingRequest::new(texts.clone());
        request.dimensions = dimensions;
        request.input_type = kind.map(Text::from);
        let call = Call::new("gemini-embedding-001", request.clone());
        let encoded = embeddings::encode(&speaker(), &call, &request).expect("a request");
        let mut ingress = EmbedContent.decode(&received(&encoded)).expect("a request that can be read");
        prop_assert_eq!(ingress.model.as_str(), "gemini-embedding-001");
        let Operation::Embed(decoded) = ingress.operation else { unreachable!("this method embeds") };
        prop_assert_eq!(&*decoded, &request);
        let mut answer = EmbeddingResponse::new(texts.iter().map(|text| vec![text.len() as f32, -0.5]).collect());
        answer.usage = counted.map(|tokens| Usage::new(tokens, 0));
        let reply = ingress.reply.full(&Head::default(), &Output::Embed(answer.clone())).expect("a reply");
        prop_assert_eq!(embeddings::decode(&reply).expect("vectors"), answer);
    }

    #[test]
    fn lists(names in prop::collection::vec(id(), 0..4), window in prop::option::of(1u64..10_000)) {
        let infos: Vec<ModelInfo> = names.iter().map(|name| {
            let mut info = ModelInfo::new(name.clone());
            info.name = Some(Text::from(format!("Model {name}")));
            info.context_window = window;
            info
        }).collect();
        let mut request = models::encode(&ListModelsRequest::default());
        request.path = format!("/v1beta{}", request.path).into();
        prop_assert!(Models.matches(&request.method, request.path_only()));
        let mut ingress = Models.decode(&request).expect("a request");
        let list = Output::ListModels(ModelList::new(infos.clone()));
        let reply = ingress.reply.full(&Head::default(), &list).expect("a reply");
        let decoded = models::decode(&reply).expect("a list");
        let plain = |info: &ModelInfo| (info.id.clone(), info.name.clone(), info.context_window);
        prop_assert_eq!(
            decoded.models.iter().map(plain).collect::<Vec<_>>(),
            infos.iter().map(plain).collect::<Vec<_>>()
        );
    }
}

/// Signatures of another vendor come back to it over this wire: on whole answers and on streams.
#[test]
fn foreign_signatures_travel_under_seal() {
    let anthropic = |data: &str| Some(Signature::new("anthropic", data));
    let parts = vec![
        ridden(
            ContentPart::Reasoning(Reasoning::new("Thoughts.")),
            anthropic("on thoughts"),
        ),
        ContentPart::text("Hello."),
        ridden(
            ContentPart::ToolCall(ToolCall::new("call-1", "look", "{}")),
            anthropic("on call"),
        ),
    ];
    let mut answer = ChatResponse::default();
    answer
        .choices
        .push(Choice::new(0, parts.clone(), FinishReason::ToolCalls));
    let back = |contents: serde_json::Value| {
        let body = serde_json::json!({"contents": contents}).to_string();
        let request = HttpRequest::post_json("/v1beta/models/m:generateContent", body);
        let Operation::Chat(chat) = GenerateContent.decode(&request).expect("a request").operation else {
            unreachable!("this method is a chat")
        };
        chat.messages[1].content.clone()
    };
    let user = serde_json::json!({"role": "user", "parts": [{"text": "x"}]});
    let body: serde_json::Value = serde_json::from_slice(&whole(answer.clone()).body).expect("JSON");
    let content = &body["candidates"][0]["content"];
    assert_eq!(
        back(serde_json::json!([user, content])),
        Content::from(parts.clone())
    );
    // Clients of streams keep each piece as a content of its own.
    let stream = streamed(answer, "?alt=sse");
    let text = std::str::from_utf8(&stream).expect("UTF-8");
    let pieces = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let mut contents = vec![user];
    for piece in pieces {
        let piece: serde_json::Value = serde_json::from_str(piece).expect("JSON");
        let content = piece["candidates"][0]["content"].clone();
        if content["parts"] != serde_json::json!([]) {
            contents.push(content);
        }
    }
    assert_eq!(back(contents.into()), Content::from(parts));
}
