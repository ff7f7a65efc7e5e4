//! OpenAI's models, open ones too.

use super::{PLAIN, Profile, Thoughts};
use crate::api::OpenAiApi;
use crate::family::Family;
use crate::tools::Form;

pub(super) fn profile(family: Family, model: &str, api: Option<OpenAiApi>) -> Profile {
    // Newer models that think take tools over Responses alone, unless they are told not to think.
    let usual = match family {
        Family::Gpt5 if !is_early(model) => OpenAiApi::Responses,
        _ => OpenAiApi::ChatCompletions,
    };
    let is_chat = api.unwrap_or(usual) == OpenAiApi::ChatCompletions;
    let answering = Profile {
        tools: if is_chat { -1 } else { -3 },
        opening: if is_chat { 4 } else { 0 },
        forced: if is_chat { 0 } else { 8 },
        chosen: if is_chat { 9 } else { 16 },
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
        // The channel that an answer was given on.
        said: 2,
        // Over chat completions GPT-5 has instructions on tools; models before it had none, and routers, which put the vendor in
        // front of the name, ask over Responses.
        tools: match model {
            model if is_chat && model.starts_with("gpt-5") => 84,
            _ => 3,
        },
        opening: 0,
        forced: 0,
        chosen: 0,
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
            said: 2,
            tools: 18,
            opening: 0,
            forced: 0,
            chosen: 0,
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
