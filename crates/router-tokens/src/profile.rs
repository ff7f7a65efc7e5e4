//! What a family's prompt costs besides its text: frames of messages, tools and calls, hidden instructions.
//!
//! OpenAI's frames are as OpenAI publishes them for chats. All other numbers were read off the counts that vendors returned
//! for recorded requests; `docs/tokens.md` has how near they come.

use crate::family::Family;

/// Costs of one family, in tokens; shares in thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    /// Tokens for a thousand of OpenAI's newest vocabulary.
    pub(crate) text: u64,
    /// Of every prompt.
    pub(crate) base: u64,
    /// Of every message that is no system message and holds no results.
    pub(crate) message: u64,
    /// Of every system message.
    pub(crate) system: u64,
    /// Of a request with tools.
    pub(crate) tools: i64,
    /// Of every tool.
    pub(crate) tool: u64,
    /// For a thousand tokens of the tools' text.
    pub(crate) tool_text: u64,
    /// Of a call.
    pub(crate) call: u64,
    /// Of every argument of a call.
    pub(crate) argument: u64,
    /// Of a result.
    pub(crate) result: u64,
    /// Of a request with a schema for the answer.
    pub(crate) schema: u64,
    /// For a thousand tokens of that schema.
    pub(crate) schema_text: u64,
    /// How far counts of whole chats may be off, in per cent.
    pub(crate) error: u8,
}

const PLAIN: Profile = Profile {
    text: 1050,
    base: 3,
    message: 4,
    system: 4,
    tools: 60,
    tool: 10,
    tool_text: 1200,
    call: 12,
    argument: 0,
    result: 12,
    schema: 0,
    schema_text: 500,
    error: 30,
};

/// The costs of a model. The name is asked where versions of a family differ.
pub(crate) fn profile(family: Family, model: &str) -> Profile {
    let has = |words: &[&str]| words.iter().any(|word| model.contains(word));
    match family {
        Family::Gpt4 | Family::Gpt4o => Profile {
            text: 1000,
            tools: -2,
            tool: 0,
            tool_text: 1000,
            call: 9,
            result: 9,
            schema: 16,
            schema_text: 350,
            error: 2,
            ..PLAIN
        },
        Family::Gpt5 => Profile {
            base: 2,
            tools: 3,
            error: 2,
            ..profile(Family::Gpt4o, model)
        },
        Family::GptOss => Profile {
            text: 1000,
            base: 63,
            tools: 18,
            tool: 0,
            tool_text: 1000,
            call: 10,
            result: 10,
            schema: 15,
            schema_text: 1500,
            error: 15,
            ..PLAIN
        },
        // The instructions on tools have grown with Claude 4.5.
        Family::Claude => Profile {
            text: 1000,
            system: 0,
            tools: if has(&[
                "-3-",
                "sonnet-4@",
                "sonnet-4-2",
                "opus-4-2",
                "opus-4-1",
                "opus-4.1",
            ]) || model.ends_with("-4")
            {
                311
            } else {
                494
            },
            tool: 14,
            tool_text: 1500,
            call: 25,
            argument: 15,
            result: 20,
            schema: 140,
            schema_text: 1000,
            error: 10,
            ..PLAIN
        },
        Family::Claude5 => Profile {
            text: 1300,
            error: 20,
            ..profile(Family::Claude, model)
        },
        Family::Gemini => Profile {
            text: 1000,
            base: 1,
            message: 0,
            system: 0,
            tools: 0,
            tool: 12,
            tool_text: 100,
            call: 4,
            result: 10,
            schema_text: 0,
            error: 20,
            ..PLAIN
        },
        // From 3.1 on the prompt opens with dates.
        Family::Llama => Profile {
            text: 1000,
            base: if has(&["llama3-", "llama-3-", "llama-4"]) {
                5
            } else {
                30
            },
            message: 5,
            tools: if has(&["llama-4"]) { 560 } else { 100 },
            tool_text: 1200,
            error: 15,
            ..PLAIN
        },
        Family::Qwen => Profile {
            text: 1000,
            message: 5,
            system: 5,
            tools: 75,
            tool: 12,
            tool_text: 1100,
            error: 30,
            ..PLAIN
        },
        Family::DeepSeek => Profile {
            text: 1000,
            base: 2,
            message: 3,
            system: 3,
            tools: 225,
            tool: 15,
            tool_text: 1300,
            call: 22,
            result: 22,
            error: 15,
            ..PLAIN
        },
        Family::Glm => Profile {
            text: 1030,
            tools: 97,
            tool_text: 1320,
            call: 7,
            result: 7,
            schema_text: 200,
            error: 10,
            ..PLAIN
        },
        Family::Kimi => Profile {
            text: 1030,
            tools: 27,
            tool_text: 1150,
            error: 20,
            ..PLAIN
        },
        Family::Grok => Profile {
            text: 1000,
            base: 150,
            message: 7,
            system: 7,
            tools: 20,
            tool: 20,
            tool_text: 1500,
            call: 50,
            result: 50,
            schema_text: 2000,
            error: 30,
            ..PLAIN
        },
        Family::Mistral => Profile {
            text: 1000,
            base: 6,
            message: 5,
            system: 5,
            tools: 0,
            tool_text: 1600,
            schema_text: 0,
            error: 30,
            ..PLAIN
        },
        Family::Command => Profile {
            base: if has(&["command-a"]) { 490 } else { 60 },
            tools: 800,
            error: 50,
            ..PLAIN
        },
        Family::Unknown => Profile { text: 1000, ..PLAIN },
    }
}
