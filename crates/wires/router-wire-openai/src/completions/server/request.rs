//! A request for text completions as chats, one for each prompt.

use router_core::{ChatRequest, Json, Mode, ModelId, Operation, Result, Text};
use router_wire::completion::{WIRE, beyond_chats, mark};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::server::Ingress;
use serde_json::value::RawValue;

use super::reply::{Asked, Encoder};

/// Most prompts of one request: each is a call of its own.
const MOST_PROMPTS: usize = 1024;

pub(super) fn decode(mut body: Object<'_>) -> Result<Ingress> {
    let model = body.required_text("model")?;
    let raw = body
        .take("prompt")
        .ok_or_else(|| invalid("prompt", "is required"))?;
    let prompts = prompts(raw)?;
    let mut chat = ChatRequest::default();
    settings(&mut body, &mut chat)?;
    let mode = if body.read::<bool>("stream")?.unwrap_or(false) {
        Mode::Stream
    } else {
        Mode::Full
    };
    let mut include_usage = false;
    if let Some(mut options) = body.object("stream_options")? {
        include_usage = options.read("include_usage")?.unwrap_or(false);
        body.keep("stream_options", options);
    }
    let each = chat.settings.n.unwrap_or(1);
    let echo = flag(&body, "echo")?;
    peeked::<u32>(&body, "best_of")?;
    peeked::<Text>(&body, "suffix")?;
    // What a chat cannot hold stays among the unnamed fields, and reaches a vendor that has this wire.
    chat.extra = body.rest(WIRE);
    mark(&mut chat.extra);
    let echo = echo.then(|| prompts.iter().map(Prompt::text).collect());
    let chats = prompts.into_iter().map(|prompt| prompt.asked(chat.clone()));
    let chats: Vec<ChatRequest> = chats.collect();
    let needs = chats.iter().find_map(beyond_chats);
    let mut operations = chats.into_iter().map(Operation::from);
    let first = operations.next();
    let first = first.ok_or_else(|| invalid("prompt", "must not be empty"))?;
    let more: Vec<Operation> = operations.collect();
    let asked = Asked {
        model: model.clone(),
        include_usage,
        echo,
        each,
        needs,
    };
    Ok(Ingress::new(ModelId::from(model), first, mode, Encoder::new(asked)).with_more(more, each))
}

/// One of the prompts.
enum Prompt<'a> {
    Text(Text),
    Tokens(&'a RawValue),
}

impl Prompt<'_> {
    fn text(&self) -> Text {
        match self {
            Self::Text(text) => text.clone(),
            Self::Tokens(_) => Text::new(),
        }
    }

    fn asked(self, mut chat: ChatRequest) -> ChatRequest {
        let text = self.text();
        if let Self::Tokens(raw) = self {
            let (wire, name) = (Text::from_static(WIRE), Text::from_static("prompt"));
            chat.extra.insert(wire, name, Json::from_raw(raw));
        }
        chat.messages = ChatRequest::user(text).messages;
        chat
    }
}

/// A string, strings, tokens, or lists of tokens.
fn prompts(raw: &RawValue) -> Result<Vec<Prompt<'_>>> {
    const WHAT: &str = "must be a string, a list of strings, tokens, or lists of tokens";
    let text = |raw: &RawValue| -> Result<Prompt<'static>> {
        serde_json::from_str(raw.get())
            .map(Prompt::Text)
            .map_err(|error| invalid("prompt", &error.to_string()))
    };
    let is_tokens =
        |raw: &RawValue| serde_json::from_str::<Vec<u32>>(raw.get()).is_ok_and(|of| !of.is_empty());
    if is_string(raw) {
        return Ok(vec![text(raw)?]);
    }
    if is_tokens(raw) {
        return Ok(vec![Prompt::Tokens(raw)]);
    }
    let rows = list_of(raw).ok_or_else(|| invalid("prompt", WHAT))?;
    if rows.len() > MOST_PROMPTS {
        return Err(invalid(
            "prompt",
            &format!("at most {MOST_PROMPTS} in one request"),
        ));
    }
    rows.into_iter()
        .map(|raw| match raw {
            raw if is_string(raw) => text(raw),
            raw if is_tokens(raw) => Ok(Prompt::Tokens(raw)),
            _ => Err(invalid("prompt", WHAT)),
        })
        .collect()
}

fn settings(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let settings = &mut chat.settings;
    settings.max_output_tokens = body.read("max_tokens")?;
    settings.temperature = body.read("temperature")?;
    if settings
        .temperature
        .is_some_and(|temperature: f64| !(0.0..=2.0).contains(&temperature))
    {
        return Err(invalid("temperature", "must be between 0 and 2"));
    }
    settings.top_p = body.read("top_p")?;
    settings.top_k = body.read("top_k")?;
    settings.seed = body.read("seed")?;
    settings.frequency_penalty = body.read("frequency_penalty")?;
    settings.presence_penalty = body.read("presence_penalty")?;
    settings.stop_sequences = match body.take("stop") {
        Some(raw) if is_string(raw) => vec![read(raw, "stop")?],
        Some(raw) => read(raw, "stop")?,
        None => Vec::new(),
    };
    settings.n = body.read("n")?;
    if settings.n == Some(0) {
        return Err(invalid("n", "must be at least 1"));
    }
    // How many of the likeliest tokens; with none the token itself is still told.
    if let Some(top) = body.read::<u32>("logprobs")? {
        settings.logprobs = Some(true);
        settings.top_logprobs = Some(top);
    }
    if let Some(bias) = body.object("logit_bias")? {
        let pairs = bias.into_fields();
        let pairs = pairs.map(|(token, raw)| Ok((Text::from(token), read(raw, "logit_bias")?)));
        settings.logit_bias = pairs.collect::<Result<_>>()?;
    }
    settings.user = body.text("user")?;
    Ok(())
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn peeked<'a, T: serde::Deserialize<'a>>(body: &Object<'a>, name: &str) -> Result<Option<T>> {
    body.peek(name).map(|raw| read(raw, name)).transpose()
}

fn flag(body: &Object<'_>, name: &str) -> Result<bool> {
    peeked(body, name).map(Option::unwrap_or_default)
}
