//! `llm-router chat`: one question and its answer, or a conversation.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use llm_api_router::chat::ReasoningConfig;
use llm_api_router::{
    ChatRequest, Config, ContentPart, Context, Message, Provider, ProviderExt as _, ReasoningEffort,
    StreamEvent, Warning,
};
use tokio::io::AsyncReadExt as _;

use crate::attach::attach;
use crate::failure::Failure;
use crate::prompt::Values;
use crate::select::{select, select_of};
use crate::session::remembering;
use crate::talk::{Seat, talk};
use crate::telling::{Telling, Told};

/// One question, or a conversation.
#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The question; `-` reads it from stdin. Without one it is read from stdin too, and a terminal begins a conversation.
    prompt: Vec<String>,
    /// Provider and model, as in `anthropic/claude-sonnet-5`.
    #[arg(short, long, value_name = "PROVIDER/MODEL")]
    pub(crate) model: Option<String>,
    /// A conversation, each line of stdin a question; `/help` lists what else can be said.
    #[arg(long, conflicts_with_all = ["prompt", "template", "json", "no_stream"])]
    interactive: bool,
    /// Providers, routes and layers; see docs/configuration.md. With one, a model has to be named, or there is one route.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A template instead of a question, as in `summarize`; words given are its variable `text`. Its model is taken where none
    /// is named.
    #[arg(long = "prompt", value_name = "ID")]
    template: Option<String>,
    #[command(flatten)]
    values: Values,
    /// Instructions in front of the question.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// An image or PDF file, or an image's address; may be repeated.
    #[arg(short, long = "image", value_name = "FILE|URL")]
    images: Vec<String>,
    /// Most tokens of the answer.
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// Randomness, from 0 to 2.
    #[arg(short, long, value_name = "T")]
    temperature: Option<f64>,
    /// How much to think: none, minimal, low, medium, high, xhigh, max.
    #[arg(long, value_name = "LEVEL")]
    effort: Option<String>,
    /// Going on with a conversation, or starting one: what was said under this name stands in front of the question.
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// Where conversations are kept, unless the configuration says where: a folder.
    #[arg(long, value_name = "DIR", env = "LLM_ROUTER_SESSIONS")]
    sessions: Option<PathBuf>,
    /// Print the whole answer as JSON, with usage and finish reason.
    #[arg(long)]
    json: bool,
    /// Wait for the whole answer instead of printing it as it comes.
    #[arg(long)]
    no_stream: bool,
    #[command(flatten)]
    telling: Telling,
}

impl Chat {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let config = self.config.as_ref().map(Config::from_file).transpose()?;
        let set = config.as_ref().and_then(|config| config.telemetry.clone());
        let told = self.telling.start_if_asked(set)?;
        if self.interactive || self.begins_conversation() {
            return talk(&self, config.as_ref(), &told).await;
        }
        let (request, model) = match &self.template {
            Some(id) => self.templated(id)?,
            None => (self.request().await?, None),
        };
        let model = self.model.clone().or(model);
        let Seat {
            provider,
            context,
            model,
            ..
        } = self.seat(config.as_ref(), &told, model.as_deref())?;
        if self.json || self.no_stream {
            let answer = provider.send(model, request, context).await?;
            warn(&answer.head.warnings);
            let text = if self.json {
                serde_json::to_string_pretty(&answer.value)
                    .map_err(|error| Failure::Io(format!("the answer is no JSON: {error}")))?
            } else {
                answer.text().to_string()
            };
            return print(&text).and_then(|()| end_line(&text));
        }
        let mut answer = provider.stream(model, request, context).await?;
        warn(&answer.head.warnings);
        let mut last = String::new();
        while let Some(event) = answer.next().await {
            match event {
                Ok(StreamEvent::TextDelta { choice: 0, text })
                | Ok(StreamEvent::RefusalDelta { choice: 0, text }) => {
                    print(&text)?;
                    last.clear();
                    last.push_str(&text);
                }
                Ok(_) => {}
                Err(error) => {
                    // What had come stays on the terminal, and the error on a line of its own.
                    end_line(&last)?;
                    return Err(error.into());
                }
            }
        }
        end_line(&last)
    }

    /// Whether nothing was asked, and somebody sits there who can.
    fn begins_conversation(&self) -> bool {
        let asks = !self.prompt.is_empty() || self.template.is_some() || self.json || self.no_stream;
        !asks && std::io::stdin().is_terminal()
    }

    /// Who answers, by a model's name or without one.
    pub(crate) fn seat(
        &self,
        config: Option<&Config>,
        told: &Told,
        model: Option<&str>,
    ) -> Result<Seat, Failure> {
        let selected = match config {
            Some(config) => select_of(config.clone(), model, told)?,
            None => select(model, told)?,
        };
        let (provider, context) = match &self.session {
            Some(name) => remembering(selected.client, name, self.sessions.clone())?,
            None => (Arc::new(selected.client) as Arc<dyn Provider>, Context::new()),
        };
        Ok(Seat {
            provider,
            context,
            model: selected.model,
            remembers: self.session.is_some(),
        })
    }

    /// What goes along with the question.
    pub(crate) fn attachments(&self) -> Result<Vec<ContentPart>, Failure> {
        self.images
            .iter()
            .map(|image| Ok(attach(image)?.into()))
            .collect()
    }

    async fn request(&self) -> Result<ChatRequest, Failure> {
        let mut prompt = self.prompt.join(" ");
        if prompt.is_empty() || prompt == "-" {
            if std::io::stdin().is_terminal() {
                return Err(Failure::Usage("no question: give one, or pipe it in".to_owned()));
            }
            prompt.clear();
            let mut stdin = tokio::io::stdin();
            stdin
                .read_to_string(&mut prompt)
                .await
                .map_err(|error| Failure::Io(format!("stdin: {error}")))?;
            if prompt.trim().is_empty() {
                return Err(Failure::Usage("no question: stdin is empty".to_owned()));
            }
        }
        let mut content = self.attachments()?;
        let message = if content.is_empty() {
            Message::user(prompt)
        } else {
            content.push(prompt.into());
            Message::user(content)
        };
        let mut request = ChatRequest::new(vec![message]);
        self.set(&mut request, self.system.as_deref());
        Ok(request)
    }

    /// The request of a template, and the model that it was written for.
    fn templated(&self, id: &str) -> Result<(ChatRequest, Option<String>), Failure> {
        let words = (!self.prompt.is_empty()).then(|| self.prompt.join(" "));
        let prompt = self.values.prompt(id, words)?;
        let mut request = prompt.request;
        if let Some(last) = request.messages.last_mut() {
            last.content.parts_mut().extend(self.attachments()?);
        }
        self.set(&mut request, self.system.as_deref());
        Ok((request, prompt.model))
    }

    /// Sets what the command line says, and instructions.
    pub(crate) fn set(&self, request: &mut ChatRequest, system: Option<&str>) {
        if let Some(system) = system {
            request.messages.insert(0, Message::system(system));
        }
        if let Some(effort) = &self.effort {
            request.settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::parse(effort)));
        }
        let settings = &mut request.settings;
        settings.max_output_tokens = self.max_tokens.or(settings.max_output_tokens);
        settings.temperature = self.temperature.or(settings.temperature);
    }
}

pub(crate) fn warn(warnings: &[Warning]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::Io(format!("stdout: {error}")))
}

/// Ends the last line, unless the answer did.
pub(crate) fn end_line(text: &str) -> Result<(), Failure> {
    if text.is_empty() || text.ends_with('\n') {
        Ok(())
    } else {
        print("\n")
    }
}
