//! A bounded loop: the model calls tools, the caller's functions run them, until it answers.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::chat::{ChatRequest, ChatResponse, Usage};
use crate::content::ContentPart;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{Content, Message};
use crate::model::ModelId;
use crate::provider::{BoxFuture, Provider};
use crate::provider_ext::{Answer, ProviderExt as _};
use crate::tool::{ToolCall, ToolDefinition, ToolResult};

type Handler = Arc<dyn Fn(ToolCall) -> BoxFuture<'static, Result<Content>> + Send + Sync>;

/// Tools with the functions that run them.
#[derive(Clone, Default)]
pub struct Toolbox {
    definitions: Vec<ToolDefinition>,
    handlers: BTreeMap<String, Handler>,
}

impl Toolbox {
    /// No tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a tool whose arguments are read as `A`. The definition gives name and schema; arguments that do not fit are
    /// told to the model as a failed call, so that it can correct itself.
    #[must_use]
    pub fn with<A, C, F, Fut>(mut self, definition: ToolDefinition, run: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        C: Into<Content>,
        F: Fn(A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<C>> + Send + 'static,
    {
        let run = Arc::new(run);
        let handler: Handler = Arc::new(move |call: ToolCall| {
            let run = Arc::clone(&run);
            Box::pin(async move { Ok(run(call.arguments::<A>()?).await?.into()) })
        });
        if let Some(name) = definition.name() {
            self.handlers.insert(name.to_string(), handler);
        }
        self.definitions.push(definition);
        self
    }

    /// With a tool whose schema is derived from the type of its arguments.
    #[cfg(feature = "schema")]
    #[must_use]
    pub fn with_typed<A, C, F, Fut>(self, name: &str, description: &str, run: F) -> Self
    where
        A: DeserializeOwned + schemars::JsonSchema + Send + 'static,
        C: Into<Content>,
        F: Fn(A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<C>> + Send + 'static,
    {
        self.with(ToolDefinition::of::<A>(name, description), run)
    }

    /// The definitions, for a request.
    #[must_use]
    pub fn definitions(&self) -> &[ToolDefinition] {
        &self.definitions
    }

    /// Runs a call. A failure is told to the model, not to the caller.
    pub async fn run(&self, call: &ToolCall) -> ToolResult {
        let result = match self.handlers.get(call.name.as_str()) {
            Some(handler) => handler(call.clone()).await,
            None => Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("there is no tool named {}", call.name),
            )),
        };
        match result {
            Ok(content) => ToolResult::new(&call.id, content),
            Err(error) => ToolResult::error(&call.id, error.message()),
        }
        .with_name(&call.name)
    }
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.definitions.iter().map(ToolDefinition::name))
            .finish()
    }
}

/// How a loop over tools ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct ToolLoopAnswer {
    /// The last answer; it calls no tool.
    pub answer: Answer<ChatResponse>,
    /// The whole conversation, the last answer included.
    pub messages: Vec<Message>,
    /// How often the model was asked.
    pub turns: u32,
    /// Tokens of all turns together; absent when no turn was counted.
    pub usage: Option<Usage>,
}

/// Asks `model` again and again, running the tools it calls, until it answers without calling one.
///
/// The calls of one turn run one after another, in their order. Tools of the request that the toolbox does not have
/// are the vendor's to run.
///
/// # Errors
/// Those of the calls, and [`ErrorKind::InvalidRequest`] when the model still calls tools after `max_turns` turns.
pub async fn run_tools<P: Provider + ?Sized>(
    provider: &P,
    model: impl Into<ModelId>,
    request: impl Into<ChatRequest>,
    toolbox: &Toolbox,
    max_turns: u32,
) -> Result<ToolLoopAnswer> {
    let model = model.into();
    let mut request = request.into();
    request.tools.extend_from_slice(toolbox.definitions());
    let mut usage: Option<Usage> = None;
    for turn in 1..=max_turns {
        let answer = provider
            .send(model.clone(), request.clone(), Context::new())
            .await?;
        if let Some(spent) = &answer.usage {
            usage.get_or_insert_with(Usage::default).add(spent);
        }
        request.messages.push(answer.to_message());
        let mut results = Vec::new();
        for call in answer.tool_calls() {
            results.push(ContentPart::ToolResult(toolbox.run(call).await));
        }
        if results.is_empty() {
            return Ok(ToolLoopAnswer {
                answer,
                messages: request.messages,
                turns: turn,
                usage,
            });
        }
        request
            .messages
            .push(Message::new(crate::message::Role::Tool, results));
    }
    let message = format!("the model still calls tools after {max_turns} turns");
    Err(Error::new(ErrorKind::InvalidRequest, message).with_model(&model))
}
