//! Text is counted as tiktoken counts it, and a history only once.

use std::sync::atomic::{AtomicU64, Ordering};

use router_core::chat::JsonSchemaFormat;
use router_core::tokens::TokenCounter;
use router_core::{ChatRequest, Message, ModelId, ResponseFormat, ToolCall, ToolDefinition, ToolResult};
#[cfg(feature = "tiktoken")]
use router_tokens::Basis;
use router_tokens::{Counter, Family, OpenAiApi, Tally};
use serde_json::json;

#[cfg(feature = "tiktoken")]
const TEXTS: &[&str] = &[
    "",
    "The quick brown fox jumps over the lazy dog.",
    "  leading, trailing   and\n\n\tinner space  ",
    "fn main() { println!(\"{}\", 1 << 20); }",
    "注意:这是一个用于测试分词的句子,包含中文、English 和 1234567。",
    "Ünïcödé, emoji 👩‍👩‍👧‍👦 and العربية",
    "<|endoftext|> is text here, and no end",
    "0123456789012345678901234567890123456789",
];

#[test]
#[cfg(feature = "tiktoken")]
fn text_of_openai_models_is_counted_as_tiktoken_does() {
    let counter = Counter::new();
    for (model, vocabulary) in [
        ("gpt-4o", tiktoken_rs::o200k_base().expect("a vocabulary")),
        (
            "openai/gpt-5-mini",
            tiktoken_rs::o200k_base().expect("a vocabulary"),
        ),
        ("o3", tiktoken_rs::o200k_base().expect("a vocabulary")),
        (
            "gpt-oss-120b",
            tiktoken_rs::o200k_harmony().expect("a vocabulary"),
        ),
        ("gpt-4-turbo", tiktoken_rs::cl100k_base().expect("a vocabulary")),
        ("gpt-3.5-turbo", tiktoken_rs::cl100k_base().expect("a vocabulary")),
    ] {
        assert_eq!(counter.basis(&ModelId::from(model)), Basis::Vocabulary, "{model}");
        for text in TEXTS {
            let expected = vocabulary.encode_ordinary(text).len() as u64;
            assert_eq!(
                counter.count_text(&ModelId::from(model), text),
                expected,
                "{model}: {text:?}"
            );
        }
    }
}

/// Chat completions put tools and the schema of the answer into the system message, and open one where there is none.
#[test]
fn each_api_of_openai_frames_tools_and_schemas_its_own_way() {
    let counted = |api, chat: &ChatRequest| {
        Counter::new()
            .over(api)
            .count_chat(&ModelId::from("gpt-4o"), chat)
    };
    let more_over_chat =
        |chat: &ChatRequest| counted(OpenAiApi::ChatCompletions, chat) - counted(OpenAiApi::Responses, chat);
    let schema = |schema| JsonSchemaFormat::new("answer", schema);
    let plain = ChatRequest::user("What time is it?");
    let tool = plain.clone().with_tools([ToolDefinition::function(
        "now",
        "The time",
        json!({"type": "object", "properties": {}}),
    )]);
    let shown = json!({"type": "object", "properties": {"time": {"type": "string"}}});
    let answer = plain
        .clone()
        .with_response_format(ResponseFormat::JsonSchema(schema(shown)));
    assert_eq!(more_over_chat(&plain), 0);
    assert_eq!(more_over_chat(&tool), 6);
    assert_eq!(more_over_chat(&tool.with_system("Be brief.")), 2);
    assert_eq!(more_over_chat(&answer), 7);

    let restricted = json!({
        "type": "object",
        "properties": {"time": {"type": "string", "pattern": "^[0-9:]+$"}},
        "required": ["time"],
        "additionalProperties": false
    });
    let restricted = plain.with_response_format(ResponseFormat::JsonSchema(schema(restricted)));
    assert_eq!(
        counted(OpenAiApi::Responses, &restricted),
        counted(OpenAiApi::Responses, &answer)
    );
}

#[test]
#[cfg(feature = "tiktoken")]
fn chats_of_openai_models_are_counted_as_published() {
    // The example of OpenAI's cookbook, "How to count tokens with tiktoken", and the counts it prints.
    let example = |name: &str, text: &str| Message::system(text).with_name(name);
    let chat = ChatRequest::new(vec![
        Message::system(
            "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
        ),
        example("example_user", "New synergies will help drive top-line growth."),
        example(
            "example_assistant",
            "Things working well together will increase revenue.",
        ),
        example(
            "example_user",
            "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
        ),
        example(
            "example_assistant",
            "Let's talk later when we're less busy about how to do better.",
        ),
        Message::user(
            "This late pivot means we don't have time to boil the ocean for the client deliverable.",
        ),
    ]);
    let counter = Counter::new();
    assert_eq!(counter.count_chat(&ModelId::from("gpt-4-0613"), &chat), 129);
    assert_eq!(counter.count_chat(&ModelId::from("gpt-4o"), &chat), 124);
}

#[test]
fn names_lead_to_families_whatever_stands_in_front() {
    for (model, family) in [
        ("gpt-4o-mini", Family::Gpt4o),
        ("gpt-4.1", Family::Gpt4o),
        ("gpt-4-turbo", Family::Gpt4),
        ("openai/gpt-5.5", Family::Gpt5),
        ("o4-mini", Family::Gpt5),
        ("openai.gpt-oss-20b-1:0", Family::GptOss),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Family::Claude),
        ("anthropic/claude-opus-4.7", Family::Claude5),
        ("models/gemini-2.5-flash", Family::Gemini),
        ("meta-llama/Llama-3.3-70B-Instruct-Turbo", Family::Llama),
        ("Qwen/Qwen3-4B", Family::Qwen),
        ("my-own-model", Family::Unknown),
    ] {
        assert_eq!(Family::of(model), family, "{model}");
    }
}

#[test]
fn an_unknown_model_is_counted_with_a_warning_and_an_alias_without() {
    let counter = Counter::new();
    let model = ModelId::from("our-deployment");
    let warning = counter.warning(&model).expect("a warning");
    assert!(warning.message.contains("our-deployment"), "{warning}");
    assert!(counter.count_text(&model, "some words to count") > 0);

    let counter = counter.with_alias("our-deployment", "gpt-4o");
    assert_eq!(counter.warning(&model), None);
    assert_eq!(counter.family(&model), Family::Gpt4o);
}

#[test]
fn calls_results_and_tools_are_counted() {
    let counter = Counter::new();
    let model = ModelId::from("gpt-4o");
    let bare = ChatRequest::user("What is the weather?");
    let tool = ToolDefinition::function(
        "weather",
        "Tells the weather",
        json!({"type": "object", "properties": {"city": {"type": "string", "enum": ["Rome", "Oslo"]}}}),
    );
    let with_tool = bare.clone().with_tools([tool]);
    let call = ToolCall::new("1", "weather", r#"{"city":"Rome"}"#);
    let with_call = with_tool
        .clone()
        .with_message(Message::assistant(vec![call.into()]))
        .with_message(Message::tool([ToolResult::new("1", "sunny")]));
    let counts = [&bare, &with_tool, &with_call].map(|chat| counter.count_chat(&model, chat));
    assert!(
        counts[0] + 20 < counts[1] && counts[1] + 15 < counts[2],
        "{counts:?}"
    );
}

/// Counts how often it is asked.
#[derive(Default)]
struct Asked(AtomicU64);

impl TokenCounter for Asked {
    fn count_text(&self, _model: &ModelId, text: &str) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed);
        text.len() as u64
    }
}

#[test]
fn a_history_of_100_000_messages_costs_what_its_new_messages_cost() {
    let counter = Asked::default();
    let mut tally = Tally::new("gpt-4o");
    let mut messages: Vec<Message> = (0..100_000)
        .map(|at| Message::user(format!("message {at}")))
        .collect();
    tally.update(&counter, &messages);
    assert_eq!(counter.0.swap(0, Ordering::Relaxed), 100_000);

    messages.extend((0..7).map(|_| Message::assistant("new")));
    let total = tally.update(&counter, &messages);
    assert_eq!(counter.0.swap(0, Ordering::Relaxed), 7);
    assert_eq!(total, tally.per_message().iter().sum::<u64>());

    messages.truncate(99_999);
    tally.update(&counter, &messages);
    assert_eq!(counter.0.load(Ordering::Relaxed), 0);
    assert_eq!(tally.per_message().len(), 99_999);
}
