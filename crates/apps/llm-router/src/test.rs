//! `llm-router test`: one small call to each vendor that is configured, and what to do about those that fail.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use llm_api_router::capability::OperationKind;
use llm_api_router::chat::Usage;
use llm_api_router::embedding::EmbeddingRequest;
use llm_api_router::human::parse_duration;
use llm_api_router::{ChatRequest, Client, Error, ErrorKind, ModelId, Provider, ProviderExt as _};
use serde_json::json;
use tokio::task::JoinSet;

use crate::chat::print;
use crate::failure::Failure;
use crate::known::{Known, open};
use crate::table::table;

/// Small calls to vendors.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Only these, as in `openai`, with a model of yours as in `openai/gpt-5.5`, or a route of the configuration. All that are
    /// configured, unless named; `sim` is the simulated vendor.
    #[arg(value_name = "PROVIDER")]
    names: Vec<String>,
    /// Providers and routes; see docs/configuration.md. Without one: every vendor that the environment has a key for.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to try, separated by commas: a chat, a chat in pieces, one embedding.
    #[arg(
        long = "check",
        value_enum,
        value_delimiter = ',',
        default_value = "chat",
        value_name = "CHECKS"
    )]
    checks: Vec<Check>,
    /// The longest wait for each, as in `500ms` or `1m`.
    #[arg(long, value_parser = parse_duration, default_value = "10s", value_name = "TIME")]
    timeout: Duration,
    /// Print one JSON line for each check instead of a table.
    #[arg(long)]
    json: bool,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Check {
    /// A chat whose answer comes whole.
    Chat,
    /// A chat whose answer comes in pieces.
    Stream,
    /// The vector of one word.
    Embed,
}

impl Check {
    fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Stream => "stream",
            Self::Embed => "embed",
        }
    }

    fn operation(self) -> OperationKind {
        match self {
            Self::Chat | Self::Stream => OperationKind::Chat,
            Self::Embed => OperationKind::Embed,
        }
    }
}

/// One check of one target.
struct Tried {
    name: String,
    check: Check,
    outcome: Outcome,
}

enum Outcome {
    Ok(Answered),
    Failed {
        error: Error,
        latency: Duration,
        next: String,
    },
    /// Not asked, and why.
    Skipped(String),
}

/// What an answer tells.
struct Answered {
    latency: Duration,
    first_content: Option<Duration>,
    model: String,
    usage: Option<Usage>,
}

impl Test {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let (client, known) = open(self.config.as_deref(), &self.names)?;
        let names = match self.names.is_empty() {
            true => client.providers().map(ToString::to_string).collect(),
            false => self.names,
        };
        let mut running = JoinSet::new();
        for (place, (name, check)) in names
            .iter()
            .flat_map(|name| self.checks.iter().map(move |check| (name.clone(), *check)))
            .enumerate()
        {
            let target = target(&client, &known, &name, check)?;
            let next = Next::of(&known, &client, &name);
            let timeout = self.timeout;
            running.spawn(async move {
                let outcome = match target {
                    Err(why) => Outcome::Skipped(why),
                    Ok((provider, model)) => tried(provider, model, check, timeout, &next).await,
                };
                (place, Tried { name, check, outcome })
            });
        }
        let mut tried = running.join_all().await;
        tried.sort_by_key(|(place, _)| *place);
        let tried: Vec<Tried> = tried.into_iter().map(|(_, tried)| tried).collect();
        print(&match self.json {
            true => tried.iter().map(|tried| format!("{}\n", tried.json())).collect(),
            false => shown(&tried),
        })?;
        let failed = tried.iter().filter(|tried| tried.outcome.failed()).count();
        let passed = tried.iter().any(|tried| matches!(tried.outcome, Outcome::Ok(_)));
        match (failed, passed) {
            (0, true) => Ok(()),
            (0, false) => Err(Failure::Io("nothing was tried".to_owned())),
            _ => Err(Failure::Io(format!("{failed} of {} failed", tried.len()))),
        }
    }
}

/// What to ask, without a model where the vendor has to be asked for its first; or why it cannot be asked.
type Target = Result<(Arc<dyn Provider>, ModelId), String>;

/// What to ask for a name.
fn target(client: &Client, known: &Known, name: &str, check: Check) -> Result<Target, Failure> {
    let Some(provider) = client.get(name) else {
        let is_model = name.contains('/') || name.starts_with("sim-");
        if !is_model && !client.routes().any(|(route, _)| route == name) {
            return Err(Failure::Usage(known.missing(name, client)));
        }
        let (provider, model) = client
            .route(&name.into())
            .map_err(|error| Failure::Usage(error.message().to_owned()))?;
        return Ok(Ok((Arc::clone(provider), model)));
    };
    if !provider.capabilities().has(check.operation()) {
        return Ok(Err(format!("{name} has no {}", check.operation().as_str())));
    }
    let model = match check {
        Check::Chat | Check::Stream => known.chat_model(name),
        Check::Embed => known.embedding_model(name, provider.as_ref()),
    };
    Ok(match (model, check) {
        (None, Check::Embed) => Err(format!(
            "no model is known that embeds: name one, as {name}/MODEL"
        )),
        (model, _) => Ok((Arc::clone(provider), model.unwrap_or_default())),
    })
}

async fn tried(
    provider: Arc<dyn Provider>,
    model: ModelId,
    check: Check,
    timeout: Duration,
    next: &Next,
) -> Outcome {
    let start = Instant::now();
    let answer = tokio::time::timeout(timeout, ask(&*provider, model.clone(), check)).await;
    let latency = start.elapsed();
    let error = match answer {
        Ok(Ok(answered)) => return Outcome::Ok(answered),
        Ok(Err(error)) => error,
        Err(_) => {
            let kind = ErrorKind::Timeout(llm_api_router::error::TimeoutKind::Deadline);
            let message = format!(
                "no answer within {}",
                llm_api_router::human::format_duration(timeout)
            );
            Error::new(kind, message)
                .with_provider(provider.id())
                .with_model(&model)
        }
    };
    let next = next.step(&error);
    Outcome::Failed { error, latency, next }
}

async fn ask(provider: &dyn Provider, model: ModelId, check: Check) -> Result<Answered, Error> {
    // Room for a model that thinks first.
    let chat = || ChatRequest::user("Reply with exactly: pong").with_max_output_tokens(256);
    let model = match model.as_str() {
        "" => first(provider).await?,
        _ => model,
    };
    let start = Instant::now();
    let mut first_content = None;
    let (served, usage) = match check {
        Check::Chat => {
            let answer = provider.chat(model.clone(), chat()).await?.into_value();
            (answer.model, answer.usage)
        }
        Check::Stream => {
            let answer = provider.chat_stream(model.clone(), chat()).await?;
            first_content = Some(start.elapsed());
            let answer = answer.into_value().collect().await?;
            (answer.model, answer.usage)
        }
        Check::Embed => {
            let request = EmbeddingRequest::new(["ping"]);
            let answer = provider.embed(model.clone(), request).await?.into_value();
            if answer.embeddings.first().is_none_or(Vec::is_empty) {
                return Err(Error::new(ErrorKind::Decode, "the answer has no vector"));
            }
            (answer.model, answer.usage)
        }
    };
    Ok(Answered {
        latency: start.elapsed(),
        first_content,
        model: served.map_or_else(|| model.to_string(), |model| model.to_string()),
        usage,
    })
}

/// The first model that a vendor lists.
async fn first(provider: &dyn Provider) -> Result<ModelId, Error> {
    let list = provider.list_models().await?;
    let first = list.models.first().map(|model| model.id.clone());
    first.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the vendor lists no model").with_provider(provider.id())
    })
}

/// What can be done about errors of a target.
struct Next {
    name: String,
    /// Where its key comes from, and its address.
    key: Option<String>,
    address: Option<String>,
}

impl Next {
    fn of(known: &Known, client: &Client, name: &str) -> Self {
        let provider = match client.get(name) {
            Some(provider) => provider.id().to_string(),
            None => name.split('/').next().unwrap_or(name).to_owned(),
        };
        Self {
            key: known.key(&provider),
            address: known.address(&provider),
            name: provider,
        }
    }

    fn step(&self, error: &Error) -> String {
        let name = &self.name;
        let check = |what: &Option<String>, else_: &str| match what {
            Some(what) => format!("check {what}"),
            None => else_.to_owned(),
        };
        match error.kind() {
            ErrorKind::Authentication => check(&self.key, "check the key"),
            ErrorKind::PermissionDenied => {
                format!("ask the vendor for access, or try another model: {name}/MODEL")
            }
            ErrorKind::NotFound => {
                format!("see what there is with llm-router models {name}, and try {name}/MODEL")
            }
            ErrorKind::QuotaExceeded => "check the account's plan and credit".to_owned(),
            ErrorKind::RateLimited | ErrorKind::Overloaded | ErrorKind::Server => match error.retry_after() {
                Some(wait) => format!("try again in {} s", wait.as_secs_f64().ceil()),
                None => "try again later".to_owned(),
            },
            ErrorKind::Timeout(_) => "give it longer with --timeout".to_owned(),
            ErrorKind::Transport => check(&self.address, "check its address and the network"),
            ErrorKind::Decode | ErrorKind::Truncated => check(&self.address, "check its address"),
            _ => format!("try another model: {name}/MODEL"),
        }
    }
}

impl Outcome {
    fn failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl Tried {
    fn json(&self) -> serde_json::Value {
        let mut line = json!({"target": self.name, "check": self.check.word()});
        let more = match &self.outcome {
            Outcome::Ok(answered) => json!({
                "status": "ok",
                "latency_ms": millis(answered.latency),
                "first_content_ms": answered.first_content.map(millis),
                "model": answered.model,
                "input_tokens": answered.usage.as_ref().map(|usage| usage.input_tokens),
                "output_tokens": answered.usage.as_ref().map(|usage| usage.output_tokens),
            }),
            Outcome::Failed { error, latency, next } => json!({
                "status": "failed",
                "latency_ms": millis(*latency),
                "error": {
                    "kind": error.kind().as_str(),
                    "status": error.status(),
                    "message": error.to_string(),
                    "next": next,
                },
            }),
            Outcome::Skipped(why) => json!({"status": "skipped", "why": why}),
        };
        if let (Some(line), serde_json::Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        line
    }
}

fn shown(tried: &[Tried]) -> String {
    let rows: Vec<[String; 5]> = tried
        .iter()
        .map(|tried| {
            let (result, latency, what) = match &tried.outcome {
                Outcome::Ok(answered) => {
                    let tokens = answered.usage.as_ref().map_or_else(String::new, |usage| {
                        format!(", {} tokens in, {} out", usage.input_tokens, usage.output_tokens)
                    });
                    let first = answered.first_content.map_or_else(String::new, |first| {
                        format!(", first content after {:.0} ms", millis(first))
                    });
                    (
                        "ok",
                        Some(answered.latency),
                        format!("{}{tokens}{first}", answered.model),
                    )
                }
                Outcome::Failed { error, latency, next } => {
                    ("failed", Some(*latency), format!("{error}; {next}"))
                }
                Outcome::Skipped(why) => ("skipped", None, why.clone()),
            };
            let latency = latency.map_or_else(String::new, |latency| format!("{:.0} ms", millis(latency)));
            [
                tried.name.clone(),
                tried.check.word().to_owned(),
                result.to_owned(),
                latency,
                what,
            ]
        })
        .collect();
    table(["PROVIDER", "CHECK", "RESULT", "TIME", "ANSWER"], &rows)
}

/// To a thousandth of one.
pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
