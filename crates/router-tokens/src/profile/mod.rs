//! What a family's prompt costs besides its text: frames of messages, tools and calls, hidden instructions.
//!
//! OpenAI's frames are as OpenAI publishes them for chats. All other numbers were read off the counts that vendors returned
//! for recorded requests, and off the published templates of open models; `docs/tokens.md` has how near they come.

mod open;
mod openai;

use crate::api::OpenAiApi;
use crate::family::Family;
use crate::script::Script;
use crate::tools::Form;

/// Costs of one family, in tokens; shares in thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    /// How its vocabulary cuts text.
    pub(crate) script: Script,
    /// Of every prompt.
    pub(crate) base: u64,
    /// Of every message that is no system message and holds no results.
    pub(crate) message: u64,
    /// Of every message of the model that says something, besides.
    pub(crate) said: u64,
    /// Of every system message.
    pub(crate) system: u64,
    /// Of a request with tools.
    pub(crate) tools: i64,
    /// Of a request with tools or a schema for the answer and no system message, which they are put into.
    pub(crate) opening: u64,
    /// Of a request whose answer must be a call.
    pub(crate) forced: u64,
    /// Of a request whose answer must be a call of one tool.
    pub(crate) chosen: u64,
    /// Of every tool.
    pub(crate) tool: u64,
    /// How tools are shown.
    pub(crate) tool_form: Form,
    /// For a thousand tokens of the tools' text.
    pub(crate) tool_text: u64,
    /// Of a message that calls.
    pub(crate) calls: u64,
    /// Of a message that calls more than once, besides.
    pub(crate) parallel: u64,
    /// Of a call.
    pub(crate) call: u64,
    /// How often a call's name is written: with the call, and with its result.
    pub(crate) names: u64,
    /// Of every argument of a call.
    pub(crate) argument: u64,
    /// Of a result.
    pub(crate) result: u64,
    /// Of a request for any JSON.
    pub(crate) json: u64,
    /// Of a request with a schema for the answer.
    pub(crate) schema: u64,
    /// For a thousand tokens of that schema.
    pub(crate) schema_text: u64,
    /// What becomes of thoughts in earlier messages.
    pub(crate) thoughts: Thoughts,
    /// How far counts of whole chats may be off, in per cent.
    pub(crate) error: u8,
}

/// What becomes of thoughts that are sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thoughts {
    /// They stay in the prompt.
    Kept,
    /// The template leaves them out, also those between tags in the text.
    Dropped,
    /// Those between tags in the text are left out; those that stand apart stay.
    Untagged,
    /// They travel sealed: so many bytes of envelope, then as many bytes for ten tokens.
    Sealed {
        /// Bytes.
        envelope: usize,
        /// Bytes for ten tokens.
        ten: usize,
    },
}

const PLAIN: Profile = Profile {
    script: Script::SAME,
    base: 3,
    message: 4,
    said: 0,
    system: 4,
    tools: 60,
    opening: 0,
    forced: 0,
    chosen: 0,
    tool: 3,
    tool_form: Form::Spaced,
    tool_text: 1000,
    calls: 0,
    parallel: 0,
    call: 12,
    names: 1,
    argument: 0,
    result: 12,
    json: 0,
    schema: 0,
    // Who serves open models holds the answer to a schema by its grammar, and does not show it.
    schema_text: 0,
    thoughts: Thoughts::Kept,
    error: 30,
};

/// The costs of a model, its name in lower case, asked over one of OpenAI's APIs. The name is asked where versions of a family
/// differ.
pub(crate) fn profile(family: Family, model: &str, api: Option<OpenAiApi>) -> Profile {
    match family {
        Family::Gpt4 | Family::Gpt4o | Family::Gpt5 | Family::GptOss => openai::profile(family, model, api),
        Family::Claude | Family::Claude5 => claude(family, model),
        Family::Gemini => gemini(model),
        Family::Grok => grok(model),
        Family::Command => command(model),
        // The first ones count the text alone.
        Family::Nova if has(model, &["nova-2"]) => Profile {
            base: 42,
            tools: 835,
            system: 0,
            call: 25,
            result: 10,
            ..PLAIN
        },
        Family::Nova => Profile {
            base: 0,
            message: 0,
            system: 0,
            tools: 342,
            call: 25,
            result: 10,
            ..PLAIN
        },
        Family::Sonar => Profile {
            base: 1,
            message: 0,
            system: 0,
            schema_text: 0,
            error: 10,
            ..PLAIN
        },
        Family::Llama | Family::Qwen | Family::DeepSeek | Family::Glm | Family::Kimi | Family::Mistral => {
            open::profile(family, model)
        }
        Family::Unknown => PLAIN,
    }
}

fn has(model: &str, words: &[&str]) -> bool {
    words.iter().any(|word| model.contains(word))
}

fn claude(family: Family, model: &str) -> Profile {
    // The instructions on tools have grown with Claude 4.5.
    let short = has(
        model,
        &[
            "-3-",
            "sonnet-4@",
            "sonnet-4-2",
            "sonnet-4-0",
            "opus-4-0",
            "opus-4-2",
            "opus-4-1",
            "opus-4.1",
        ],
    ) || model.ends_with("-4");
    Profile {
        script: Script {
            plain: if family == Family::Claude5 { 1150 } else { 1080 },
            foreign: 1300,
            ideographs: 1250,
            single_digits: false,
        },
        system: 0,
        tools: if short { 311 } else { 498 },
        forced: if short { 0 } else { 84 },
        chosen: if short { 0 } else { 84 },
        tool: 14,
        tool_form: Form::Parts,
        tool_text: 1210,
        call: 25,
        argument: 15,
        result: 20,
        schema: 98,
        schema_text: 1800,
        error: if family == Family::Claude5 { 20 } else { 10 },
        ..PLAIN
    }
}

fn gemini(model: &str) -> Profile {
    let early = has(model, &["gemini-1", "gemini-2.0", "gemini-pro"]);
    Profile {
        script: Script {
            plain: 1020,
            foreign: 1050,
            ideographs: 860,
            single_digits: true,
        },
        base: if early { 0 } else { 1 },
        message: 0,
        system: 0,
        tools: 0,
        // Models before 2.5 are shown little more than names and descriptions.
        tool: if early { 11 } else { 14 },
        tool_form: Form::Parts,
        tool_text: if early { 100 } else { 1000 },
        call: if early { 4 } else { 16 },
        result: 8,
        // From 3 on a call comes with the thoughts that led to it, and they stay in the prompt.
        thoughts: if has(model, &["gemini-3"]) {
            Thoughts::Sealed {
                envelope: 100,
                ten: 61,
            }
        } else {
            Thoughts::Kept
        },
        error: 20,
        ..PLAIN
    }
}

fn grok(model: &str) -> Profile {
    let tools = match model {
        model if has(model, &["code"]) => 173,
        model if has(model, &["fast"]) => 140,
        model if has(model, &["grok-2", "grok-3", "grok-4-0", "grok-4.3"]) => 30,
        _ => 70,
    };
    let (call, result) = match model {
        model if has(model, &["code"]) => (40, 25),
        model if has(model, &["fast"]) => (50, 45),
        _ => (6, 5),
    };
    Profile {
        base: if has(model, &["grok-4.3"]) { 186 } else { 151 },
        message: 7,
        system: 7,
        tools,
        tool: 0,
        tool_form: Form::Compact,
        call,
        result,
        schema: 40,
        schema_text: 1000,
        thoughts: Thoughts::Sealed {
            envelope: 50,
            ten: 61,
        },
        error: 15,
        ..PLAIN
    }
}

fn command(model: &str) -> Profile {
    let (base, tools) = match model {
        model if has(model, &["command-a-plus"]) => (496, -300),
        model if has(model, &["command-a"]) => (496, 900),
        _ => (62, 785),
    };
    Profile {
        script: Script {
            plain: 1020,
            single_digits: true,
            ..Script::SAME
        },
        base,
        system: 20,
        tools,
        tool_form: Form::Compact,
        call: 40,
        result: 35,
        json: 100,
        error: 20,
        ..PLAIN
    }
}
