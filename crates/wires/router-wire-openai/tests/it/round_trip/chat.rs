//! Chat completions.

use proptest::prelude::*;
use router_core::chat::{AudioOutput, Choice, ReasoningConfig, Settings};
use router_core::content::{Reasoning, Refusal, Riders};
use router_core::tool::ToolResult;
use router_core::{
    Call, ChatRequest, ChatResponse, Content, ContentPart, Extra, FinishReason, Json, Message, Mode, Output,
    ReasoningEffort, Role, Text,
};
use router_wire::{Codec, HttpRequest};
use router_wire_openai::chat::WIRE;
use router_wire_openai::chat::server::ChatCompletions;
use router_wire_openai::{Compatible, Dialect};

use super::{chat_of, ingress, streamed, whole, without_raw};
use crate::side::{self, chat_reader, collected};
use crate::values::{
    calls, id, logprobs, maybe_word, media, pairs, response_format, tenths, text, text_part, tool_choice,
    tools, usage, words,
};

/// The dialects that differ in how the same is said.
fn dialects() -> impl Strategy<Value = Dialect> {
    let change = |change: fn(&mut Dialect)| {
        let mut dialect = Dialect::default();
        change(&mut dialect);
        dialect
    };
    prop_oneof![
        Just(Dialect::default()),
        Just(change(
            |dialect| dialect.max_tokens_field = "max_completion_tokens".into()
        )),
        Just(change(|dialect| dialect.system_role = "developer".into())),
        Just(change(|dialect| dialect.chat_path = "/v2/chat/completions".into())),
    ]
}

fn field(name: &'static str) -> Riders {
    let field = Json::of(name).expect("JSON");
    Riders::new().with_extra(Extra::of(WIRE, vec![(Text::from_static("field"), field)]))
}

fn reasoning() -> impl Strategy<Value = Option<ContentPart>> {
    let part = (words(), prop_oneof![Just("reasoning_content"), Just("reasoning")]);
    prop::option::of(part.prop_map(|(text, name)| {
        let mut reasoning = Reasoning::new(text);
        reasoning.riders = field(name);
        ContentPart::Reasoning(reasoning)
    }))
}

fn user() -> impl Strategy<Value = Message> {
    let content = prop_oneof![
        words().prop_map(Content::from),
        prop::collection::vec(
            prop_oneof![text_part(), media().prop_map(ContentPart::Media)],
            1..4
        )
        .prop_map(Content::from),
    ];
    (content, maybe_word()).prop_map(|(content, name)| {
        let mut message = Message::user(content);
        message.name = name;
        message
    })
}

/// A question, what the model said, and the results of what it called.
fn turn() -> impl Strategy<Value = Vec<Message>> {
    let said = prop::collection::vec(text_part(), 0..3);
    let refusal = prop::option::weighted(0.2, words());
    let result = prop_oneof![
        words().prop_map(Content::from),
        prop::collection::vec(text_part(), 1..3).prop_map(Content::from)
    ];
    (user(), reasoning(), said, refusal, calls(), result).prop_map(
        |(user, thought, said, refusal, calls, result)| {
            let results: Vec<Message> = calls
                .iter()
                .map(|call| Message::tool([ToolResult::new(&call.id, result.clone())]))
                .collect();
            let mut parts: Vec<ContentPart> = thought.into_iter().collect();
            parts.extend(said);
            parts.extend(refusal.map(|text| ContentPart::Refusal(Refusal::new(text))));
            parts.extend(calls.into_iter().map(ContentPart::ToolCall));
            // A message without any content is written with an empty text.
            if parts.iter().all(|part| matches!(part, ContentPart::Reasoning(_))) {
                parts.push(ContentPart::text("."));
            }
            // One text alone is written as a text.
            let content = match &parts[..] {
                [ContentPart::Text(part)] => Content::from(part.text.clone()),
                _ => Content::from(parts),
            };
            let mut messages = vec![user, Message::assistant(content)];
            messages.extend(results);
            messages
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    let sampling = (
        tenths(20),
        tenths(10),
        tenths(20),
        prop::option::of(any::<i32>()),
        prop::option::of(1u32..4),
        prop::collection::vec(text(), 0..3),
    );
    let effort = prop_oneof![
        Just(ReasoningEffort::None),
        Just(ReasoningEffort::XHigh),
        Just(ReasoningEffort::Other(Text::from_static("ultra")))
    ];
    let kept = (
        pairs(),
        maybe_word(),
        maybe_word(),
        maybe_word(),
        prop::option::of(prop::bool::ANY),
    );
    let sound = prop::option::of(id().prop_map(|voice| {
        let mut audio = AudioOutput::default();
        audio.voice = Json::of(voice.as_str()).ok();
        audio.format = Some(Text::from_static("pcm16"));
        audio
    }));
    let bias = prop::option::of((0u16..1000, -10i8..10));
    (
        sampling,
        (prop::option::of(1u64..9000), prop::option::of(0u32..5), bias),
        prop::option::of(effort),
        kept,
        (maybe_word(), sound),
    )
        .prop_map(
            |(sampling, (limit, top, bias), effort, kept, (verbosity, audio))| {
                let mut settings = Settings::default();
                let (temperature, top_p, penalty, seed, n, stops) = sampling;
                settings.temperature = temperature;
                settings.top_p = top_p;
                settings.frequency_penalty = penalty;
                settings.presence_penalty = penalty;
                settings.seed = seed.map(i64::from);
                settings.n = n;
                settings.stop_sequences = stops;
                settings.max_output_tokens = limit;
                settings.top_logprobs = top;
                settings.logprobs = top.map(|_| true);
                settings.logit_bias = bias
                    .map(|(token, bias)| (Text::from(token.to_string()), f64::from(bias)))
                    .into_iter()
                    .collect();
                settings.reasoning = effort.map(ReasoningConfig::effort);
                (
                    settings.metadata,
                    settings.user,
                    settings.service_tier,
                    settings.prompt_cache_key,
                    settings.store,
                ) = kept;
                settings.verbosity = verbosity;
                if audio.is_some() {
                    settings.modalities = vec![Text::from_static("text"), Text::from_static("audio")];
                }
                settings.audio = audio;
                settings
            },
        )
}

fn chat() -> impl Strategy<Value = ChatRequest> {
    let instructions = (words(), maybe_word()).prop_map(|(text, name)| {
        let mut message = Message::system(text);
        message.name = name;
        message
    });
    (
        prop::option::of(instructions),
        prop::collection::vec(turn(), 0..3),
        user(),
        tools(),
        (tool_choice(), prop::option::of(prop::bool::ANY)),
        response_format(),
        settings(),
    )
        .prop_map(
            |(system, turns, last, tools, (choice, parallel), format, settings)| {
                let mut chat = ChatRequest::new(Vec::new())
                    .with_tools(tools)
                    .with_settings(settings);
                chat.messages.extend(system);
                chat.messages.extend(turns.into_iter().flatten());
                chat.messages.push(last);
                if !chat.tools.is_empty() {
                    chat.tool_choice = choice;
                    chat.parallel_tool_calls = parallel;
                }
                chat.response_format = format;
                chat
            },
        )
}

/// As a server reads it: the role of instructions is kept where it is not the usual one.
fn as_read(mut chat: ChatRequest, dialect: &Dialect) -> ChatRequest {
    for message in &mut chat.messages {
        if message.role == Role::System && dialect.system_role != "system" {
            let role = Json::of(&dialect.system_role).expect("JSON");
            message.extra.insert(WIRE, "role", role);
        }
    }
    chat
}

fn choice(index: u32) -> impl Strategy<Value = Choice> {
    let end = prop_oneof![
        Just((FinishReason::Stop, "stop")),
        Just((FinishReason::Length, "length")),
        Just((FinishReason::ContentFilter, "content_filter")),
    ];
    let matched = prop::option::weighted(0.1, id());
    let parts = (
        prop::option::of(words()),
        prop::option::of(words()),
        prop::option::weighted(0.2, words()),
        calls(),
    );
    (parts, end, logprobs(), matched).prop_map(move |(parts, (reason, word), logprobs, matched)| {
        let (thought, said, refusal, calls) = parts;
        let (reason, word) = match (&calls[..], &refusal) {
            ([], Some(_)) => (FinishReason::ContentFilter, "content_filter"),
            ([], None) => (reason, word),
            _ => (FinishReason::ToolCalls, "tool_calls"),
        };
        let mut content = Vec::new();
        content.extend(thought.map(|text| {
            let mut reasoning = Reasoning::new(text);
            let fields =
                ["reasoning_content", router_wire_openai::SIGNED].map(|word| Json::of(word).expect("JSON"));
            let fields = ["field", "provider"]
                .map(Text::from_static)
                .into_iter()
                .zip(fields);
            reasoning.riders = Riders::new().with_extra(Extra::of(WIRE, fields.collect()));
            ContentPart::Reasoning(reasoning)
        }));
        content.extend(said.map(ContentPart::text));
        content.extend(refusal.map(|text| ContentPart::Refusal(Refusal::new(text))));
        content.extend(calls.into_iter().map(ContentPart::ToolCall));
        let mut choice = Choice::new(index, content, reason);
        choice.finish_reason_raw = Some(Text::from_static(word));
        choice.logprobs = logprobs;
        choice.stop_sequence = matched.map(Text::from);
        choice
    })
}

fn answer() -> impl Strategy<Value = ChatResponse> {
    let choices = prop_oneof![
        3 => choice(0).prop_map(|choice| vec![choice]),
        1 => (choice(0), choice(1)).prop_map(|(one, two)| vec![one, two]),
    ];
    let named = (id(), id(), 0i64..2_000_000_000, maybe_word(), maybe_word());
    let by_kind = any::<[Option<u8>; 4]>();
    let usage = (usage(), by_kind).prop_map(|(mut usage, by_kind)| {
        let [heard, spoken, seen, drawn] = by_kind.map(|tokens| tokens.map(Into::into));
        usage.audio_input_tokens = heard;
        usage.audio_output_tokens = spoken;
        usage.image_input_tokens = seen;
        usage.image_output_tokens = drawn;
        usage
    });
    (choices, prop::option::of(usage), named).prop_map(|(choices, usage, named)| {
        let (id, model, created, tier, print) = named;
        let mut answer = ChatResponse::default();
        answer.id = Some(Text::from(id));
        answer.model = Some(Text::from(model));
        answer.created = Some(created);
        answer.choices = choices;
        answer.usage = usage;
        answer.service_tier = tier;
        if let Some(print) = print {
            let print = Json::of(&print).expect("JSON");
            answer.extra.insert(WIRE, "system_fingerprint", print);
        }
        answer
    })
}

fn asked(body: &str) -> HttpRequest {
    HttpRequest::post_json("/v1/chat/completions", body.to_owned())
}

const PLAIN: &str = r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#;
const STREAMED: &str = r#"{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{"include_usage":true}}"#;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests(chat in chat(), dialect in dialects(), streams in prop::bool::ANY) {
        let mut call = Call::new("m", chat.clone());
        if streams {
            call = call.streaming();
        }
        let encoded = Compatible::new(side::id(), dialect.clone()).encode(&call).expect("a request");
        prop_assert_eq!(&encoded.warnings, &[]);
        let read = ingress(&ChatCompletions, &encoded.request);
        prop_assert_eq!(read.model.as_str(), "m");
        prop_assert_eq!(read.mode, if streams { Mode::Stream } else { Mode::Full });
        prop_assert_eq!(chat_of(&read.operation), &as_read(chat, &dialect));
    }

    #[test]
    fn answers(answer in answer()) {
        let response = whole(&ChatCompletions, &asked(PLAIN), Output::Chat(answer.clone()));
        let Output::Chat(decoded) = side::codec().decode(&side::call(), &response).expect("an answer") else {
            unreachable!("a chat gives a chat")
        };
        prop_assert_eq!(without_raw(decoded), answer);
    }

    #[test]
    fn streams(answer in answer()) {
        let bytes = streamed(&ChatCompletions, &asked(STREAMED), answer.clone());
        prop_assert_eq!(without_raw(collected(chat_reader(), bytes)), answer);
    }
}
