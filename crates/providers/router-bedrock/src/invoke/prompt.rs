//! A chat as text, for models that take no messages: Titan, Llama, Mistral's first ones, Cohere's Command R.

use router_core::message::Role;
use router_core::{ChatRequest, ContentPart, Error, ErrorKind, ResponseFormat, Result, Text, Warning};
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides};
use serde::Serialize;
use serde::ser::Serializer;

use super::form::TextForm;
use crate::options::OWN;

/// The name of these forms in unnamed fields.
const WIRE: &str = "bedrock.invoke";

pub(super) fn body(
    form: TextForm,
    speaker: &Speaker,
    request: &ChatRequest,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    let warnings = check(form, request)?;
    let said = Said::of(request)?;
    let provider = speaker.provider().as_str();
    let overrides = Overrides::of(&request.provider_options, &[provider, crate::WIRE], OWN)?;
    let body = Body {
        form,
        said: &said,
        request,
        overrides: &overrides,
    };
    let bytes = serde_json::to_vec(&body)
        .map_err(|error| Error::new(ErrorKind::InvalidRequest, error.to_string()))?;
    Ok((bytes, warnings))
}

impl TextForm {
    /// The settings that the form has beside the limit, temperature and `top_p`.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Titan => &["stop_sequences"],
            Self::Llama3 | Self::Llama4 => &[],
            Self::Mistral => &["stop_sequences", "top_k"],
            Self::Command => &[
                "stop_sequences",
                "top_k",
                "seed",
                "frequency_penalty",
                "presence_penalty",
            ],
        }
    }
}

fn check(form: TextForm, request: &ChatRequest) -> Result<Vec<Warning>> {
    if !request.tools.is_empty() {
        return Err(Error::unsupported(
            "tools of this model over InvokeModel (leave `api` out: Converse has them)",
        ));
    }
    let mut warnings = Warnings::new(request.strict);
    let settings = &request.settings;
    let set: [(&'static str, bool); 19] = [
        ("stop_sequences", !settings.stop_sequences.is_empty()),
        ("top_k", settings.top_k.is_some()),
        ("seed", settings.seed.is_some()),
        ("frequency_penalty", settings.frequency_penalty.is_some()),
        ("presence_penalty", settings.presence_penalty.is_some()),
        ("n", settings.n.is_some_and(|n| n > 1)),
        ("logprobs", settings.logprobs.is_some()),
        ("top_logprobs", settings.top_logprobs.is_some()),
        ("logit_bias", !settings.logit_bias.is_empty()),
        ("reasoning", settings.reasoning.is_some()),
        ("verbosity", settings.verbosity.is_some()),
        ("user", settings.user.is_some()),
        ("metadata", !settings.metadata.is_empty()),
        ("service_tier", settings.service_tier.is_some()),
        ("store", settings.store.is_some()),
        ("prompt_cache_key", settings.prompt_cache_key.is_some()),
        (
            "modalities",
            settings.modalities.iter().any(|kind| *kind != "text"),
        ),
        ("audio", settings.audio.is_some()),
        ("parallel_tool_calls", request.parallel_tool_calls.is_some()),
    ];
    for (name, is_set) in set {
        if is_set && !form.takes().contains(&name) {
            warnings.dropped(name, "this model has no such setting over InvokeModel")?;
        }
    }
    if !matches!(request.response_format, None | Some(ResponseFormat::Text)) {
        warnings.dropped(
            "response_format",
            "this model cannot be held to a form over InvokeModel",
        )?;
    }
    Ok(warnings.into_list())
}

/// What was said, as texts.
struct Said {
    instructions: String,
    turns: Vec<Turn>,
}

struct Turn {
    by_user: bool,
    text: String,
}

impl Said {
    fn of(request: &ChatRequest) -> Result<Self> {
        let mut said = Self {
            instructions: String::new(),
            turns: Vec::new(),
        };
        for message in &request.messages {
            let is_text = |part: &ContentPart| matches!(part, ContentPart::Text(_));
            if !message.content.parts().iter().all(is_text) {
                return Err(Error::unsupported(
                    "anything but text over InvokeModel with this model (leave `api` out: Converse takes more)",
                ));
            }
            let text = message.text();
            match message.role {
                Role::System => {
                    if !said.instructions.is_empty() {
                        said.instructions.push_str("\n\n");
                    }
                    said.instructions.push_str(&text);
                }
                Role::User | Role::Assistant => said.turns.push(Turn {
                    by_user: message.role == Role::User,
                    text: text.to_string(),
                }),
                _ => {
                    return Err(invalid(
                        "messages",
                        "this model takes texts of user and assistant only",
                    ));
                }
            }
        }
        if !said.turns.iter().any(|turn| turn.by_user) {
            return Err(invalid("messages", "AWS Bedrock needs one of the user at least"));
        }
        Ok(said)
    }

    /// One text that ends where the model goes on.
    fn prompt(&self, form: TextForm) -> String {
        let mut out = String::new();
        match form {
            TextForm::Llama3 => self.llama(
                &mut out,
                ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
            ),
            TextForm::Llama4 => self.llama(&mut out, ["<|header_start|>", "<|header_end|>", "<|eot|>"]),
            TextForm::Mistral => {
                out.push_str("<s>");
                let mut instructions = self.instructions.as_str();
                for turn in &self.turns {
                    if !turn.by_user {
                        out.push_str(&format!(" {}", turn.text));
                        continue;
                    }
                    // An answer ends before the next question.
                    if out.len() > 3 && !out.ends_with("[/INST]") {
                        out.push_str("</s>");
                    }
                    out.push_str("[INST] ");
                    if !instructions.is_empty() {
                        out.push_str(instructions);
                        out.push_str("\n\n");
                        instructions = "";
                    }
                    out.push_str(&format!("{} [/INST]", turn.text));
                }
            }
            TextForm::Titan | TextForm::Command => {
                if !self.instructions.is_empty() {
                    out.push_str(&format!("{}\n\n", self.instructions));
                }
                for turn in &self.turns {
                    let who = if turn.by_user { "User" } else { "Bot" };
                    out.push_str(&format!("{who}: {}\n", turn.text));
                }
                match self.turns.last() {
                    Some(last) if !last.by_user => {
                        out.pop();
                    }
                    _ => out.push_str("Bot:"),
                }
            }
        }
        out
    }

    fn llama(&self, out: &mut String, [open, close, end]: [&str; 3]) {
        out.push_str("<|begin_of_text|>");
        let mut turn = |who: &str, text: &str, is_open: bool| {
            out.push_str(&format!("{open}{who}{close}\n\n{text}"));
            if !is_open {
                out.push_str(end);
            }
        };
        if !self.instructions.is_empty() {
            turn("system", &self.instructions, false);
        }
        for (at, said) in self.turns.iter().enumerate() {
            let last = at + 1 == self.turns.len();
            let who = if said.by_user { "user" } else { "assistant" };
            turn(who, &said.text, last && !said.by_user);
        }
        if self.turns.last().is_some_and(|last| last.by_user) {
            turn("assistant", "", true);
        }
    }
}

struct Body<'a> {
    form: TextForm,
    said: &'a Said,
    request: &'a ChatRequest,
    overrides: &'a Overrides<'a>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let settings = &self.request.settings;
        let stops = Some(&settings.stop_sequences).filter(|stops| !stops.is_empty());
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        match self.form {
            TextForm::Titan => {
                body.field("inputText", &self.said.prompt(self.form))?;
                let config = TitanConfig {
                    max_token_count: settings.max_output_tokens,
                    temperature: settings.temperature,
                    top_p: settings.top_p,
                    stop_sequences: stops,
                };
                if config != TitanConfig::default() {
                    body.field("textGenerationConfig", &config)?;
                }
            }
            TextForm::Llama3 | TextForm::Llama4 => {
                body.field("prompt", &self.said.prompt(self.form))?;
                body.some("max_gen_len", settings.max_output_tokens)?;
                body.some("temperature", settings.temperature)?;
                body.some("top_p", settings.top_p)?;
            }
            TextForm::Mistral => {
                body.field("prompt", &self.said.prompt(self.form))?;
                body.some("max_tokens", settings.max_output_tokens)?;
                body.some("temperature", settings.temperature)?;
                body.some("top_p", settings.top_p)?;
                body.some("top_k", settings.top_k)?;
                body.some("stop", stops)?;
            }
            TextForm::Command => {
                let (message, history) = self.said.last();
                body.field("message", message)?;
                if !history.is_empty() {
                    let history: Vec<Past<'_>> = history.iter().map(Past::of).collect();
                    body.field("chat_history", &history)?;
                }
                if !self.said.instructions.is_empty() {
                    body.field("preamble", &self.said.instructions)?;
                }
                body.some("max_tokens", settings.max_output_tokens)?;
                body.some("temperature", settings.temperature)?;
                body.some("p", settings.top_p)?;
                body.some("k", settings.top_k)?;
                body.some("stop_sequences", stops)?;
                body.some("seed", settings.seed)?;
                body.some("frequency_penalty", settings.frequency_penalty)?;
                body.some("presence_penalty", settings.presence_penalty)?;
            }
        }
        body.end(&self.request.extra, WIRE)
    }
}

impl Said {
    /// The last text, and those before it.
    fn last(&self) -> (&str, &[Turn]) {
        match self.turns.split_last() {
            Some((last, history)) => (&last.text, history),
            None => ("", &[]),
        }
    }
}

#[derive(Serialize, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
struct TitanConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_token_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a Vec<Text>>,
}

#[derive(Serialize)]
struct Past<'a> {
    role: &'static str,
    message: &'a str,
}

impl<'a> Past<'a> {
    fn of(turn: &'a Turn) -> Self {
        Self {
            role: if turn.by_user { "USER" } else { "CHATBOT" },
            message: &turn.text,
        }
    }
}
