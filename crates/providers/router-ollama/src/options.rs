//! Settings that only Ollama has.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Settings of Ollama, for [`ChatRequest::with_provider_options`](router_core::ChatRequest::with_provider_options) and
/// embeddings, under `ollama`.
///
/// See <https://docs.ollama.com/api/chat>.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OllamaOptions {
    /// How long the model stays loaded after this request. The server's default is five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<KeepAlive>,
    /// Whether a prompt that is longer than the context loses its oldest messages. The vendor's default is yes, without a
    /// word; `false` makes it an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<bool>,
    /// Whether the context moves on when an answer fills it. The vendor's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<bool>,
    /// Whether to think, and how hard, as the wire has it; wins over the request's reasoning setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think: Option<Think>,
    /// The runner's options: `num_ctx`, `min_p`, `repeat_penalty`, … They go beside those that the request's settings set,
    /// and win over them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

impl OllamaOptions {
    /// With another time that the model stays loaded.
    #[must_use]
    pub fn with_keep_alive(mut self, keep_alive: impl Into<KeepAlive>) -> Self {
        self.keep_alive = Some(keep_alive.into());
        self
    }

    /// With a context of so many tokens. The server's default is small, and what does not fit is cut off unheard.
    #[must_use]
    pub fn with_context(mut self, tokens: u64) -> Self {
        self.options.insert("num_ctx".to_owned(), tokens.into());
        self
    }

    /// With an option of the runner.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }
}

/// How long a model stays loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeepAlive {
    /// For a time as Go writes them: `90s`, `10m`, `1h30m`.
    For(String),
    /// For so many seconds; 0 unloads the model at once.
    Seconds(u64),
    /// Until the server stops.
    Forever,
}

impl From<&str> for KeepAlive {
    fn from(time: &str) -> Self {
        Self::For(time.to_owned())
    }
}

impl From<std::time::Duration> for KeepAlive {
    fn from(time: std::time::Duration) -> Self {
        Self::Seconds(time.as_secs())
    }
}

impl Serialize for KeepAlive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::For(time) => serializer.serialize_str(time),
            Self::Seconds(seconds) => serializer.serialize_u64(*seconds),
            Self::Forever => serializer.serialize_i64(-1),
        }
    }
}

/// Whether a model thinks before it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Think {
    /// Yes or no. `gpt-oss` does not listen to it.
    Toggle(bool),
    /// A level: `low`, `medium`, `high` or `max`.
    Level(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_written_as_the_wire_has_them() {
        let options = OllamaOptions::default().with_keep_alive("10m").with_context(8192);
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(json, r#"{"keep_alive":"10m","options":{"num_ctx":8192}}"#);
        let forever = serde_json::to_string(&KeepAlive::Forever).unwrap();
        assert_eq!(forever, "-1");
        let minute = KeepAlive::from(std::time::Duration::from_secs(60));
        assert_eq!(serde_json::to_string(&minute).unwrap(), "60");
    }
}
