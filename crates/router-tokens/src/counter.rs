//! Counts what a chat would cost at a vendor, without asking it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use router_core::chat::JsonSchemaFormat;
use router_core::content::{ContentPart, Riders};
use router_core::tokens::TokenCounter;
use router_core::{ChatRequest, Content, Message, ModelId, ResponseFormat, Role, Text, ToolChoice, Warning};
use serde_json::value::RawValue;

use crate::api::OpenAiApi;
use crate::family::Family;
use crate::profile::{Profile, Thoughts, profile};
use crate::{answer, picture, tools, typescript, vocabulary};

/// A token counter by families of models. Cheap to clone once built; vocabularies are shared by the process.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    aliases: BTreeMap<Text, ModelId>,
    api: Option<OpenAiApi>,
}

/// How sure a count is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// The model's own vocabulary: text is exact, frames and tools are as published.
    Vocabulary,
    /// Scaled from another vocabulary; whole chats are within this many per cent, in recorded traffic.
    Estimate {
        /// Per cent.
        error: u8,
    },
    /// Nothing is known of the model; counted as an average one.
    Unknown,
}

impl Counter {
    /// A counter.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counting a name of one's own as the model behind it: a deployment, a route, a fine-tuned copy.
    #[must_use]
    pub fn with_alias(mut self, name: impl Into<Text>, model: impl Into<ModelId>) -> Self {
        self.aliases.insert(name.into(), model.into());
        self
    }

    /// Counting requests to OpenAI's models as one of its APIs frames them. Without it, as the API that `router-openai` asks
    /// them over.
    #[must_use]
    pub fn over(mut self, api: OpenAiApi) -> Self {
        self.api = Some(api);
        self
    }

    /// The family that a model is counted as.
    #[must_use]
    pub fn family(&self, model: &ModelId) -> Family {
        Family::of(self.resolve(model))
    }

    /// How sure counts of a model are.
    #[must_use]
    pub fn basis(&self, model: &ModelId) -> Basis {
        let model = self.resolve(model);
        match Family::of(model) {
            Family::Gpt4 | Family::Gpt4o | Family::Gpt5 | Family::GptOss if cfg!(feature = "tiktoken") => {
                Basis::Vocabulary
            }
            Family::Unknown => Basis::Unknown,
            family if cfg!(feature = "tiktoken") => Basis::Estimate {
                error: profile(family, model, self.api).error,
            },
            family => Basis::Estimate {
                error: profile(family, model, self.api).error.max(BY_CHARACTERS),
            },
        }
    }

    /// What to tell the caller of a model that nothing is known of.
    #[must_use]
    pub fn warning(&self, model: &ModelId) -> Option<Warning> {
        (self.basis(model) == Basis::Unknown).then(|| {
            Warning::emulated(
                "model",
                format!("no tokenizer is known for {model}; tokens are counted as for an average model"),
            )
        })
    }

    fn resolve<'a>(&'a self, model: &'a ModelId) -> &'a str {
        self.aliases.get(model.as_str()).unwrap_or(model).as_str()
    }

    fn of<'a>(&'a self, model: &'a ModelId) -> Costs<'a> {
        let model = self.resolve(model);
        let family = Family::of(model);
        let model = if model.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(model.to_ascii_lowercase())
        } else {
            Cow::Borrowed(model)
        };
        Costs {
            family,
            profile: profile(family, &model, self.api),
            model,
        }
    }
}

impl TokenCounter for Counter {
    fn count_text(&self, model: &ModelId, text: &str) -> u64 {
        self.of(model).text(text)
    }

    fn count_message(&self, model: &ModelId, message: &Message) -> u64 {
        self.of(model).message(message)
    }

    fn count_part(&self, model: &ModelId, part: &ContentPart) -> u64 {
        self.of(model).part(part)
    }

    fn count_chat(&self, model: &ModelId, chat: &ChatRequest) -> u64 {
        let costs = self.of(model);
        let messages: u64 = chat.messages.iter().map(|message| costs.message(message)).sum();
        messages + costs.frame(chat)
    }
}

/// The costs of one model.
struct Costs<'a> {
    family: Family,
    model: Cow<'a, str>,
    profile: Profile,
}

/// How far a count by characters may be off, in per cent.
const BY_CHARACTERS: u8 = 30;
/// Instructions that Anthropic adds where a model is to think.
const THINKING: u64 = 28;
/// What closes thoughts that a model wrote into its text.
const END_OF_THOUGHTS: &str = "</think>";

impl Costs<'_> {
    fn text(&self, text: &str) -> u64 {
        self.profile
            .script
            .scale(text, vocabulary::count(self.family, text))
    }

    fn message(&self, message: &Message) -> u64 {
        let calls = message.content.parts().iter();
        let calls = calls
            .filter(|part| matches!(part, ContentPart::ToolCall(_)))
            .count();
        let frame = match message.role {
            Role::System => self.profile.system,
            // Results bring their own.
            Role::Tool => 0,
            _ if calls > 0 && !says(message) => 0,
            Role::Assistant => self.profile.message + self.profile.said,
            _ => self.profile.message,
        };
        let calls = match calls {
            0 => 0,
            1 => self.profile.calls,
            _ => self.profile.calls + self.profile.parallel,
        };
        let name = message.name.as_ref().map_or(0, |name| self.text(name) + 1);
        frame + calls + name + self.content(&message.content)
    }

    fn content(&self, content: &Content) -> u64 {
        match content {
            Content::Text(text) => self.said(text),
            Content::Parts(parts) => parts.iter().map(|part| self.part(part)).sum(),
        }
    }

    /// A text, without thoughts written into it where the template leaves them out.
    fn said(&self, text: &str) -> u64 {
        match text.rsplit_once(END_OF_THOUGHTS) {
            Some((_, said)) if matches!(self.profile.thoughts, Thoughts::Dropped | Thoughts::Untagged) => {
                self.text(said)
            }
            _ => self.text(text),
        }
    }

    fn part(&self, part: &ContentPart) -> u64 {
        match part {
            ContentPart::Text(part) => self.said(&part.text),
            ContentPart::Refusal(part) => self.text(&part.text),
            ContentPart::Reasoning(part) => match self.profile.thoughts {
                Thoughts::Dropped => 0,
                // Where they are sealed, what is shown is a summary, and not in the prompt.
                Thoughts::Sealed { .. } if part.riders.signature().is_some() => self.sealed(&part.riders),
                _ => self.text(&part.text),
            },
            ContentPart::ToolCall(call) => {
                let arguments = match self.profile.argument {
                    0 => 0,
                    each => each * arguments(&call.arguments),
                };
                self.text(&call.name) * self.profile.names
                    + self.text(&call.arguments)
                    + self.profile.call
                    + self.sealed(&call.riders)
                    + arguments
            }
            ContentPart::ToolResult(result) => self.content(&result.content) + self.profile.result,
            ContentPart::Media(media) => {
                picture::tokens(self.family, &self.model, media, |text| self.text(text))
            }
            ContentPart::ServerToolCall(call) => self.text(call.raw.raw.as_str()),
            ContentPart::Opaque(part) => self.text(part.raw.as_str()),
            _ => 0,
        }
    }

    /// Thoughts that travel sealed with a part.
    fn sealed(&self, riders: &Riders) -> u64 {
        match (self.profile.thoughts, riders.signature()) {
            (Thoughts::Sealed { envelope, ten }, Some(sealed)) => {
                (sealed.data.len().saturating_sub(envelope) * 10 / ten) as u64
            }
            _ => 0,
        }
    }

    /// What a chat costs besides its messages.
    fn frame(&self, chat: &ChatRequest) -> u64 {
        let mut tokens = self.profile.base;
        if matches!(self.family, Family::Claude | Family::Claude5) && chat.settings.reasoning.is_some() {
            tokens += THINKING;
        }
        // DeepSeek leaves tools out that must not be called; the others show them all the same.
        let hidden = self.family == Family::DeepSeek && chat.tool_choice == Some(ToolChoice::None);
        if !chat.tools.is_empty() && !hidden {
            let text = self.text(&tools::text(&chat.tools, self.profile.tool_form));
            let tools = share(text, self.profile.tool_text) + self.profile.tool * chat.tools.len() as u64;
            tokens = (tokens + tools).saturating_add_signed(self.profile.tools);
            tokens += match &chat.tool_choice {
                Some(ToolChoice::Required) => self.profile.forced,
                Some(ToolChoice::Tool(_)) => self.profile.chosen,
                _ => 0,
            };
        }
        match &chat.response_format {
            Some(ResponseFormat::Json) => tokens += self.profile.json,
            Some(ResponseFormat::JsonSchema(format)) => tokens += self.profile.schema + self.answer(format),
            _ => {}
        }
        let is_said =
            !chat.tools.is_empty() || matches!(chat.response_format, Some(ResponseFormat::JsonSchema(_)));
        if is_said && chat.messages.iter().all(|message| message.role != Role::System) {
            tokens += self.profile.opening;
        }
        tokens
    }

    /// The schema of the answer.
    fn answer(&self, format: &JsonSchemaFormat) -> u64 {
        let schema = format.schema.as_ref();
        let shown = match self.family {
            Family::Gpt4 | Family::Gpt4o | Family::Gpt5 => {
                let schema = schema.map_or(0, |schema| self.text(&answer::shown(schema)));
                let description = format.description.as_ref().map_or(0, |text| self.text(text));
                schema + description + self.text(&format.name)
            }
            Family::GptOss => schema.map_or(0, |schema| self.text(&typescript::schema(schema))),
            _ => schema.map_or(0, |schema| self.text(schema.as_str())),
        };
        share(shown, self.profile.schema_text)
    }
}

fn share(tokens: u64, thousandths: u64) -> u64 {
    (tokens * thousandths).div_ceil(1000)
}

/// Whether a message holds a text to read.
fn says(message: &Message) -> bool {
    let parts = message.content.parts();
    parts
        .iter()
        .any(|part| matches!(part, ContentPart::Text(text) if !text.text.is_empty()))
}

/// How many arguments a call has.
fn arguments(json: &str) -> u64 {
    serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json)
        .map_or(0, |arguments| arguments.len() as u64)
}
