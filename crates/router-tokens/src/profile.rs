//! What a family's prompt costs besides its text: frames of messages, tools and calls, hidden instructions.
//!
//! OpenAI's frames are as OpenAI publishes them for chats. All other numbers were read off the counts that vendors returned
//! for recorded requests, and off the published templates of open models; `docs/tokens.md` has how near they come.

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
    /// Of every system message.
    pub(crate) system: u64,
    /// Of a request with tools.
    pub(crate) tools: i64,
    /// Of a request with tools or a schema for the answer and no system message, which they are put into.
    pub(crate) opening: u64,
    /// Of a request whose answer must be a call.
    pub(crate) forced: u64,
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
    system: 4,
    tools: 60,
    opening: 0,
    forced: 0,
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
        Family::Gpt4 | Family::Gpt4o | Family::Gpt5 | Family::GptOss => openai(family, model, api),
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
            open(family, model)
        }
        Family::Unknown => PLAIN,
    }
}

fn has(model: &str, words: &[&str]) -> bool {
    words.iter().any(|word| model.contains(word))
}

fn openai(family: Family, model: &str, api: Option<OpenAiApi>) -> Profile {
    // Newer models that think take tools over Responses alone, unless they are told not to think.
    let usual = match family {
        Family::Gpt5 if !is_early(model) => OpenAiApi::Responses,
        _ => OpenAiApi::ChatCompletions,
    };
    let is_chat = api.unwrap_or(usual) == OpenAiApi::ChatCompletions;
    let answering = Profile {
        tools: if is_chat { -1 } else { -3 },
        opening: if is_chat { 4 } else { 0 },
        tool: 0,
        tool_form: Form::TypeScript { always_takes: false },
        call: 7,
        names: 2,
        parallel: 8,
        result: 7,
        schema: if is_chat { 10 } else { 7 },
        schema_text: 1000,
        thoughts: Thoughts::Sealed {
            envelope: 700,
            ten: 60,
        },
        error: 2,
        ..PLAIN
    };
    let thinking = Profile {
        base: 2,
        // Over chat completions GPT-5 has instructions on tools; models before it had none, and routers, which put the vendor in
        // front of the name, ask over Responses.
        tools: match model {
            model if is_chat && model.starts_with("gpt-5") => 84,
            _ => 3,
        },
        opening: 0,
        parallel: 0,
        call: 8,
        result: 9,
        schema: if is_chat { 12 } else { 6 },
        ..answering
    };
    match family {
        Family::Gpt5 if is_chat || is_early(model) => thinking,
        Family::Gpt5 => Profile {
            tools: 2,
            tool_form: Form::TypeScript { always_takes: true },
            call: 10,
            result: 10,
            ..thinking
        },
        // The instructions are those of the published template.
        Family::GptOss => Profile {
            base: 63,
            tools: 18,
            opening: 0,
            parallel: 0,
            call: 10,
            names: 1,
            result: 10,
            json: 30,
            schema: 30,
            schema_text: 6000,
            thoughts: Thoughts::Untagged,
            error: 15,
            ..answering
        },
        _ => answering,
    }
}

/// Whether a thinking model of OpenAI's is older than GPT-5.3, from which on calls are framed otherwise.
fn is_early(model: &str) -> bool {
    let version = model.split_once("gpt-").map(|(_, version)| version);
    version.is_none_or(|version| {
        ["5-", "5.0", "5.1", "5.2"]
            .iter()
            .any(|early| version.starts_with(early))
            || version == "5"
    })
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
        base: 0,
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

/// Models whose templates are published.
fn open(family: Family, model: &str) -> Profile {
    match family {
        // From 3.1 on the prompt opens with dates; Ollama, whose names have no hyphen, gives one of two. Guards are shown the
        // harms that they look for.
        Family::Llama => Profile {
            script: Script {
                foreign: 1200,
                ..Script::SAME
            },
            base: match model {
                model if has(model, &["llama-guard"]) => 188,
                model
                    if has(
                        model,
                        &["llama3-", "llama3:", "llama-3-8b", "llama-3-70b", "llama-4"],
                    ) =>
                {
                    5
                }
                model if model.ends_with("llama3") => 5,
                model if has(model, &["llama3."]) => 20,
                _ => 30,
            },
            message: 5,
            tools: if has(model, &["llama-4"]) { 585 } else { 80 },
            error: 15,
            ..PLAIN
        },
        Family::Qwen => Profile {
            script: Script {
                foreign: 1250,
                ideographs: 830,
                single_digits: true,
                ..Script::SAME
            },
            base: if has(model, &["qwen3.5", "qwen3-5"]) { 5 } else { 3 },
            message: 5,
            system: 5,
            // From 3.5 on, and in models for code, calls are tags and not JSON, and explained at length.
            tools: if has(model, &["coder", "qwen3.5", "qwen3-5", "qwen3.6"]) {
                205
            } else {
                60
            },
            tool: 2,
            thoughts: Thoughts::Dropped,
            error: 20,
            ..PLAIN
        },
        Family::DeepSeek => Profile {
            script: Script {
                foreign: 1250,
                ideographs: 770,
                ..Script::SAME
            },
            base: if has(model, &["-r1:"]) { 0 } else { 2 },
            message: 3,
            system: 3,
            tools: 208,
            tool: 0,
            calls: 35,
            call: 8,
            result: 8,
            json: 19,
            error: 15,
            ..PLAIN
        },
        Family::Glm => Profile {
            script: Script {
                foreign: 1200,
                ideographs: 850,
                ..Script::SAME
            },
            tools: 84,
            tool: 0,
            calls: 8,
            call: 8,
            result: 8,
            schema_text: 200,
            error: 10,
            ..PLAIN
        },
        // From 2.5 on, tools are declared in the manner of TypeScript.
        Family::Kimi => Profile {
            script: Script {
                plain: 1030,
                foreign: 1200,
                ideographs: 850,
                ..Script::SAME
            },
            tools: if has(model, &["k2.5", "k2.6", "k3"]) {
                45
            } else {
                8
            },
            tool: 0,
            tool_form: if has(model, &["k2.5", "k2.6", "k3"]) {
                Form::TypeScript { always_takes: true }
            } else {
                Form::Spaced
            },
            calls: 4,
            call: 13,
            result: 12,
            error: 15,
            ..PLAIN
        },
        _ => Profile {
            script: Script {
                plain: 1030,
                foreign: 1150,
                ideographs: 1200,
                single_digits: true,
            },
            base: match model {
                model if has(model, &["mistral-small"]) => 13,
                model if has(model, &["mixtral", "mistral-7b"]) => 7,
                _ => 1,
            },
            message: 3,
            system: 2,
            tools: 2,
            tool: 2,
            call: 3,
            result: 3,
            schema_text: 0,
            error: 15,
            ..PLAIN
        },
    }
}
