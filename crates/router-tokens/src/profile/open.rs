//! Models whose templates are published.

use super::{PLAIN, Profile, Thoughts, has};
use crate::family::Family;
use crate::script::Script;
use crate::tools::Form;

pub(super) fn profile(family: Family, model: &str) -> Profile {
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
