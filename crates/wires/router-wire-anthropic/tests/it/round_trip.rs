//! What one side writes the other reads to the same value.

use proptest::prelude::*;
use router_core::chat::{ChatResponse, Choice, JsonSchemaFormat, ReasoningConfig, Usage};
use router_core::content::{CacheMark, Media, MediaKind, MediaSource, Reasoning};
use router_core::tool::{FunctionTool, ToolCall, ToolResult};
use router_core::{
    Call, ChatRequest, Content, ContentPart, FinishReason, Head, Json, Message, Operation, Output,
    ReasoningEffort, ResponseFormat, Role, Signature, Text, ToolChoice, ToolDefinition,
};
use router_wire::{HttpRequest, ServerCodec};
use router_wire_anthropic::server::Messages;
use router_wire_anthropic::{Service, request, response};

use crate::side::{collected, reader, speaker};

fn words() -> impl Strategy<Value = String> {
    prop::string::string_regex("[a-zA-Zäöü€😀\"\\\\\n{}:]{1,12}")
        .expect("a pattern")
        .prop_filter("blank texts are not sent", |text| !text.trim().is_empty())
}

fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,10}"
}

fn mark() -> impl Strategy<Value = Option<CacheMark>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(CacheMark::new())),
        1 => Just(Some(CacheMark::with_ttl("1h"))),
    ]
}

fn marked(part: ContentPart, mark: Option<CacheMark>) -> ContentPart {
    match mark {
        Some(mark) => part.with_cache(mark),
        None => part,
    }
}

fn text_part() -> impl Strategy<Value = ContentPart> {
    (words(), mark()).prop_map(|(text, mark)| marked(ContentPart::text(text), mark))
}

fn media() -> impl Strategy<Value = ContentPart> {
    let media = prop_oneof![
        Just(Media::bytes(MediaKind::Image, "image/png", b"png")),
        Just(Media::bytes(MediaKind::Document, "application/pdf", b"%PDF-")),
        id().prop_map(|id| Media::new(MediaKind::Image, MediaSource::File(id.into()))),
        id().prop_map(|path| Media::url(MediaKind::Document, format!("https://example.com/{path}"))),
        words().prop_map(|text| {
            let mut media = Media::new(MediaKind::Document, MediaSource::Text(text.into()));
            media.media_type = Some(Text::from("text/plain"));
            media.name = Some(Text::from("notes"));
            media
        }),
    ];
    (media, mark()).prop_map(|(media, mark)| marked(ContentPart::Media(media), mark))
}

fn reasoning() -> impl Strategy<Value = ContentPart> {
    let open = (words(), id()).prop_map(|(text, signature)| {
        Reasoning::new(text).with_signature(Signature::new("anthropic", signature))
    });
    // Hidden by the vendor, and of another vendor under seal.
    let hidden = (id(), prop::bool::ANY).prop_map(|(signature, redacted)| {
        let mut reasoning = Reasoning::new("").with_signature(Signature::new("anthropic", signature));
        reasoning.redacted = redacted;
        reasoning
    });
    prop_oneof![open, hidden].prop_map(ContentPart::Reasoning)
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
        prop::collection::vec(prop_oneof![text_part(), media()], 1..4).prop_map(Message::user),
    ]
}

/// A question, perhaps with calls, their results and what the user says to them.
fn turn() -> impl Strategy<Value = Vec<Message>> {
    let said = prop::collection::vec(prop_oneof![text_part(), reasoning()], 0..3);
    let calls = prop::collection::vec((id(), arguments(), mark(), prop::bool::ANY), 0..3);
    let comment = prop::collection::vec(text_part(), 0..2);
    (user(), said, calls, comment).prop_map(|(user, said, calls, comment)| {
        let mut messages = vec![user];
        let mut parts = said;
        let mut results = Vec::new();
        for (at, (name, arguments, mark, failed)) in calls.into_iter().enumerate() {
            let id = format!("{name}-{at}");
            let mut result = ToolResult::new(id.as_str(), "result");
            result.is_error = failed;
            results.push(result);
            parts.push(marked(
                ContentPart::ToolCall(ToolCall::new(id, name, arguments)),
                mark,
            ));
        }
        if !parts.is_empty() {
            messages.push(Message::assistant(parts));
        }
        if !results.is_empty() {
            messages.push(Message::tool(results));
            if !comment.is_empty() {
                messages.push(Message::user(comment));
            }
        }
        messages
    })
}

fn tools() -> impl Strategy<Value = Vec<ToolDefinition>> {
    let tool = (
        id(),
        prop::option::of(words()),
        prop::option::of(Just(false)),
        mark(),
    );
    let tool = tool.prop_map(|(name, description, strict, mark)| {
        let mut tool = FunctionTool::new(name);
        tool.description = description.map(Text::from);
        tool.parameters = Some(Json::parse(r#"{"type":"object","properties":{}}"#).expect("JSON"));
        tool.strict = strict;
        tool.cache = mark;
        ToolDefinition::Function(tool)
    });
    prop::collection::vec(tool, 1..3)
}

fn thinking() -> impl Strategy<Value = Option<ReasoningConfig>> {
    prop_oneof![
        3 => Just(None),
        1 => (1024u64..3000).prop_map(|budget| Some(ReasoningConfig::budget(budget))),
        1 => Just(Some(ReasoningConfig::effort(ReasoningEffort::None))),
    ]
}

fn chat() -> impl Strategy<Value = ChatRequest> {
    let system = prop::option::of(prop_oneof![
        words().prop_map(Message::system),
        prop::collection::vec(text_part(), 1..3).prop_map(Message::system),
    ]);
    let choice = prop::option::of((
        prop_oneof![
            Just(ToolChoice::Auto),
            Just(ToolChoice::Required),
            id().prop_map(|name| ToolChoice::Tool(name.into()))
        ],
        prop::option::of(prop::bool::ANY),
    ));
    let format = prop::option::of(Just(ResponseFormat::JsonSchema(JsonSchemaFormat::new(
        "response",
        Json::parse(r#"{"type":"object","properties":{},"additionalProperties":false}"#).expect("JSON"),
    ))));
    let sampling = (
        prop::option::of(0u8..=10),
        prop::collection::vec(id(), 0..2),
        prop::option::of(id()),
    );
    (
        system,
        prop::collection::vec(turn(), 1..4),
        tools(),
        choice,
        format,
        thinking(),
        sampling,
        user(),
    )
        .prop_map(
            |(system, turns, tools, choice, format, thinking, (temperature, stops, user), last)| {
                let mut chat = ChatRequest::new(Vec::new()).with_tools(tools);
                chat.messages.extend(system);
                chat.messages.extend(turns.into_iter().flatten());
                if chat
                    .messages
                    .last()
                    .is_none_or(|message| message.role == Role::Assistant)
                {
                    chat.messages.push(last);
                }
                // Behind results a text is a block, since both stand in one message.
                for at in 1..chat.messages.len() {
                    if chat.messages[at - 1].role == Role::Tool {
                        chat.messages[at].content = Content::from(chat.messages[at].content.to_parts());
                    }
                }
                let thinks = thinking
                    .as_ref()
                    .is_some_and(|config| config.budget_tokens.is_some());
                if let Some((choice, parallel)) = choice.filter(|_| !thinks) {
                    chat.tool_choice = Some(choice);
                    chat.parallel_tool_calls = parallel;
                }
                chat.response_format = format;
                chat.settings.max_output_tokens = Some(4096);
                chat.settings.temperature = temperature
                    .filter(|_| !thinks)
                    .map(|tenths| f64::from(tenths) / 10.0);
                chat.settings.stop_sequences = stops.into_iter().map(Text::from).collect();
                chat.settings.user = user.map(Text::from);
                chat.settings.reasoning = thinking;
                chat
            },
        )
}

fn answer() -> impl Strategy<Value = ChatResponse> {
    let said = prop::collection::vec(
        prop_oneof![words().prop_map(ContentPart::text), reasoning()],
        0..4,
    );
    let calls = prop::collection::vec((id(), arguments()), 0..3);
    let end = prop_oneof![
        Just((FinishReason::Stop, "end_turn", None)),
        Just((FinishReason::Stop, "stop_sequence", Some("END"))),
        Just((FinishReason::Length, "max_tokens", None)),
        Just((FinishReason::ContentFilter, "refusal", None)),
        Just((FinishReason::Other(Text::from("pause_turn")), "pause_turn", None)),
    ];
    let usage = (
        0u64..1000,
        0u64..1000,
        0u64..1000,
        0u64..1000,
        prop::option::of(0u64..1000),
        prop::option::of(0u64..1000),
    );
    (said, calls, end, usage).prop_map(|(mut parts, calls, (reason, raw, sequence), usage)| {
        let called = !calls.is_empty();
        for (at, (name, arguments)) in calls.into_iter().enumerate() {
            parts.push(ContentPart::ToolCall(ToolCall::new(
                format!("toolu_{at}"),
                name,
                arguments,
            )));
        }
        let reason = if called { FinishReason::ToolCalls } else { reason };
        let mut choice = Choice::new(0, parts, reason);
        choice.finish_reason_raw = Some(Text::from(if called { "tool_use" } else { raw }));
        choice.stop_sequence = sequence.filter(|_| !called).map(Text::from);
        let mut answer = ChatResponse::default();
        answer.id = Some(Text::from("msg_1"));
        answer.model = Some(Text::from("claude-sonnet-5"));
        answer.choices.push(choice);
        let (rest, read, written, output, thinking, hour) = usage;
        let mut usage = Usage::new(rest + read + written, output);
        usage.cache_read_input_tokens = Some(read);
        usage.cache_creation_input_tokens = Some(written);
        usage.cache_creation_1h_input_tokens = hour.map(|hour| hour.min(written));
        usage.reasoning_output_tokens = thinking;
        answer.usage = Some(usage);
        answer
    })
}

fn without_raw(mut answer: ChatResponse) -> ChatResponse {
    if let Some(usage) = &mut answer.usage {
        usage.raw = None;
    }
    answer
}

fn reply_encoder() -> Box<dyn router_wire::ReplyEncoder> {
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]}"#;
    Messages
        .decode(&HttpRequest::post_json("/v1/messages", body))
        .expect("a request")
        .reply
}

/// The bytes of a streamed answer.
pub(crate) fn streamed(answer: ChatResponse) -> bytes::Bytes {
    let mut encoder = reply_encoder();
    let mut out = bytes::BytesMut::new();
    for event in router_core::replay::events(answer) {
        encoder.event(&event, &mut out);
    }
    out.freeze()
}

/// A whole answer.
pub(crate) fn whole(answer: ChatResponse) -> router_wire::HttpResponse {
    reply_encoder()
        .full(&Head::default(), &Output::Chat(answer))
        .expect("an answer that can be written")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(chat in chat()) {
        let call = Call::new("claude-opus-4-6", chat.clone());
        let encoded = request::encode(&Service::default(), &speaker(), &call, &chat).expect("a request that can be written");
        prop_assert_eq!(&encoded.warnings, &[]);
        let ingress = Messages.decode(&encoded.request).expect("a request that can be read");
        prop_assert_eq!(ingress.model.as_str(), "claude-opus-4-6");
        let Operation::Chat(decoded) = ingress.operation else { unreachable!("messages are a chat") };
        prop_assert_eq!(&*decoded, &chat);
    }

    #[test]
    fn answers(answer in answer()) {
        let decoded = response::decode(&speaker(), &whole(answer.clone())).expect("an answer that can be read");
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
}

/// Signatures of another vendor come back to it over this wire, also those on calls and texts.
#[test]
fn foreign_signatures_travel_under_seal() {
    let gemini = |data: &str| Signature::new("gemini", data);
    let mut call = ToolCall::new("call-1", "look", "{}");
    call.riders.set_signature(Some(gemini("on:call")));
    let mut text = ContentPart::text("Hello.");
    if let Some(riders) = text.riders_mut() {
        riders.set_signature(Some(gemini("on text")));
    }
    let parts = vec![
        ContentPart::Reasoning(Reasoning::new("Thoughts.").with_signature(gemini("on thoughts"))),
        text,
        ContentPart::ToolCall(call),
    ];
    let mut answer = ChatResponse::default();
    answer
        .choices
        .push(Choice::new(0, parts.clone(), FinishReason::ToolCalls));
    let message: serde_json::Value = serde_json::from_slice(&whole(answer.clone()).body).expect("JSON");
    let collected = collected(streamed(answer)).choices.remove(0).to_message();
    let again = ChatRequest::new(vec![Message::user("x"), collected]);
    let call = Call::new("claude-opus-4-6", again.clone());
    let sent = request::encode(&Service::default(), &speaker(), &call, &again).expect("a request");
    let sent: serde_json::Value = serde_json::from_slice(&sent.request.body).expect("JSON");
    assert_eq!(
        message["content"], sent["messages"][1]["content"],
        "whole and streamed alike"
    );
    let body = serde_json::json!({
        "model": "m",
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": message["content"]}],
    });
    let ingress = Messages
        .decode(&HttpRequest::post_json("/v1/messages", body.to_string()))
        .expect("a request");
    let Operation::Chat(chat) = ingress.operation else {
        unreachable!("messages are a chat")
    };
    assert_eq!(chat.messages[1].content, Content::from(parts));
}
