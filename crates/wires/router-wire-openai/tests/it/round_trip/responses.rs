//! The Responses API.

use proptest::prelude::*;
use router_core::chat::{Choice, ReasoningConfig, Settings};
use router_core::content::{Media, MediaKind, MediaSource, Reasoning, Refusal, Riders, TextPart};
use router_core::tool::{ToolCallKind, ToolResult};
use router_core::{
    Call, ChatRequest, ChatResponse, Content, ContentPart, Extra, FinishReason, Json, Message, Mode, Output,
    ReasoningEffort, Signature, Text, ToolCall, ToolDefinition,
};
use router_wire::HttpRequest;
use router_wire_openai::Dialect;
use router_wire_openai::responses::server::Responses;
use router_wire_openai::responses::{WIRE, request, response};
use serde_json::{Value, json};

use super::{chat_of, ingress, streamed, whole, without_raw};
use crate::side::{collected, responses_reader, speaker};
use crate::values::{
    calls, id, logprobs, maybe_word, media, pairs, response_format, tenths, text, text_part, tool_choice,
    tools, usage, words,
};

fn extra(fields: Value) -> Extra {
    let Value::Object(fields) = fields else {
        unreachable!("an object")
    };
    let fields = fields.into_iter();
    Extra::of(
        WIRE,
        fields
            .map(|(name, value)| (Text::from(name), Json::from(value)))
            .collect(),
    )
}

fn riders(fields: Value) -> Riders {
    Riders::new().with_extra(extra(fields))
}

/// Texts of one message, the first with the message's fields.
fn message(place: usize) -> impl Strategy<Value = Vec<ContentPart>> {
    let parts = prop::collection::vec(words(), 1..3);
    (parts, prop::option::weighted(0.2, words())).prop_map(move |(texts, refusal)| {
        let texts = texts.into_iter().enumerate().map(|(at, text)| {
            let mut part = TextPart::new(text);
            let mut fields = json!({"annotations": [], "logprobs": []});
            if at == 0 {
                fields["message"] = json!({"id": format!("msg_{place}"), "status": "completed"});
            }
            part.riders = riders(fields);
            ContentPart::Text(part)
        });
        let refusal = refusal.map(|text| ContentPart::Refusal(Refusal::new(text)));
        texts.chain(refusal).collect()
    })
}

fn thought(place: usize) -> impl Strategy<Value = ContentPart> {
    let paragraphs = prop::collection::vec("[a-z]{1,8}", 0..3);
    (paragraphs, prop::option::of(id())).prop_map(move |(paragraphs, sealed)| {
        let mut reasoning = Reasoning::new(paragraphs.join("\n\n"));
        let summary: Vec<Value> = paragraphs
            .into_iter()
            .map(|text| json!({"type": "summary_text", "text": text}))
            .collect();
        reasoning.riders = riders(json!({"id": format!("rs_{place}"), "summary": summary}));
        reasoning
            .riders
            .set_signature(sealed.map(|data| Signature::new(router_wire_openai::SIGNED, data)));
        ContentPart::Reasoning(reasoning)
    })
}

fn named(calls: Vec<ToolCall>) -> Vec<ToolCall> {
    let made = calls.into_iter().enumerate();
    made.map(|(at, mut call)| {
        let custom = call.kind == ToolCallKind::Custom;
        let id = format!("{}_{at}", if custom { "ctc" } else { "fc" });
        call.riders = riders(json!({"id": id, "status": "completed"}));
        call
    })
    .collect()
}

fn items() -> impl Strategy<Value = (Vec<ContentPart>, Vec<ToolCall>)> {
    (
        prop::option::of(thought(0)),
        prop::option::of(message(1)),
        prop::option::weighted(0.3, message(2)),
        calls(),
    )
        .prop_map(|(thought, one, two, calls)| {
            let mut parts: Vec<ContentPart> = thought.into_iter().collect();
            parts.extend(one.into_iter().chain(two).flatten());
            (parts, named(calls))
        })
}

fn file() -> impl Strategy<Value = Media> {
    prop_oneof![
        3 => media().prop_filter("sounds have no place here", |media| media.kind != MediaKind::Audio),
        1 => id().prop_map(|id| Media::new(MediaKind::Image, MediaSource::File(id.into()))),
        1 => id().prop_map(|id| Media::new(MediaKind::Document, MediaSource::File(id.into()))),
        1 => id().prop_map(|path| Media::url(MediaKind::Document, format!("https://example.com/{path}"))),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let part = || prop_oneof![text_part(), file().prop_map(ContentPart::Media)];
    prop_oneof![
        words().prop_map(Content::from),
        prop::collection::vec(part(), 1..4).prop_map(Content::from),
    ]
}

fn turn() -> impl Strategy<Value = Vec<Message>> {
    (content(), items(), content()).prop_map(|(asked, (mut parts, calls), result)| {
        let results: Vec<ToolResult> = calls
            .iter()
            .map(|call| {
                let mut result = ToolResult::new(&call.id, result.clone());
                if call.kind == ToolCallKind::Custom {
                    result.riders = riders(json!({"type": "custom_tool_call_output"}));
                }
                result
            })
            .collect();
        parts.extend(calls.into_iter().map(ContentPart::ToolCall));
        let mut messages = vec![Message::user(asked)];
        messages.extend((!parts.is_empty()).then(|| Message::assistant(parts)));
        messages.extend((!results.is_empty()).then(|| Message::tool(results)));
        messages
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let effort = prop_oneof![Just(ReasoningEffort::Minimal), Just(ReasoningEffort::Max)];
    let reasoning =
        (prop::option::of(effort), prop::option::of(Just("concise"))).prop_map(|(effort, summary)| {
            let mut config = ReasoningConfig::default();
            config.effort = effort;
            config.summary = summary.map(Text::from_static);
            config
        });
    let kept = (pairs(), maybe_word(), maybe_word(), maybe_word(), maybe_word());
    (
        (
            tenths(20),
            tenths(10),
            prop::option::of(1u64..9000),
            prop::option::of(0u32..5),
        ),
        prop::option::of(reasoning),
        kept,
        maybe_word(),
    )
        .prop_map(|((temperature, top_p, limit, top), reasoning, kept, verbosity)| {
            let mut settings = Settings::default();
            settings.temperature = temperature;
            settings.top_p = top_p;
            settings.max_output_tokens = limit;
            settings.top_logprobs = top;
            settings.reasoning = reasoning;
            (
                settings.metadata,
                settings.user,
                settings.service_tier,
                settings.prompt_cache_key,
                settings.previous_response_id,
            ) = kept;
            settings.store = Some(true);
            settings.verbosity = verbosity;
            settings
        })
}

fn chat() -> impl Strategy<Value = ChatRequest> {
    (
        prop::option::of(text()),
        prop::collection::vec(turn(), 0..3),
        content(),
        tools(),
        (tool_choice(), prop::option::of(prop::bool::ANY)),
        response_format(),
        settings(),
    )
        .prop_map(
            |(system, turns, last, mut tools, (choice, parallel), format, settings)| {
                for tool in &mut tools {
                    if let ToolDefinition::Function(tool) = tool {
                        // This API holds arguments to their schema unless it is told not to.
                        tool.strict.get_or_insert(false);
                    }
                }
                let mut chat = ChatRequest::new(Vec::new())
                    .with_tools(tools)
                    .with_settings(settings);
                chat.messages.extend(system.map(Message::system));
                chat.messages.extend(turns.into_iter().flatten());
                chat.messages.push(Message::user(last));
                if !chat.tools.is_empty() {
                    chat.tool_choice = choice;
                    chat.parallel_tool_calls = parallel;
                }
                chat.response_format = format;
                chat
            },
        )
}

/// Answers as they are read from this wire: every part bears its item's fields.
fn answer() -> impl Strategy<Value = ChatResponse> {
    let end = prop_oneof![
        3 => Just((FinishReason::Stop, "completed")),
        1 => Just((FinishReason::Length, "max_output_tokens")),
        1 => Just((FinishReason::ContentFilter, "content_filter")),
        1 => Just((FinishReason::Other(Text::from("steered")), "steered")),
    ];
    let tier = prop::option::of(prop_oneof![Just("default"), Just("flex")].prop_map(Text::from_static));
    let named = (id(), id(), 0i64..2_000_000_000, tier);
    (items(), end, prop::option::of(usage()), named, logprobs()).prop_map(
        |((mut parts, calls), (reason, raw), usage, named, logprobs)| {
            let refused = parts.iter().any(|part| matches!(part, ContentPart::Refusal(_)));
            let (reason, raw) = match (raw, calls.is_empty(), refused) {
                ("completed", false, _) => (FinishReason::ToolCalls, raw),
                ("completed" | "content_filter", true, true) => (FinishReason::ContentFilter, "completed"),
                ("content_filter", false, true) => (FinishReason::ToolCalls, "completed"),
                _ => (reason, raw),
            };
            parts.extend(calls.into_iter().map(ContentPart::ToolCall));
            let texts = parts.iter().any(|part| part.as_text().is_some());
            let mut choice = Choice::new(0, parts, reason);
            choice.finish_reason_raw = Some(Text::from_static(raw));
            choice.logprobs = logprobs.filter(|_| texts).map(|mut logprobs| {
                // This API always tells the bytes.
                for token in &mut logprobs.content {
                    for token in &mut token.top {
                        token.bytes = Some(token.token.as_bytes().to_vec());
                    }
                    token.bytes = Some(token.token.as_bytes().to_vec());
                }
                logprobs
            });
            let mut answer = ChatResponse::default();
            let (id, model, created, tier) = named;
            answer.id = Some(Text::from(format!("resp_{id}")));
            answer.model = Some(Text::from(model));
            answer.created = Some(created);
            answer.choices.push(choice);
            answer.usage = usage;
            answer.service_tier = tier;
            answer
        },
    )
}

/// Without what a server tells of the request again, and what tells who made a thought: the same on both sides.
fn bare(answer: ChatResponse) -> ChatResponse {
    let mut answer = without_raw(answer);
    answer.extra = Extra::new();
    for choice in &mut answer.choices {
        for part in &mut choice.content {
            let is_thought = matches!(part, ContentPart::Reasoning(_));
            let Some(riders) = part.riders_mut() else { continue };
            let fields = riders.extra().for_wire(WIRE).iter();
            let of_item = |name: &str| !(is_thought && name == "provider");
            let kept = fields.filter(|(name, _)| of_item(name)).cloned().collect();
            riders.set_extra(Extra::of(WIRE, kept));
        }
    }
    answer
}

fn asked() -> HttpRequest {
    HttpRequest::post_json("/v1/responses", r#"{"model":"m","input":"x"}"#)
}

fn sent(chat: &ChatRequest, streams: bool) -> router_wire::Encoded {
    let mut call = Call::new("m", chat.clone());
    if streams {
        call = call.streaming();
    }
    request::encode(&Dialect::default(), &speaker(), &call, chat, &[]).expect("a request")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(chat in chat(), streams in prop::bool::ANY) {
        let encoded = sent(&chat, streams);
        prop_assert_eq!(&encoded.warnings, &[]);
        let read = ingress(&Responses, &encoded.request);
        prop_assert_eq!(read.model.as_str(), "m");
        prop_assert_eq!(read.mode, if streams { Mode::Stream } else { Mode::Full });
        prop_assert_eq!(chat_of(&read.operation), &chat);
    }

    #[test]
    fn answers(answer in answer()) {
        let response = whole(&Responses, &asked(), Output::Chat(answer.clone()));
        let decoded = response::decode(&speaker(), &response).expect("an answer");
        prop_assert_eq!(bare(decoded), answer);
    }

    #[test]
    fn streams(answer in answer()) {
        let bytes = streamed(&Responses, &asked(), answer.clone());
        let decoded = collected(responses_reader(), bytes);
        prop_assert_eq!(bare(decoded), answer);
    }

    /// What was said goes back as the items that it came in.
    #[test]
    fn turns(answer in answer()) {
        let response = whole(&Responses, &asked(), Output::Chat(answer));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        let decoded = response::decode(&speaker(), &response).expect("an answer");
        let chat = ChatRequest::new(vec![decoded.choices[0].to_message(), Message::user("And?")]);
        let encoded = sent(&chat, false);
        prop_assert_eq!(&encoded.warnings, &[]);
        let again: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
        let mut output = body["output"].as_array().cloned().unwrap_or_default();
        let parts = output.iter_mut().filter_map(|item| item.get_mut("content")?.as_array_mut());
        for part in parts.flatten() {
            if part.get("logprobs").is_some() {
                // They need not go back.
                part["logprobs"] = json!([]);
            }
        }
        let said = again["input"].as_array().expect("items");
        prop_assert_eq!(&said[..said.len() - 1], &output[..]);
    }
}

/// A prompt or a conversation that the vendor keeps may be all there is.
#[test]
fn what_the_vendor_keeps_needs_no_input() {
    for kept in [
        json!({"prompt": {"id": "pmpt_1", "variables": {"a": "b"}}}),
        json!({"previous_response_id": "resp_1"}),
        json!({"conversation": "conv_1"}),
    ] {
        let mut body = kept.clone();
        body["model"] = json!("m");
        let http = HttpRequest::post_json("/v1/responses", body.to_string());
        let read = ingress(&Responses, &http).operation;
        let chat = chat_of(&read);
        let again: Value = serde_json::from_slice(&sent(chat, false).request.body).expect("JSON");
        assert_eq!(again, body);
    }
    let bare = HttpRequest::post_json("/v1/responses", r#"{"model": "m"}"#);
    let error = router_wire::ServerCodec::decode(&Responses, &bare).expect_err("no input");
    assert_eq!(error.message(), "input: is required");
}
