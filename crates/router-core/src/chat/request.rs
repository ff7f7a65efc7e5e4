//! What a chat asks.

use serde::{Deserialize, Serialize};

use crate::chat::{ReasoningConfig, ReasoningEffort, ResponseFormat, Settings};
use crate::error::Result;
use crate::extra::Extra;
use crate::message::Message;
use crate::options::ProviderOptions;
use crate::text::Text;
use crate::tool::{ToolChoice, ToolDefinition};

/// Messages, tools and settings of a chat. The model is not part of it: it stands in the call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChatRequest {
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Tools the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition>,
    /// Whether it has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may make several calls at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Sampling and limits.
    pub settings: Settings,
    /// Settings of single vendors.
    #[serde(skip_serializing_if = "ProviderOptions::is_empty")]
    pub provider_options: ProviderOptions,
    /// Whether a setting that the vendor cannot honour is an error instead of a warning.
    pub strict: bool,
    /// Top-level fields of the wire that are not named here.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl ChatRequest {
    /// A chat of these messages.
    #[must_use]
    pub fn new(messages: impl Into<Vec<Message>>) -> Self {
        Self {
            messages: messages.into(),
            ..Self::default()
        }
    }

    /// A chat of one user message.
    #[must_use]
    pub fn user(text: impl Into<Text>) -> Self {
        Self::new(vec![Message::user(text.into())])
    }

    /// With instructions in front.
    #[must_use]
    pub fn with_system(mut self, text: impl Into<Text>) -> Self {
        self.messages.insert(0, Message::system(text.into()));
        self
    }

    /// With one more message.
    #[must_use]
    pub fn with_message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// With tools.
    #[must_use]
    pub fn with_tools(mut self, tools: impl IntoIterator<Item = ToolDefinition>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// With a tool choice.
    #[must_use]
    pub fn with_tool_choice(mut self, choice: ToolChoice) -> Self {
        self.tool_choice = Some(choice);
        self
    }

    /// With or without several calls at once.
    #[must_use]
    pub fn with_parallel_tool_calls(mut self, parallel: bool) -> Self {
        self.parallel_tool_calls = Some(parallel);
        self
    }

    /// With a form of the answer.
    #[must_use]
    pub fn with_response_format(mut self, format: ResponseFormat) -> Self {
        self.response_format = Some(format);
        self
    }

    /// With settings.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// With a limit on the answer, in tokens.
    #[must_use]
    pub fn with_max_output_tokens(mut self, tokens: u64) -> Self {
        self.settings.max_output_tokens = Some(tokens);
        self
    }

    /// With a temperature.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f64) -> Self {
        self.settings.temperature = Some(temperature);
        self
    }

    /// With a reasoning level.
    #[must_use]
    pub fn with_reasoning_effort(mut self, effort: ReasoningEffort) -> Self {
        self.settings
            .reasoning
            .get_or_insert_with(ReasoningConfig::default)
            .effort = Some(effort);
        self
    }

    /// With texts that end the answer.
    #[must_use]
    pub fn with_stop_sequences<T: Into<Text>>(mut self, stops: impl IntoIterator<Item = T>) -> Self {
        self.settings.stop_sequences = stops.into_iter().map(Into::into).collect();
        self
    }

    /// With settings of one vendor.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the settings cannot be JSON.
    pub fn with_provider_options(mut self, provider: &str, settings: &impl Serialize) -> Result<Self> {
        self.provider_options.set(provider, settings)?;
        Ok(self)
    }

    /// Refusing settings that the vendor cannot honour, instead of warning.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }
}

impl From<&str> for ChatRequest {
    fn from(text: &str) -> Self {
        Self::user(text)
    }
}

impl From<String> for ChatRequest {
    fn from(text: String) -> Self {
        Self::user(text)
    }
}
